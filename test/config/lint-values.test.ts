// Lint: values that no field holds, events that never come, windows and times that cannot be meant.
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
    "a window that is over at the next poll",
    {
      ...rule("when: { source: [service-events] }, threshold: { count: 5, within: 1m }"),
      sources: "[{ kind: service-events, every: 5m }]",
    },
    'lookout.yml:3:85: within 1m is shorter than every 5m of the source "service-events"',
  ],
  [
    "a window that is over when late events show up",
    {
      ...rule("when: { source: [cloud-eye-events] }, threshold: { count: 5, within: 5m }"),
      sources: "[{ kind: cloud-eye-events }]",
    },
    'lookout.yml:3:87: within 5m is meaningless for late events: events of the source "cloud-eye-events" may appear 70m',
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
    "an interval that starts in an hour that is skipped",
    {
      more: 'timeIntervals: { early: [{ times: [{ start_time: "02:30", end_time: "05:00" }], weekdays: [sunday], location: Europe/Berlin }] }\nroute: { mute: [early] }\n',
    },
    "lookout.yml:5:50: 02:30 does not exist in Europe/Berlin on 2027-03-28: it starts at 03:00 that day; choose a time outside 02:00 to 03:00",
  ],
  [
    "an interval whose end comes twice",
    {
      more: 'timezone: America/New_York\ntimeIntervals: { late: { times: [{ start_time: "20:00", end_time: "01:30" }], months: ["november"] } }\nroute: { routes: [{ match: { rule: [any] }, active: [late] }] }\n',
    },
    "lookout.yml:6:67: 01:30 comes twice in America/New_York on 2027-11-07: it ends twice that day",
  ],
  [
    "a window of different values that is over at the next poll",
    {
      ...rule("when: { level: [error] }, distinct: { field: resource.id, count: 3, within: 1m }, by: [region]"),
      sources: "[{ kind: service-events, every: 5m }]",
    },
    'lookout.yml:3:94: within 1m is shorter than every 5m of the source "service-events"',
  ],
  [
    "an end that comes before the next poll",
    {
      ...rule("when: { source: [service-events] }, resolve: { after: 2m }"),
      sources: "[{ kind: service-events, every: 5m }]",
    },
    'lookout.yml:3:72: after 2m is shorter than every 5m of the source "service-events": an alert can be over before it is seen',
  ],
  [
    "silence that is over before late events show up",
    {
      ...rule("when: { source: [cloud-eye-events] }, absence: { for: 5m }"),
      sources: "[{ kind: cloud-eye-events }]",
    },
    'lookout.yml:3:72: for 5m is meaningless for late events: events of the source "cloud-eye-events" may appear 70m after their time (lateness), and until then are taken to be missing; write for: 70m',
  ],
  [
    "a follow-up that is missed before late events show up",
    {
      ...rule(
        "when: { source: [cloud-eye-events] }, expect: { when: { source: [cloud-eye-events], level: [normal] }, within: 5m }",
      ),
      sources: "[{ kind: cloud-eye-events }]",
    },
    "lookout.yml:3:129: within 5m is meaningless for late events",
  ],
  [
    "different values of what each key has one of",
    rule("when: { level: [error] }, distinct: { field: resource.id, count: 3, within: 10m }"),
    'lookout.yml:3:63: "resource.id" is in by, so each key has one value, and never sees 3 of them; name in by',
  ],
  [
    "changes of what each key has one of",
    rule("when: { level: [error] }, by: [region], change: { field: region }"),
    'lookout.yml:3:75: "region" is in by, so each key has one value, and never changes',
  ],
  [
    "new values of a field of which one is let through",
    rule("when: { type: [abnormal], level: [error] }, newValue: { field: type }"),
    'lookout.yml:3:81: when lets one value of "type" through, so a key only teaches its first',
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
    "a time interval that nothing uses",
    { more: "timeIntervals: { n: { weekdays: [monday] } }\n" },
    'lookout.yml:5:18: no route and no silence uses the time interval "n"',
  ],
  [
    "time intervals without a day",
    {
      more: 'timeIntervals: { n: [{ months: [february], days_of_month: ["30"] }, { years: ["2020:2025"] }] }\nroute: { mute: [n] }\n',
    },
    "lookout.yml:5:22: no day of the next 12 years lies in this time interval",
    "lookout.yml:5:69: no day of the next 12 years lies in this time interval",
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
