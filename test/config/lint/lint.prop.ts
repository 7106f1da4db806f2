// Lint never calls a pattern hopeless that an event of some source meets, whatever operators it is written with.
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileTimeInterval } from "../../../lib/alerts/time-intervals/time-interval.ts";
import { channelTypes } from "../../../lib/channels/registry.ts";
import { lintConfig } from "../../../lib/config/lint/lint.ts";
import type { Pattern } from "../../../lib/model/config.ts";
import { valueAt } from "../../../lib/model/path.ts";
import { compilePattern } from "../../../lib/patterns/pattern.ts";
import { eventAt, START } from "../../support/event.ts";
import { CONNECTIONS, load } from "../workspace.ts";
import { NO_SECRETS } from "./judge.ts";

const FIELDS = [
  ...["source", "sourceId", "connection", "project", "region", "level", "type", "reason", "message", "text"],
  ...[
    "resource",
    "resource.type",
    "resource.id",
    "count",
    "late",
    "labels.env",
    "labels.team",
    "data.a",
    "future",
    "truncated",
  ],
];
const STAMP = { sourceId: "s", connection: "prod", project: "0123456789abcdef0123456789abcdef", region: "eu-de" };
const message = fc.constantFrom("Failed to pull image", "10.1.2.3", "", "*\\ İ", "7");
const event = fc
  .tuple(
    fc.constantFrom(
      { source: "service-events", type: "abnormal", level: "error", reason: null } as const,
      { source: "service-events", type: "normal", level: "normal", reason: null } as const,
    ),
    fc.record({
      message,
      count: fc.integer({ min: 1, max: 4 }),
      late: fc.nat({ max: 3 }),
      data: fc.record({ a: fc.constantFrom(1, "x", null) }),
    }),
    // The targets below, with what the configuration gives them.
    fc.constantFrom<[id: string, labels: Record<string, string>]>(
      ["x", { env: "dev" }],
      ["y", { env: "prod", team: "t" }],
    ),
    fc.constantFrom({}, { future: true }, { truncated: true }),
  )
  .map(([kind, fields, [id, labels], flags]) => {
    const resource = { type: "service", id, name: id };
    return eventAt(0, { ...STAMP, ...kind, ...fields, ...flags, labels, resource });
  });

const text = fc.constantFrom(
  "",
  "a",
  "F",
  "failed",
  "error",
  "normal",
  "service",
  "prod",
  "*",
  "10.0.0.0",
  "\u{1f50e}",
);
const number = fc.constantFrom(0, 1, 1.5, 2, 3, 7);
const wildcard = fc.constantFrom("*", "*a*", "f*", "*e", "\\*", "*o*r*");
const entry: fc.Arbitrary<unknown> = fc.oneof(
  text,
  number,
  fc.constantFrom<unknown>(null, true, false),
  fc.record({ prefix: text }),
  fc.record({ suffix: text }),
  fc.record({ prefix: fc.record({ "equals-ignore-case": text }) }),
  fc.record({ "equals-ignore-case": text }),
  fc.record({ wildcard }),
  fc.record({ exists: fc.boolean() }),
  fc.record({ cidr: fc.constantFrom("10.0.0.0/8", "::/0", "10.1.2.3/32") }),
  fc.record({ numeric: fc.tuple(fc.constantFrom("<", "<=", "=", ">", ">="), number) }),
  fc.record({ numeric: fc.tuple(fc.constant(">"), number, fc.constant("<"), number) }),
  fc.record({
    "anything-but": fc.oneof(text, number, fc.array(text, { minLength: 1 }), fc.array(number, { minLength: 1 })),
  }),
  fc.record({ "anything-but": fc.record({ wildcard: fc.array(wildcard, { minLength: 1 }) }) }),
  fc.record({ "anything-but": fc.record({ prefix: text }) }),
  fc.record({ "anything-but": fc.record({ "equals-ignore-case": fc.array(text, { minLength: 1 }) }) }),
);

test("a pattern that an event meets is not called hopeless", async () => {
  const loaded = await load(
    `${CONNECTIONS}sources: [{ id: s, kind: service-events, labels: { env: prod }, targets: [{ id: x, labels: { env: dev } }, { id: y, labels: { team: t } }] }]
rules: [{ id: r, when: { level: [error, normal] } }]\nchannels: { c: { type: console } }\n`,
  );
  const deps = { compilePattern, compileTimeInterval, channelTypes, secrets: NO_SECRETS, now: START };
  const field = fc.constantFrom(...FIELDS);
  /** Operators, or the very value that the event has. */
  const test = fc.tuple(field, fc.option(entry, { nil: undefined, freq: 6 }));
  await fc.assert(
    fc.asyncProperty(event, fc.array(test, { minLength: 1, maxLength: 3 }), async (happened, tests) => {
      const when: Pattern = {};
      for (const [name, written] of tests) when[name] = [written ?? valueAt(happened, name) ?? null];
      let matches = false;
      try {
        matches = compilePattern(when).matches(happened);
      } catch {
        // No pattern: nothing to lint.
      }
      fc.pre(matches);
      const [rule] = loaded.config.rules;
      const config = { ...loaded.config, rules: [{ ...rule!, when }] };
      const findings = await lintConfig({ ...loaded, config }, deps);
      const hopeless = findings.filter(({ message }) => !/excludes nothing/.test(message));
      expect(hopeless).toEqual([]);
    }),
    { numRuns: 500, maxSkipsPerRun: 1_000 },
  );
});
