// Lint: what is valid but cannot be meant is found, at its place; what can be meant is left alone.
import { readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { expect, test } from "vitest";
import { compileTimeInterval } from "../../lib/alerts/time-interval.ts";
import { formatFindings } from "../../lib/config/finding.ts";
import { lintConfig } from "../../lib/config/lint.ts";
import { createRedactor } from "../../lib/config/redactor.ts";
import { createSecrets } from "../../lib/config/secrets.ts";
import { compilePattern } from "../../lib/rules/pattern.ts";
import { CONNECTIONS, type Files, load } from "./workspace.ts";

const NOW = Date.parse("2026-11-20T12:00:00Z");

async function lint(files: Files, env: Record<string, string> = {}): Promise<string> {
  const loaded = await load(files);
  const baseDir = dirname(loaded.config.file);
  const secrets = createSecrets({
    env: { HW_ACCESS_KEY: "a", HW_SECRET_KEY: "b", ...env },
    baseDir,
    now: () => NOW,
    redactor: createRedactor(),
  });
  const findings = await lintConfig(loaded, { compilePattern, compileTimeInterval, secrets, now: NOW });
  return formatFindings(findings).replaceAll(`${baseDir}/`, "");
}

interface Parts {
  sources?: string;
  rules?: string;
  channels?: string;
  more?: string;
}

const ALL = "[{ kind: service-events }, { kind: pool-events }, { kind: service-updates }, { kind: training-events }]";

function file({
  sources = ALL,
  rules = "[{ id: any, when: { level: [error] } }]",
  channels = "{ out: { type: console } }",
  more = "",
}: Parts): string {
  return `${CONNECTIONS}sources: ${sources}\nrules: ${rules}\nchannels: ${channels}\n${more}`;
}

function rule(text: string): Parts {
  return { rules: `[{ id: a, ${text} }]` };
}

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
  ["lower-case text", rule("when: { text: [{ wildcard: '*failed*' }, { equals-ignore-case: Failed }] }")],
  [
    "templates of every kind",
    rule(
      "when: { level: [error] }, summary: '{% for e in alert.events %}{{ e.message }}{% endfor %}{{ event.labels.team }} {{ rule.id | upcase }} {{ alert.key[\"resource.id\"] }}'",
    ),
  ],
  [
    "rules that differ in labels",
    { rules: "[{ id: a, when: { level: [error] } }, { id: b, when: { level: [error] }, labels: { team: x } }]" },
  ],
  [
    "routes by severity that continue",
    {
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
      more: 'timeIntervals: { nights: [{ times: [{ start_time: "22:00", end_time: "07:00" }], location: Europe/Berlin }], utc: { times: [{ start_time: "02:30", end_time: "02:45" }] } }\n',
    },
  ],
  [
    "early hours of days on which no clock changes",
    {
      more: 'timeIntervals: { early: { times: [{ start_time: "02:30", end_time: "05:00" }], weekdays: ["monday:friday"], location: Europe/Berlin } }\n',
    },
  ],
  [
    "what a rule extracts, and what must follow",
    rule(
      "extract: [{ field: message, pattern: 'to (?<n>\\d+)/(?P<of>\\d+)' }], when: { extracted.n: [0], level: [error] }, by: [extracted.of], summary: '{{ event.extracted.of }}', sequence: { then: [{ extracted: { of: [1] } }], within: 1h }",
    ),
  ],
])("%s has no findings", async (_, parts) => {
  expect(await lint({ "lookout.yml": file(parts) })).toBe("");
});

