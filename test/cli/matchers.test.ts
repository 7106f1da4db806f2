// What a person types to say which alerts are meant, and which alerts that is.
import { describe, expect, it } from "vitest";
import { isMatcher, patternOf } from "../../lib/cli/matchers.ts";
import { compilePattern } from "../../lib/patterns/pattern.ts";

const ALERT = {
  id: "a1",
  rule: "deploy-failed",
  severity: "error",
  connection: null,
  count: 5,
  key: { "resource.id": "svc-1", "extracted.code": 5, "extracted.zip": "007", reason: null, "data.port": 80, late: 0 },
  resource: { type: "service", id: "svc-1", name: "shop=1" },
  labels: { team: "ml", empty: "" },
};

describe("matchers", () => {
  it.each<[matchers: string, matches: boolean]>([
    ["rule=deploy-failed", true],
    ["rule=deploy", false],
    ['rule="deploy-failed"', true],
    ["rule=deploy-failed severity=error", true],
    ["rule=deploy-failed severity=critical", false],
    ["rule!=deploy-failed", false],
    ["rule!=other", true],
    ["labels.team!=web", true],
    ["labels.team!=ml", false],
    ["labels.zone!=a", true],
    ["labels.zone=", true],
    ["labels.empty=", true],
    ["labels.team=", false],
    ["rule=~deploy-*", true],
    ["rule=~*failed", true],
    ["rule=~test-*", false],
    ["rule!~test-*", true],
    ["rule!~deploy-*", false],
    ["labels.zone!~a*", true],
    ["resource.name=shop=1", true],
    ["resource.id=svc-1", true],
    ["count=5", true],
    ["count=6", false],
    ["count!=5", false],
    ["count!=6", true],
    ["connection=", true],
    ["connection!=prod", true],
    ["connection!~prod*", true],
    ["region=", true],
    ["resource.type=", false],
    ["key.reason=", true],
    ["key.reason!=oom", true],
    ["key.extracted.code=", false],
    ["key.extracted.code=5", true],
    ["key.extracted.code=5.0", true],
    ["key.extracted.code=6", false],
    ["key.extracted.code!=5", false],
    ["key.extracted.code!=6", true],
    ["key.extracted.zip=007", true],
    ["key.extracted.zip!=007", false],
    ["key.late=0", true],
    ["key.late!=0", false],
    ["key.data.port=80", true],
    ["key.data.port=81", false],
    ["key.data.port!=http", true],
    ["labels.port=5", false],
  ])("%s: %s", (text, matches) => {
    expect(compilePattern(patternOf(text.split(" "))).matches(ALERT)).toBe(matches);
  });

  it("mean text where it looks like a number, and either of true and its word", () => {
    const matches = (text: string, alert: object) => compilePattern(patternOf([text])).matches(alert);
    expect(matches("labels.port=80", { labels: { port: "80" } })).toBe(true);
    expect(matches("labels.port!=80", { labels: { port: "80" } })).toBe(false);
    expect(matches("key.data.full=true", { key: { "data.full": true } })).toBe(true);
    expect(matches("labels.full=true", { labels: { full: "true" } })).toBe(true);
  });

  it.each([
    ["count=many", "it is a number, as in count=5"],
    ["count=~5*", "it is a number, as in count=5"],
    ["connection!=", "connection=~*"],
    ["labels.team!=", `say --match '{"labels.team":[{"anything-but":[""]}]}'`],
    ["rule=~deploy.+", "takes a wildcard, as in rule=~deploy-*"],
    ["rule=~deploy.*", "takes a wildcard, which is no regular expression, as in rule=~deploy*"],
    ["rule!~deploy.*", "as in rule!~deploy*"],
    ["resource=svc-1", "as in resource.…"],
    ["labels!=ml", "holds fields"],
    ["severity=eror", 'severity=eror: no alert has the severity "eror"; did you mean "error"?'],
    ["status=open", 'status=open: no alert has the status "open"; there are firing, resolved'],
    ["rle=x", 'rle=x: no alert has a field "rle"; did you mean "rule"?'],
    ["key.data.port!=80", `'{"key.data.port":[{"anything-but":[80]},{"exists":false}]}' for a number`],
    ["key.data.full!=true", `'{"key.data.full":[false,null,{"exists":false}]}' for a boolean`],
  ])("%s is refused: it would mean something else than it says, or nothing", (text, said) => {
    expect(() => patternOf([text])).toThrow(said);
  });

  it("are told from an alert's id", () => {
    expect(["rule=a", "rule!=a", "rule=~a*", "1a2b3c4d", "=a", ""].map(isMatcher)).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
  });
});
