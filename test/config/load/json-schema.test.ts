// The JSON Schemas for editors: they accept what loading accepts, know every key, and say what each is for.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { channelTypes } from "../../../lib/channels/registry.ts";
import { configJsonSchema, rulesJsonSchema, testJsonSchema } from "../../../lib/config/load/json-schema.ts";
import { CHANNELS, CONNECTIONS, MINIMAL, RULES, SOURCES } from "../workspace.ts";

const schema = configJsonSchema(channelTypes);
const [validate, validateRules, validateTests] = [schema, rulesJsonSchema(), testJsonSchema()].map((one) =>
  new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(one),
) as [ValidateFunction, ValidateFunction, ValidateFunction];
const ROOT = join(import.meta.dirname, "../../..");

test.each([
  ["the shortest file", MINIMAL],
  ["an include", `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [{ include: modelarts/pools }]\n`],
  [
    "nested routes",
    `${MINIMAL}route: { groupWait: 10s, routes: [{ match: { rule: [any] }, routes: [{ match: { $or: [{ rule: [a] }] } }] }] }\n`,
  ],
  ["a route that takes every alert", `${MINIMAL}route: { routes: [{ groupWait: 1h30m }, { match: {} }] }\n`],
  ["a database", `${MINIMAL}store: { type: postgres, url: "postgres://u@db.example/alerts" }\n`],
  [
    "everything else",
    `${MINIMAL}timezone: UTC\ntimeIntervals: { n: [{ weekdays: ["monday:friday"] }] }\nsilences: [{ match: { rule: [any] }, during: [n] }]\nhealth: { lag: 15m }\nhistory: 30d\nstore: { type: dynamodb, table: t }\n`,
  ],
])("%s is valid", (_, file) => {
  validate(parse(file));
  expect(validate.errors ?? []).toEqual([]);
});

test.each([
  ["an unknown key", `${MINIMAL}chanels: {}\n`],
  ["a duration without unit", `${MINIMAL}history: 30\n`],
  ["a duration of nothing", `${MINIMAL}history: ""\n`],
  ["a duration whose units are in no order", `${MINIMAL}history: 12h1d\n`],
  ["a level that is no list", `${CONNECTIONS}${SOURCES}${CHANNELS}rules: [{ id: a, when: { level: error } }]\n`],
  [
    "an option of another channel",
    `${CONNECTIONS}${SOURCES}${RULES}channels: { a: { type: console, routingKey: x } }\n`,
  ],
  ["an unknown channel type", `${CONNECTIONS}${SOURCES}${RULES}channels: { a: { type: pigeon } }\n`],
])("%s is invalid", (_, file) => {
  expect(validate(parse(file))).toBe(false);
});

const EVENTS = "events: [{ at: 0m, source: pool-events }]";

test("the example's tests and a pack are valid by schemas of their own", async () => {
  validateTests(parse(await readFile(join(ROOT, "lookout.example.test.yml"), "utf8")));
  expect(validateTests.errors ?? []).toEqual([]);
  validateRules(parse(await readFile(join(ROOT, "rules/modelarts/pools.yml"), "utf8")));
  expect(validateRules.errors ?? []).toEqual([]);
});

test.each([
  ["an unknown key of an event", "[{ name: a, events: [{ at: 0m, source: pool-events, msg: x }], expect: [] }]"],
  ["a number for a time", "[{ name: a, events: [{ at: 5, source: pool-events }], expect: [] }]"],
  [
    "no unit in a duration",
    "[{ name: a, events: [{ at: 0m, repeat: 2, every: 5, source: pool-events }], expect: [] }]",
  ],
  ["a status of no alert", `[{ name: a, ${EVENTS}, expect: [{ status: open }] }]`],
  ["a reason of no notification", `[{ name: a, ${EVENTS}, expect: [], notifications: [{ reason: because }] }]`],
  ["a test that expects nothing, not even []", `[{ name: a, ${EVENTS} }]`],
  ["no tests", "[]"],
])("%s is invalid in a test file", (_, tests) => {
  expect(validateTests(parse(`tests: ${tests}`))).toBe(false);
});

test("a rule that is wrong is invalid in a file of rules, and in a test file", () => {
  const rules = "rules: [{ id: a, when: { level: error } }]";
  expect(validateRules(parse(rules))).toBe(false);
  expect(validateTests(parse(`${rules}\ntests: [{ name: a, ${EVENTS}, expect: [] }]`))).toBe(false);
});

type Node = { properties?: Record<string, Node>; description?: string; const?: unknown; [key: string]: unknown };

/** Every property in the schema but those of channels' own options, with its path. */
function propertiesIn(node: unknown, path: string): [path: string, Node][] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, value]): [string, Node][] => {
    if (key === "oneOf" && path === "channels") return [];
    if (key !== "properties") return propertiesIn(value, path);
    return Object.entries(value as Record<string, Node>).flatMap(([name, child]) => {
      const at = path === "" ? name : `${path}.${name}`;
      return [[at, child] as [string, Node], ...propertiesIn(child, at)];
    });
  });
}

test("every key of the contract is there", () => {
  const properties = new Map(propertiesIn(schema, ""));
  const keys = `timezone connections connections.cloud connections.region connections.projectId connections.project
    connections.workspaces connections.auth connections.auth.accessKey connections.auth.secretKey connections.auth.securityToken
    connections.auth.username connections.auth.password connections.auth.domain connections.auth.token connections.endpoints
    connections.endpoints.modelarts connections.endpoints.ces connections.endpoints.iam sources sources.id sources.kind
    sources.connection sources.every sources.lookback sources.lateness sources.levels sources.targets sources.discover
    sources.discover.status sources.discover.name sources.labels rules rules.include rules.id rules.when rules.by rules.severity
    rules.summary rules.description rules.runbook rules.labels rules.resolve rules.resolve.when rules.resolve.after
    rules.threshold.count rules.threshold.within route route.channels route.groupBy route.groupWait route.groupInterval
    route.repeatInterval route.urgent route.mute route.active route.routes route.escalate
    route.escalate.after route.escalate.channels inhibit inhibit.source inhibit.target inhibit.equal match continue timeIntervals timeIntervals.times
    timeIntervals.times.start_time timeIntervals.times.end_time timeIntervals.weekdays timeIntervals.location silences.match
    silences.during silences.from silences.until silences.comment channels health.channels health.lag health.heartbeat history
    store store.type store.path store.table store.region store.endpoint`.split(/\s+/);
  expect(keys.filter((key) => !properties.has(key))).toEqual([]);
});

test.each([
  ["lookout.yml", schema],
  ["a file of rules", rulesJsonSchema()],
  ["a test file", testJsonSchema()],
])("every key of %s says what it is for", (_, own) => {
  const silent = propertiesIn(own, "").filter(([, node]) => !node.description);
  expect(silent.map(([path]) => path)).toEqual([]);
});

test("every channel type is offered", () => {
  const { channels } = (schema as Node).properties!;
  const { oneOf } = channels!["additionalProperties"] as { oneOf: Node[] };
  expect(oneOf.map((option) => option.properties?.["type"]?.const)).toEqual([...channelTypes.keys()]);
});
