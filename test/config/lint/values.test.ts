// Lint: values that no field holds, events that never come.
import { expect, test } from "vitest";
import { file, lint, type Parts, rule } from "./linting.ts";

test.each<[sentence: string, parts: Parts, ...printed: string[]]>([
  [
    "an operator that no level meets",
    rule("when: { level: [error, { prefix: err0 }] }"),
    'lookout.yml:3:41: "level" is never {"prefix":"err0"}; it is one of normal, warning, error, critical',
  ],
  [
    "an exclusion of everything",
    rule("when: { level: [error, { anything-but: [normal, warning, error, critical] }] }"),
    'lookout.yml:3:41: "level" is never {"anything-but":["normal","warning","error","critical"]}',
  ],
  [
    "an absence of what is always there",
    rule("when: { message: [{ exists: false }], level: [error] }"),
    'lookout.yml:3:36: every event has "message", so this never matches',
  ],
  [
    "a range without a number in it",
    rule("when: { count: [{ numeric: ['<', 1] }, { numeric: ['>', 2, '<', 3] }, 1] }"),
    'lookout.yml:3:34: "count" is a whole number of at least 1, never {"numeric":["<",1]}',
    'lookout.yml:3:57: "count" is a whole number of at least 1, never {"numeric":[">",2,"<",3]}',
  ],
  [
    "text where a number is",
    rule("when: { count: ['5', 5] }"),
    'lookout.yml:3:34: "count" is a whole number of at least 1, never "5"',
  ],
  [
    "a number's range where text is",
    rule("when: { message: [{ numeric: ['>', 5] }] }"),
    'lookout.yml:3:36: "message" holds text, never {"numeric":[">",5]}',
  ],
  [
    "a flag that is never false",
    rule("when: { truncated: [false] }"),
    'lookout.yml:3:38: "truncated" is true or not there; write [true] or [{ exists: false }]',
  ],
  [
    "a value of an object",
    rule("when: { resource: [svc-1] }"),
    'lookout.yml:3:37: "resource" holds fields, which no value equals; name the field below it',
  ],
  [
    "capitals that exclude nothing of lower-case text",
    rule("when: { text: [{ anything-but: { prefix: [Ok, ok] } }] }"),
    'lookout.yml:3:33: "text" is in lower case, so "Ok" excludes nothing; write "ok"',
  ],
  [
    "a label that nothing gives",
    rule("when: { labels: { tem: [a] } }"),
    'lookout.yml:3:42: nothing gives "labels.tem"; labels come from sources, targets and rules',
  ],
  [
    "a label's value that nothing gives",
    {
      ...rule("when: { level: [error] }, labels: { team: vision }"),
      more: "route: { routes: [{ match: { labels.team: [vison] } }] }\n",
    },
    'lookout.yml:5:44: "labels.team" is never "vison"; did you mean "vision"?',
  ],
  [
    "a reason of events that have none",
    rule("when: { source: [training-events], reason: [OOM] }"),
    'lookout.yml:3:18: the rule "a" can never match: no source gives events with this level, type, reason, resource, labels and connection',
  ],
  [
    "another kind's type of resource",
    rule("when: { source: [training-events], resource: { type: [pool] } }"),
    'lookout.yml:3:18: the rule "a" can never match: no source gives events with this level, type, reason, resource, labels and connection',
  ],
  [
    "a region that no connection has",
    rule("when: { level: [error], region: [eu-dee, eu-de] }"),
    'lookout.yml:3:51: "region" is never "eu-dee"; did you mean "eu-de"?',
  ],
  [
    "an alternative that can never match",
    rule("when: { $or: [{ source: [pool-events], type: [FAIL] }, { source: [service-updates], type: [FAIL] }] }"),
    "lookout.yml:3:32: this alternative can never match: no source gives events with this level, type, reason, resource, labels and connection",
  ],
  [
    "a field that is tested twice",
    rule(
      "when: { level: [error], $or: [{ level: [warning] }, { text: [x] }], resource.id: [a], resource: { id: [b] } }",
    ),
    'lookout.yml:3:50: "level" is tested twice, and only this test counts; the one at lookout.yml:3:26 is lost',
    'lookout.yml:3:116: "resource.id" is tested twice, and only this test counts; the one at lookout.yml:3:86 is lost',
  ],
  [
    "two rules that say the same in other words",
    {
      rules:
        "\n  - { id: a, when: { resource: { id: [x, y] } }, by: [region, connection] }\n  - { id: b, when: { resource.id: [y, x] }, by: [connection, region], severity: info }",
    },
    'lookout.yml:5:5: the rule "b" opens alerts for the same as the one at lookout.yml:4:5',
  ],
  [
    "a message that is another text",
    rule("when: { level: [error], message: [Failed, Gone], text: [{ prefix: timeout }] }"),
    'lookout.yml:3:18: the rule "a" can never match: none of its messages is one of its texts in lower case',
  ],
  [
    "a label that other sources give",
    {
      ...rule("when: { source: [pool-events], labels: { env: [prod] } }"),
      sources: "[{ kind: service-events, labels: { env: prod } }, { kind: pool-events, labels: { env: dev } }]",
    },
    'lookout.yml:3:18: the rule "a" can never match: no source gives events with this level, type, reason, resource, labels and connection',
  ],
  [
    "two labels that no target has together",
    {
      ...rule("when: { labels: { env: [prod], team: [web] } }"),
      sources:
        "[{ kind: service-events, labels: { env: prod }, targets: [s1, { id: s2, labels: { env: dev, team: web } }] }]",
    },
    'lookout.yml:3:18: the rule "a" can never match',
  ],
  [
    "a target that its source does not have",
    {
      ...rule("when: { source: [service-events], resource.id: [s3] }"),
      sources: "[{ kind: service-events, targets: [s1, s2] }, { kind: pool-events }]",
    },
    'lookout.yml:3:18: the rule "a" can never match',
  ],
  [
    "a name that the rule does not extract",
    rule(
      "extract: [{ field: mesage, pattern: '(?<count>x)' }], when: { extracted.cont: [x], level: [error] }, change: { field: extracted.cnt }",
    ),
    'lookout.yml:3:37: no event has a field "mesage"; did you mean "message"?',
    'lookout.yml:3:80: no event has a field "extracted.cont"; did you mean "extracted.count"?',
    'lookout.yml:3:136: no event has a field "extracted.cnt"; did you mean "extracted.count"?',
  ],
  [
    "an extracted field of a rule that extracts nothing",
    rule("when: { level: [error], extracted.n: [1] }"),
    'lookout.yml:3:42: no event has a field "extracted.n"',
  ],
  [
    "steps that can never follow",
    rule(
      "when: { level: [error] }, sequence: { then: [{ source: [service-updates] }, { source: [cloud-eye-events] }], within: 1h }",
    ),
    "lookout.yml:3:94: this can never match: there is no source of kind cloud-eye-events",
  ],
  [
    "an expectation of text in capitals",
    rule(
      "when: { source: [pool-events] }, expect: { when: { source: [pool-events], text: [{ prefix: Done }] }, within: 1h }",
    ),
    'lookout.yml:3:99: "text" is in lower case, so "Done" never matches',
  ],
])("%s is found", async (_, parts, ...printed) => {
  const lines = (await lint({ "lookout.yml": file(parts) })).split("\n");
  expect(printed.map((text, index) => lines[index]?.slice(0, text.length))).toEqual(printed);
});
