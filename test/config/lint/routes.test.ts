// Lint: routes that no alert reaches, and channels that no route uses.
import { expect, test } from "vitest";
import { file, lint, type Parts, rule } from "./linting.ts";

test.each<[sentence: string, parts: Parts, ...printed: string[]]>([
  [
    "an identical route before",
    {
      ...rule("when: { level: [error] }, labels: { team: a }"),
      more: "route:\n  routes:\n    - match: { labels: { team: [a] } }\n    - match: { labels.team: [a] }\n",
    },
    "lookout.yml:8:7: this route is never reached: an earlier one has the same match and does not continue",
  ],
  [
    "a route after one that takes all",
    {
      rules: "[{ id: any, severity: critical, when: { level: [error] } }]",
      more: "route:\n  routes:\n    - match: { severity: [{ exists: true }] }\n    - match: { severity: [critical] }\n",
    },
    "lookout.yml:8:7: this route is never reached: earlier ones take every alert that it matches",
  ],
  [
    "a route after one without a match",
    { more: "route: { routes: [{ groupWait: 1m }, { match: { rule: [any] } }, { match: {} }] }\n" },
    'lookout.yml:5:38: this route is never reached: an earlier one without "match" takes every alert; put that one last',
    'lookout.yml:5:66: this route is never reached: an earlier one without "match" takes every alert; put that one last',
  ],
  [
    "a route that labels of the one before take all of",
    {
      ...rule("when: { level: [error] }, labels: { team: ml }"),
      more: "route: { routes: [{ match: { labels.team: [ml] } }, { match: { rule: [a] } }] }\n",
    },
    "lookout.yml:5:53: this route is never reached: earlier ones take every alert that it matches",
  ],
  [
    "a route for another rule's label",
    {
      rules:
        "[{ id: a, when: { level: [error] }, labels: { team: ml } }, { id: b, when: { type: [FAIL] }, labels: { team: web } }]",
      more: "route: { routes: [{ match: { rule: [a], labels.team: [web] } }] }\n",
    },
    "lookout.yml:5:19: this route is never reached: no rule's alerts match it",
  ],
  [
    "a severity of levels that no event has",
    {
      ...rule("when: { source: [service-updates] }"),
      more: "route: { routes: [{ match: { severity: [warning] } }] }\n",
    },
    "lookout.yml:5:19: this route is never reached: no rule's alerts match it",
  ],
  [
    "a route for alerts that are over, though routes are chosen when they open",
    { more: "route: { routes: [{ match: { status: [resolved] } }] }\n" },
    "lookout.yml:5:19: this route is never reached: no rule's alerts match it",
  ],
  [
    "a route for Lookout's own alerts",
    { more: "route: { routes: [{ match: { rule: [lookout-unhealthy] } }] }\n" },
    "lookout.yml:5:19: this route is never reached: no rule's alerts match it; alerts about Lookout itself go to health.channels",
  ],
  [
    "a severity that the rules above do not leave",
    {
      rules: "[{ id: a, severity: info, when: { level: [error] } }]",
      more: "route:\n  routes:\n    - match: { severity: [critical] }\n",
    },
    "lookout.yml:7:7: this route is never reached: no rule's alerts match it",
  ],
  [
    "a route for a rule that is not there",
    { more: "route: { groupBy: [rle], routes: [{ match: { rule: [ani] } }] }\n" },
    'lookout.yml:5:20: no alert has a field "rle"; did you mean "rule"?',
    'lookout.yml:5:53: "rule" is never "ani"; did you mean "any"?',
  ],
  [
    "a path by the name of what every object has",
    { more: "route: { groupBy: [toString] }\n" },
    'lookout.yml:5:20: no alert has a field "toString"',
  ],
  [
    "a route for a source that no rule reads",
    {
      ...rule("when: { source: [pool-events], level: [warning] }"),
      more: "route: { routes: [{ match: { source: [service-events] } }] }\n",
    },
    "lookout.yml:5:19: this route is never reached: no rule's alerts match it",
  ],
  [
    "an inhibition by what no rule opens, of fields that no alert has",
    {
      rules: "[{ id: down, when: { level: [error] }, severity: critical }, { id: slow, when: { type: [Warning] } }]",
      more: `inhibit:
  - source: { rule: [dwon] }
    target: { severity: [info] }
    equal: [conection, labels.zone, connection]
`,
    },
    'lookout.yml:6:22: "rule" is never "dwon"; did you mean "down"?',
    "lookout.yml:7:5: this holds nothing back: no rule's alerts match its target",
    'lookout.yml:8:13: no alert has a field "conection"; did you mean "connection"?',
    'lookout.yml:8:24: nothing gives "labels.zone"',
  ],
])("%s is found", async (_, parts, ...printed) => {
  const lines = (await lint({ "lookout.yml": file(parts) })).split("\n");
  expect(printed.map((text, index) => lines[index]?.slice(0, text.length))).toEqual(printed);
});

test("a route without a match that comes last is no finding", async () => {
  const more = "route: { routes: [{ continue: true }, { match: { rule: [any] } }, { groupWait: 1m }] }\n";
  const rules = "[{ id: any, when: { level: [error] } }, { id: b, when: { level: [warning] } }]";
  expect(await lint({ "lookout.yml": file({ rules, more }) })).toBe("");
});

test("an escalation uses its channels, and an inhibition that can apply is no finding", async () => {
  const parts: Parts = {
    rules: "[{ id: down, when: { level: [error] } }, { id: slow, when: { level: [warning] } }]",
    channels: "{ out: { type: console }, lead: { type: console } }",
    more: `route: { channels: [out], escalate: [{ after: 15m, channels: [lead] }] }
inhibit: [{ source: { rule: [down] }, target: { severity: [warning] }, equal: [connection, resource.id] }]
`,
  };
  expect(await lint({ "lookout.yml": file(parts) })).toBe("");
});
