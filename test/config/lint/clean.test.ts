// Lint: what can be meant is left alone.
import { expect, test } from "vitest";
import { file, lint, type Parts, rule } from "./linting.ts";

test.each<[sentence: string, parts: Parts]>([
  ["a plain configuration", {}],
  [
    "each source's own words",
    rule(
      "when: { $or: [{ source: [service-events], type: [abnormal] }, { source: [training-events], type: [Error] }] }",
    ),
  ],
  [
    "Cloud Eye's words, which are open",
    {
      ...rule("when: { source: [cloud-eye-events], type: [EVENT.SYS], level: [critical] }"),
      sources: "[{ kind: cloud-eye-events }]",
    },
  ],
  [
    "operators that some source meets",
    rule("when: { source: [{ prefix: pool }], level: [{ anything-but: [normal] }] }"),
  ],
  [
    "data, labels and nested fields",
    {
      ...rule(
        "when: { level: [error], data: { a: { b: [1] } }, labels.env: [prod], resource: { name: [{ wildcard: 'Prod-*' }] } }",
      ),
      sources: "[{ kind: service-events, targets: [{ id: x, labels: { env: prod } }] }]",
    },
  ],
  [
    "projects of one name in two accounts",
    {
      connections:
        '{ a: { cloud: otc, region: eu-de, project: eu-de }, b: { cloud: otc, region: eu-de, project: eu-de, auth: { token: "${env:HW_ACCESS_KEY}" } } }',
      sources:
        "[{ id: one, connection: a, kind: cloud-eye-events }, { id: two, connection: b, kind: cloud-eye-events }]",
    },
  ],
  [
    "as many named targets as the budget has room for, and any number to be discovered",
    {
      connections:
        "{ prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, requestsPerSecond: 0.05 } }",
      sources: "[{ kind: pool-events, targets: [a, b, c] }, { kind: service-events }]",
    },
  ],
  ["lower-case text", rule("when: { text: [{ wildcard: '*failed*' }, { equals-ignore-case: Failed }] }")],
  [
    "templates of every kind",
    rule(
      "when: { level: [error] }, summary: '{% for e in alert.events %}{{ e.message }}{% endfor %}{{ event.labels }} {{ rule.id | upcase }} {{ alert.key[\"resource.id\"] }}'",
    ),
  ],
  [
    "rules that differ in labels",
    { rules: "[{ id: a, when: { level: [error] } }, { id: b, when: { level: [error] }, labels: { team: x } }]" },
  ],
  [
    "routes by severity that continue",
    {
      rules: "[{ id: any, severity: critical, when: { level: [error] } }]",
      more: "route: { routes: [{ match: { severity: [{ exists: true }] }, continue: true }, { match: { severity: [critical] } }] }\n",
    },
  ],
  [
    "a fallback and a health channel",
    {
      channels:
        "{ out: { type: console }, b: { type: console }, c: { type: console, fallback: d }, d: { type: console } }",
      more: "route: { channels: [out] }\nhealth: { channels: [b, c] }\n",
    },
  ],
  [
    "a silence of Lookout's own alerts",
    { more: "silences: [{ match: { rule: [lookout-unhealthy] }, until: 2026-11-21T00:00:00Z }]\n" },
  ],
  [
    "abnormal events of a filtered source",
    {
      ...rule("when: { source: [pool-events], level: [warning] }"),
      sources: "[{ kind: pool-events, levels: abnormal }]",
    },
  ],
  [
    "values that every field can have",
    rule(
      "when: { count: [{ numeric: ['>=', 1] }, 3], late: [0], reason: [null, x], future: [true, { exists: false }], resource.type: [pool], project: [0123456789abcdef0123456789abcdef], text: [{ anything-but: { wildcard: '*ok*' } }] }",
    ),
  ],
  [
    "alternatives that some source meets",
    rule(
      "when: { $or: [{ source: [pool-events], reason: [Node] }, { source: [service-updates], reason: [FAIL] }], level: [warning, error] }",
    ),
  ],
  [
    "fields that different alternatives test",
    rule("when: { $or: [{ text: [a], level: [error] }, { text: [b] }], resource: { id: [x] } }"),
  ],
  [
    "thresholds of different counts",
    {
      rules:
        "[{ id: a, when: { level: [error] }, threshold: { count: 3, within: 10m } }, { id: b, when: { level: [error] }, threshold: { count: 9, within: 10m } }]",
    },
  ],
  [
    "routes by connection and source",
    {
      more: "route: { routes: [{ match: { source: [service-events] } }, { match: { source: [null], connection: [prod] } }] }\n",
    },
  ],
  [
    "nights, which daylight saving time makes an hour longer or shorter",
    {
      more: 'timeIntervals: { nights: [{ times: [{ start_time: "22:00", end_time: "07:00" }], location: Europe/Berlin }], utc: { times: [{ start_time: "02:30", end_time: "02:45" }] } }\nroute: { mute: [nights, utc] }\n',
    },
  ],
  [
    "early hours of days on which no clock changes",
    {
      more: 'timeIntervals: { early: { times: [{ start_time: "02:30", end_time: "05:00" }], weekdays: ["monday:friday"], location: Europe/Berlin } }\nsilences: [{ match: { rule: [any] }, during: [early] }]\n',
    },
  ],
  [
    "labels and keys in templates",
    {
      sources: "[{ kind: service-events, labels: { env: prod } }]",
      rules:
        "[{ id: a, when: { level: [error] }, labels: { team: ml }, by: [labels.env, connection], summary: '{{ alert.labels.team }}{{ alert.labels.env }}{{ event.labels.env }}{{ rule.labels.team }}{{ alert.key.connection }}{{ alert.key[\"labels.env\"] }}' }]",
    },
  ],
  [
    "messages and texts that go together",
    rule(
      "when: { $or: [{ message: [Failed], text: [{ prefix: fail }] }, { message: [{ prefix: G }], text: [gone] }, { message: [A, B], text: [b] }] }",
    ),
  ],
  [
    "silences of what rules open",
    {
      more: "silences: [{ match: { rule: [any], severity: [error], key: { resource.id: [x] } } }, { match: { connection: [prod] } }]\n",
    },
  ],
  [
    "days that are rare",
    {
      more: 'timeIntervals: { n: { months: [february], days_of_month: ["29"], weekdays: [tuesday] } }\nroute: { mute: [n] }\n',
    },
  ],
  [
    "labels, targets and what is told apart by them",
    {
      sources:
        "[{ kind: service-events, labels: { env: prod }, targets: [{ id: s1, labels: { team: web } }, s2] }, { kind: pool-events }]",
      rules:
        "[{ id: a, when: { labels: { env: [prod], team: [web] } } }, { id: b, when: { labels.team: [{ exists: false }], resource.id: [s2, any] } }]",
      more: "route: { routes: [{ match: { labels.team: [web], rule: [a] } }, { match: { labels.env: [prod] } }, { match: { rule: [b] } }] }\n",
    },
  ],
  [
    "routes by type of resource, region and status",
    {
      more: "route: { routes: [{ match: { resource.type: [pool] } }, { match: { region: [eu-de], status: [firing], rule: [any] }, continue: true }, { match: { resource: { type: [{ exists: false }] } } }] }\n",
    },
  ],
  [
    "severities of the levels that a rule can match",
    {
      rules:
        "[{ id: a, when: { source: [pool-events] } }, { id: b, when: { source: [service-events], level: [error] }, absence: { for: 2h, over: targets } }]",
      more: "route: { routes: [{ match: { severity: [info] } }, { match: { severity: [error] } }, { match: { severity: [warning], rule: [b] } }] }\n",
    },
  ],
  [
    "values that differ within a key",
    {
      rules:
        "[{ id: a, when: { level: [error] }, by: [connection], distinct: { field: resource.id, count: 3, within: 10m } }, { id: b, when: { $or: [{ type: [FAIL] }, { level: [normal] }] }, change: { field: type } }]",
    },
  ],
  ["short ends of events that come in time", rule("when: { source: [service-events] }, resolve: { after: 2m }")],
  [
    "what a rule extracts, and what must follow",
    rule(
      "extract: [{ field: message, pattern: 'to (?<n>\\d+)/(?P<of>\\d+)' }], when: { extracted.n: [0], level: [error] }, by: [extracted.of], summary: '{{ event.extracted.of }}', sequence: { then: [{ extracted: { of: [1] } }], within: 1h }",
    ),
  ],
])("%s has no findings", async (_, parts) => {
  expect(await lint({ "lookout.yml": file(parts) })).toBe("");
});
