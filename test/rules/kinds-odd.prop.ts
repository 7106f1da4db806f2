// Odd input for every kind of state: what only teaches, and events whose fields are missing or strange.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RuleConfig } from "../../lib/model/config.ts";
import type { Event } from "../../lib/model/event.ts";
import { eventAt } from "../support/event.ts";
import { alerted, cuts, ENDS, FIELD, histories, MINUTE, pollsOf, RUNS, run } from "./history.ts";
import { model } from "./models.ts";
import { change, newValue } from "./models-orders.ts";
import { runTimeline } from "./support.ts";

describe.each([
  ["change", { change: { field: FIELD } }, change],
  ["newValue", { newValue: { field: FIELD, memory: 30 * MINUTE } }, newValue.bind(undefined, 30)],
] as const)("%s", (_name, rule, kind) => {
  it("only learns from a target's first poll", () => {
    fc.assert(
      fc.property(histories(["a"]), cuts, (history, cut) => {
        const all = history.map((one) => ({ ...one, delay: 0 }));
        const polls = pollsOf(all, cut, ENDS[1]!);
        const notified = run(rule, polls, true);
        expect(alerted(notified)).toEqual(model(kind(new Set(polls[0]!.shown)), {}, all, ENDS[1]!));
      }),
      RUNS,
    );
  });
});

describe("odd events", () => {
  const value = fc.oneof(
    fc.constantFrom<unknown>(null, "", 0, -1, 1e300, true, [], {}, "__proto__", "constructor", "x".repeat(500)),
    fc.jsonValue({ maxDepth: 2 }),
  );
  const text = fc.constantFrom("", "a", "__proto__", "constructor", "hasOwnProperty", "\u0000", "😀");
  const odd: fc.Arbitrary<Event> = fc
    .record({
      at: fc.integer({ min: 0, max: 60 }),
      level: fc.constantFrom<Event["level"]>("error", "warning", "normal"),
      fields: fc.record(
        {
          reason: fc.option(text),
          type: text,
          message: text,
          data: fc.dictionary(text, value, { maxKeys: 3 }),
          labels: fc.dictionary(text, text, { maxKeys: 3 }),
          resource: fc.record({ type: text, id: text, name: text }),
          count: fc.integer({ min: 1, max: 1_000_000 }),
        },
        { requiredKeys: [] },
      ),
    })
    .map(({ at, level, fields }) => eventAt(at, { level, ...fields }));
  const field = fc.constantFrom(
    "reason",
    "type",
    "data",
    "data.a",
    "data.__proto__",
    "labels.a",
    "nothing.here",
    "count",
  );
  const kinds: fc.Arbitrary<Partial<RuleConfig>> = field.chain((field) =>
    fc.constantFrom<Partial<RuleConfig>>(
      { by: [field], threshold: { count: 2, within: 10 * MINUTE } },
      { by: [field], absence: { for: 10 * MINUTE, over: "seen" } },
      { by: [field], expect: { when: { level: ["normal"] }, within: 10 * MINUTE } },
      // biome-ignore lint/suspicious/noThenProperty: the key that users write
      { by: [field], sequence: { then: [{ level: ["normal"] }], within: 10 * MINUTE } },
      { distinct: { field, count: 2, within: 10 * MINUTE } },
      { change: { field }, resolve: { after: 5 * MINUTE } },
      { newValue: { field, memory: 10 * MINUTE }, reopen: 5 * MINUTE },
      { by: [field], spike: { factor: 1.5, window: 5 * MINUTE, min: 1 } },
      { summary: "{{ event.data.a }} {{ event.nothing.here }}", description: "{{ alert.key }}" },
    ),
  );

  it("never make a rule throw, whatever is missing", () => {
    fc.assert(
      fc.property(kinds, fc.array(fc.array(odd, { maxLength: 8 }), { maxLength: 6 }), (rule, shown) => {
        const polls = shown.map((events, index) => ({ at: (index + 1) * 15, events }));
        const notified = runTimeline({ resolve: { when: { level: ["warning"] } }, ...rule }, [...polls, { at: 3_000 }]);
        expect(notified).toHaveLength(polls.length + 1);
      }),
      RUNS,
    );
  });
});