test.each<[sentence: string, parts: Parts, ...printed: string[]]>([
  [
    "a kind that no source has",
    rule("when: { source: [cloud-eye-events] }"),
    'lookout.yml:3:18: the rule "a" can never match: there is no source of kind cloud-eye-events',
  ],
  [
    "a kind that does not exist",
    rule("when: { source: [pool-event, pool-events] }"),
    'lookout.yml:3:35: "source" is never "pool-event"; did you mean "pool-events"?',
  ],
  [
    "a level of no API",
    rule("when: { level: [eror, error] }"),
    'lookout.yml:3:34: "level" is never "eror"; did you mean "error"?',
  ],
  [
    "a type of no API",
    rule("when: { type: [Abnormal, abnormal] }"),
    'lookout.yml:3:33: "type" is never "Abnormal"; did you mean "abnormal"?',
  ],
  [
    "a level that its source does not give",
    rule("when: { source: [service-events], level: [critical] }"),
    'lookout.yml:3:18: the rule "a" can never match: no source gives events with this level',
  ],
  [
    "a type of another source",
    rule("when: { source: [pool-events], type: [FAIL] }"),
    'lookout.yml:3:18: the rule "a" can never match: no source gives events with this',
  ],
  [
    "normal events of a source that asks for abnormal ones",
    {
      ...rule("when: { source: [pool-events], level: [normal] }"),
      sources: "[{ kind: pool-events, levels: abnormal }]",
    },
    'lookout.yml:3:18: the rule "a" can never match: its events are normal ones, and their sources ask for abnormal ones only',
  ],
  [
    "a resolution that levels: abnormal hides",
    {
      ...rule("when: { source: [pool-events] }, resolve: { when: { source: [pool-events], type: [Normal] } }"),
      sources: "[{ kind: pool-events, levels: abnormal }]",
    },
    "lookout.yml:3:62: resolve.when can never match: its events are normal ones",
  ],
  [
    "a resolution without a source",
    rule("when: { level: [error] }, resolve: { when: { level: [normal] } }"),
    "lookout.yml:3:55: resolve.when names no source",
  ],
  [
    "a field of no event",
    rule("when: { level: [error], sorce: [pool-events] }, by: [conection]"),
    'lookout.yml:3:42: no event has a field "sorce"; did you mean "source"?',
    'lookout.yml:3:71: no event has a field "conection"; did you mean "connection"?',
  ],
  [
    "a field of no resource",
    rule("when: { resource: { nme: [a] } }"),
    'lookout.yml:3:38: no event has a field "resource.nme"; did you mean "resource.name"?',
  ],
  [
    "capitals in lower-case text",
    rule("when: { text: [{ prefix: Failed }, { wildcard: '*x*' }] }"),
    'lookout.yml:3:33: "text" is in lower case, so "Failed" never matches; write "failed"',
  ],
  [
    "a number where text is",
    rule("when: { resource.id: [12] }"),
    'lookout.yml:3:40: "resource.id" holds text, which never equals 12; quote it: "12"',
  ],
  [
    "a connection that is not there",
    rule("when: { connection: [dev] }"),
    'lookout.yml:3:18: the rule "a" can never match',
    'lookout.yml:3:39: "connection" is never "dev"; it is one of prod',
  ],
  [
    "two rules that do the same",
    { rules: "\n  - { id: a, when: { level: [error] } }\n  - { id: b, when: { level: [error] }, summary: other }" },
    'lookout.yml:5:5: the rule "b" opens alerts for the same as the one at lookout.yml:4:5',
  ],
  [
    "an unknown field in a template",
    rule("when: { level: [error] }, summary: '{{ event.foo }}'"),
    'lookout.yml:3:53: no event has a field "foo"',
  ],
  [
    "an unknown name in a template",
    rule("when: { level: [error] }, description: '{{ evnt.message }}'"),
    'lookout.yml:3:57: templates know event, alert and rule, not "evnt"; did you mean "event"?',
  ],
  [
    "an identical route before",
    {
      ...rule("when: { level: [error] }, labels: { team: a }"),
      more: "route:\n  routes:\n    - match: { labels: { team: [a] } }\n    - match: { labels: { team: [a] } }\n",
    },
    "lookout.yml:8:7: this route is never reached: an earlier one has the same match and does not continue",
  ],
  [
    "a route after one that takes all",
    {
      more: "route:\n  routes:\n    - match: { severity: [{ exists: true }] }\n    - match: { severity: [critical] }\n",
    },
    "lookout.yml:8:7: this route is never reached: earlier ones take every alert that it matches",
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
    "a silence that is over",
    { more: "silences: [{ match: { rule: [any] }, until: 2026-11-20T11:00:00Z }]\n" },
    "lookout.yml:5:45: this silence is over; remove it",
  ],
  [
    "a channel that nothing uses",
    { channels: "{ out: { type: console }, b: { type: console } }", more: "route: { channels: [out] }\n" },
    'lookout.yml:4:37: no route uses the channel "b"',
  ],
  [
    "a filter on what is not discovered",
    { sources: "[{ kind: training-events, targets: [x], discover: {} }]" },
    "lookout.yml:2:50: nothing is discovered where targets are named; remove discover, or the targets",
  ],
  [
    "an unset variable",
    { channels: '{ out: { type: slack, url: "https://x.example/${env:SLACK}" } }' },
    "lookout.yml:4:38: ${env:SLACK} has no value: set the environment variable SLACK",
  ],
  [
    "a missing secret file",
    { channels: '{ out: { type: slack, url: "${file:url.txt}" } }' },
    "lookout.yml:4:38: ${file:url.txt} has no value: there is no such file; expected it at url.txt",
  ],
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
    'lookout.yml:3:18: the rule "a" can never match: no source gives events with this level, type, reason, resource and connection',
  ],
  [
    "another kind's type of resource",
    rule("when: { source: [training-events], resource: { type: [pool] } }"),
    'lookout.yml:3:18: the rule "a" can never match: no source gives events with this level, type, reason, resource and connection',
  ],
  [
    "a region that no connection has",
    rule("when: { level: [error], region: [eu-dee, eu-de] }"),
    'lookout.yml:3:51: "region" is never "eu-dee"; did you mean "eu-de"?',
  ],
  [
    "an alternative that can never match",
    rule("when: { $or: [{ source: [pool-events], type: [FAIL] }, { source: [service-updates], type: [FAIL] }] }"),
    "lookout.yml:3:32: this alternative can never match: no source gives events with this level, type, reason, resource and connection",
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
      more: 'timeIntervals: { early: [{ times: [{ start_time: "02:30", end_time: "05:00" }], weekdays: [sunday], location: Europe/Berlin }] }\n',
    },
    "lookout.yml:5:50: 02:30 does not exist in Europe/Berlin on 2027-03-28: it starts at 03:00 that day; choose a time outside 02:00 to 03:00",
  ],
  [
    "an interval whose end comes twice",
    {
      more: 'timezone: America/New_York\ntimeIntervals: { late: { times: [{ start_time: "20:00", end_time: "01:30" }], months: ["november"] } }\n',
    },
    "lookout.yml:6:67: 01:30 comes twice in America/New_York on 2027-11-07: it ends twice that day",
  ],
  [
    "a window of different values that is over at the next poll",
    {
      ...rule("when: { level: [error] }, distinct: { field: resource.id, count: 3, within: 1m }"),
      sources: "[{ kind: service-events, every: 5m }]",
    },
    'lookout.yml:3:94: within 1m is shorter than every 5m of the source "service-events"',
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

test("of a pack only what is useless as a whole is told, at its include", async () => {
  const pack =
    "rules:\n  - { id: p, when: { source: [pool-events] } }\n  - { id: q, when: { source: [service-updates] } }\n";
  const files = (kind: string): Files => ({
    "lookout.yml": file({ sources: `[{ kind: ${kind} }]`, rules: "[{ include: modelarts/all }]" }),
    "packs/modelarts/all.yml": pack,
  });
  expect(await lint(files("pool-events"))).toBe("");
  expect(await lint(files("training-events"))).toBe(
    'lookout.yml:3:20: no rule of the pack "modelarts/all" can ever match: there is no source of kind pool-events',
  );
});

test("default credentials that are not set are told at their connection", async () => {
  expect(await lint({ "lookout.yml": file({}) }, { HW_SECRET_KEY: "" })).toBe(
    "lookout.yml:1:16: ${env:HW_SECRET_KEY} is empty: give the environment variable HW_SECRET_KEY a value",
  );
});

test("every pack that comes with Lookout loads and is without findings", async () => {
  const rules = new URL("../../rules/", import.meta.url);
  const names = (await readdir(rules, { recursive: true })).filter(
    (name) => name.endsWith(".yml") && !name.includes(".examples."),
  );
  const packs = names.map(
    async (name): Promise<[string, string]> => [`packs/${name}`, await readFile(new URL(name, rules), "utf8")],
  );
  const includes = names
    .filter((name) => name !== "cloud-eye/core.yml")
    .map((name) => `{ include: ${name.replace(/\.yml$/, "")} }`);
  const all = `${ALL.slice(0, -1)}, { kind: cloud-eye-events }]`;
  const files = {
    "lookout.yml": file({ sources: all, rules: `[${includes.join(", ")}]` }),
    ...Object.fromEntries(await Promise.all(packs)),
  };
  expect(await lint(files)).toBe("");
});
