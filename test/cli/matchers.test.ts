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
  key: { "resource.id": "svc-1" },
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
  ])("%s: %s", (text, matches) => {
    expect(compilePattern(patternOf(text.split(" "))).matches(ALERT)).toBe(matches);
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
