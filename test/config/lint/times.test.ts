// Lint: spans of time, time intervals and kinds of state that cannot be meant.
import { expect, test } from "vitest";
import { file, lint, type Parts, rule } from "./linting.ts";

test.each<[sentence: string, parts: Parts, ...printed: string[]]>([
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
    "an interval that starts in an hour that is skipped",
    {
      more: 'timeIntervals: { early: [{ times: [{ start_time: "02:30", end_time: "05:00" }], weekdays: [sunday], location: Europe/Berlin }] }\nroute: { mute: [early] }\n',
    },
    "lookout.yml:5:50: 02:30 does not exist in Europe/Berlin on 2027-03-28: it starts at 03:00 that day; choose a time outside 02:00 to 03:00",
  ],
  [
    "an interval in a half hour that the other hemisphere's spring skips",
    {
      more: 'timeIntervals: { n: { times: [{ start_time: "02:15", end_time: "05:00" }], location: Australia/Lord_Howe } }\nroute: { mute: [n] }\n',
    },
    "lookout.yml:5:45: 02:15 does not exist in Australia/Lord_Howe on 2027-10-03: it starts at 02:30 that day; choose a time outside 02:00 to 02:30",
  ],
  [
    "an interval that a clock change at midnight doubles the begin of",
    {
      more: 'timeIntervals: { n: { times: [{ start_time: "23:30", end_time: "05:00" }], location: America/Santiago } }\nroute: { mute: [n] }\n',
    },
    "lookout.yml:5:45: 23:30 comes twice in America/Santiago on 2027-04-03: it starts twice that day",
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
])("%s is found", async (_, parts, ...printed) => {
  const lines = (await lint({ "lookout.yml": file(parts) })).split("\n");
  expect(printed.map((text, index) => lines[index]?.slice(0, text.length))).toEqual(printed);
});

test("an interval whose location is empty is in UTC, whose clocks never change", async () => {
  const times = 'times: [{ start_time: "02:30", end_time: "05:00" }], location: ""';
  const more = `timezone: Europe/Berlin\ntimeIntervals: { n: { ${times} } }\nroute: { mute: [n] }\n`;
  expect(await lint({ "lookout.yml": file({ more }) })).toBe("");
});
