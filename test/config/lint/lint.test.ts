// Lint: what is valid but cannot be meant is found, at its place.
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Files } from "../workspace.ts";
import { ALL, file, lint, type Parts, rule } from "./linting.ts";

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
    rule("when: { type: [ABNORMAL, abnormal] }"),
    'lookout.yml:3:33: "type" is never "ABNORMAL"; did you mean "abnormal"?',
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
    "two rules that say the same with values twice or in lists of one",
    {
      rules:
        "[{ id: a, when: { level: [error, error], type: [{ anything-but: FAIL }] } }, { id: b, when: { type: [{ anything-but: [FAIL] }], level: [error] } }]",
    },
    'lookout.yml:3:85: the rule "b" opens alerts for the same as the one at lookout.yml:3:9',
  ],
  [
    "two rules that expect the same in another order",
    {
      rules:
        "\n  - { id: a, when: { level: [error] }, expect: { when: { source: [pool-events], level: [normal, warning] }, within: 1h } }\n  - { id: b, when: { level: [error] }, expect: { within: 1h, when: { level: [warning, normal], source: [pool-events] } } }",
    },
    'lookout.yml:5:5: the rule "b" opens alerts for the same as the one at lookout.yml:4:5',
  ],
  [
    "labels that nothing gives in by and groupBy",
    {
      ...rule("when: { level: [error] }, by: [labels.tem], labels: { team: ml }"),
      more: "route: { groupBy: [labels.team, labels.tem] }\n",
    },
    'lookout.yml:3:49: nothing gives events "labels.tem"; labels come from sources and targets',
    'lookout.yml:5:33: nothing gives "labels.tem"',
  ],
  [
    "a key's field by the wrong name, or that is not in it",
    rule(
      "when: { level: [error] }, summary: '{{ alert.key.resource.id }}', description: '{{ alert.key.region }} {{ alert.key[\"resource.id\"] }}'",
    ),
    'lookout.yml:3:53: "alert.key.resource.id" is never there; write alert.key["resource.id"]',
    'lookout.yml:3:97: "alert.key.region" is never there; by names connection, resource.id',
  ],
  [
    "labels in a template that nothing gives",
    {
      rules:
        "[{ id: a, when: { level: [error] }, labels: { team: ml }, summary: '{{ alert.labels.team }}{{ event.labels.team }}{{ rule.labels.tem }}' }, { id: b, when: { type: [FAIL] }, summary: '{{ alert.labels.team }}' }]",
    },
    'lookout.yml:3:75: nothing gives "event.labels.team"',
    'lookout.yml:3:75: nothing gives "rule.labels.tem"',
    'lookout.yml:3:190: nothing gives "alert.labels.team"',
  ],
  [
    "a silence of alerts that no rule opens",
    {
      rules: "[{ id: a, severity: error, when: { level: [error] } }]",
      more: "silences: [{ match: { rule: [a], severity: [critical] } }]\n",
    },
    "lookout.yml:5:14: this silence holds nothing back: no rule's alerts match it",
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
    "a console's address that nobody reaches",
    { more: 'console: { publicUrl: "https://lookout.example.com" }\n' },
    "lookout.yml:5:23: nobody reaches the console there: without token it answers this machine only; set token",
  ],
  [
    "a token of the console that is easily guessed",
    { more: 'console: { token: "${env:HW_ACCESS_KEY}" }\n' },
    "lookout.yml:5:19: who reads a link that acknowledges could guess a token so short; take what openssl rand -hex 32 makes",
  ],
  [
    "an unset token of the console",
    { more: 'console: { token: "${env:NO_SUCH_TOKEN}" }\n' },
    "lookout.yml:5:19: ${env:NO_SUCH_TOKEN} has no value: set the environment variable NO_SUCH_TOKEN",
  ],
  [
    "a filter on what is not discovered",
    { sources: "[{ kind: training-events, targets: [x], discover: {} }]" },
    "lookout.yml:2:50: nothing is discovered where targets are named; remove discover, or the targets",
  ],
  [
    "a source after one that discovers everything",
    { sources: "[{ kind: pool-events }, { id: b, kind: pool-events, discover: { name: x } }]" },
    'lookout.yml:2:34: the source "b" gets no target: "pool-events" at line 2 discovers all of them first',
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
    "named targets that take longer to read than every",
    {
      connections:
        "{ prod: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, requestsPerSecond: 0.01 } }",
      sources: "[{ kind: pool-events, targets: [a, b, c] }]",
    },
    'lookout.yml:2:41: the 3 targets of "pool-events" need 0.05 requests a second, but the budget of the connection "prod" is 0.01: ' +
      "a round takes 5m, not 1m; raise every, raise requestsPerSecond where the cloud allows it, or poll fewer targets",
  ],
  [
    "sources of one project that need too much together",
    {
      connections: `{ a: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef }, b: { cloud: otc, region: eu-de, projectId: 0123456789abcdef0123456789abcdef, requestsPerSecond: 0.1 } }`,
      sources:
        "[{ kind: cloud-eye-events, connection: a, every: 12s }, { kind: pool-events, connection: b, targets: [a], every: 30s }]",
    },
    'lookout.yml:2:11: the target of "cloud-eye-events" needs 0.117 requests a second with those of the project\'s other sources, ' +
      'but the budget of the connection "a" is 0.1: a round takes 14s, not 12s',
  ],
])("%s is found", async (_, parts, ...printed) => {
  const lines = (await lint({ "lookout.yml": file(parts) })).split("\n");
  expect(printed.map((text, index) => lines[index]?.slice(0, text.length))).toEqual(printed);
});

test("of a pack only what is useless as a whole is reported, at its include", async () => {
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

test("default credentials that are not set are reported at their connection", async () => {
  expect(await lint({ "lookout.yml": file({}) }, { HW_SECRET_KEY: "" })).toBe(
    "lookout.yml:1:16: ${env:HW_SECRET_KEY} is empty: give the environment variable HW_SECRET_KEY a value",
  );
});

test("every pack that comes with Lookout loads and is without findings", async () => {
  const rules = new URL("../../../rules/", import.meta.url);
  const names = (await readdir(rules, { recursive: true })).filter(
    (name) => name.endsWith(".yml") && !name.includes(".examples."),
  );
  const packs = names.map(
    async (name): Promise<[string, string]> => [`packs/${name}`, await readFile(new URL(name, rules), "utf8")],
  );
  const includes = names
    .filter((name) => !name.endsWith("/core.yml"))
    .map((name) => `{ include: ${name.replace(/\.yml$/, "")} }`);
  const checks = "{ kind: service-status }, { kind: pool-status }, { kind: job-status }";
  const endpoints = '{ kind: http, targets: [{ id: ocr, url: "https://ocr.example.com" }] }';
  const all = `${ALL.slice(0, -1)}, { kind: cloud-eye-events }, ${checks}, ${endpoints}]`;
  const files = {
    "lookout.yml": file({ sources: all, rules: `[${includes.join(", ")}]` }),
    ...Object.fromEntries(await Promise.all(packs)),
  };
  expect(await lint(files)).toBe("");
});
