// What holds of the engine whatever comes: the order and repetition of what is found make no difference, nor does what
// is folded early; an alert opens before it ends; and a storm costs a bounded number of steps and bytes.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileRules } from "../../lib/rules/compile.ts";
import type { Kind } from "../../lib/rules/kinds/port.ts";
import { live } from "../../lib/rules/live.ts";
import { emptyState, type KeyState } from "../../lib/rules/state.ts";
import { eventAt, START } from "../support/event.ts";
import { cuts, ENDS, FIELD, type Happening, histories, LAST, MINUTE, pollsOf, RUNS, run } from "./history.ts";
import { type Life, lived } from "./models.ts";
import { SUBJECTS } from "./subjects.ts";
import { ruleConfig, SOURCE } from "./support.ts";

const END = ENDS[0]!;
const lives: fc.Arbitrary<Life> = fc.record(
  { after: fc.constantFrom(3, 7, 20), reopen: fc.constantFrom(0, 5), when: fc.constant(true as const) },
  { requiredKeys: [] },
);

describe.each(SUBJECTS)("$name", ({ rule, marks }) => {
  const all = histories([...marks, ...marks, ...marks, "r"]);

  it("says the same in whatever order a slice has its events, and of an event that is found again", () => {
    fc.assert(
      fc.property(all, cuts, lives, fc.infiniteStream(fc.nat()), (history, cut, life, random) => {
        const polls = pollsOf(history, cut, END);
        const shown: Happening[] = [];
        const again = polls.map((poll) => {
          shown.push(...poll.shown);
          const repeated = shown.filter(({ at }) => at >= poll.readTo - 10 && random.next().value % 2 === 0);
          const mixed = [...poll.shown, ...repeated].map((one) => ({ one, place: random.next().value }));
          return { ...poll, shown: mixed.sort((a, b) => a.place - b.place).map(({ one }) => one) };
        });
        const byKey = (shown: typeof polls) =>
          run(lived(rule, life), shown).map((notified) =>
            notified.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0)),
          );
        expect(byKey(again)).toEqual(byKey(polls));
      }),
      RUNS,
    );
  });

  it("opens an alert before it ends, and ends it before it opens again", () => {
    fc.assert(
      fc.property(all, cuts, lives, (history, cut, life) => {
        const firing = new Map<string, boolean>();
        for (const { id, kind, endsAt } of run(lived(rule, life), pollsOf(history, cut, END)).flat()) {
          if (kind === "opened") expect(firing.get(id) ?? false).toBe(false);
          else if (kind !== "updated") expect(firing.get(id)).toBe(true);
          else expect(firing.get(id)).toBe(endsAt === null);
          firing.set(id, endsAt === null);
        }
        expect([...firing.values()].filter(Boolean).length).toBeLessThanOrEqual(2);
      }),
      RUNS,
    );
  });

  it("says the same of a crowd, whether what can change no more is folded or kept", () => {
    const crowd = fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: LAST }),
        delay: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 })),
        count: fc.integer({ min: 1, max: 2 }),
        key: fc.constant("x"),
        marks: fc.constantFrom(...Array(12).fill(marks).flat(), "r"),
        value: fc.constantFrom("p", "q", "s"),
      }),
      { minLength: 90, maxLength: 160 },
    );
    fc.assert(
      fc.property(crowd, cuts, lives, (history, cut, life) => {
        const polls = pollsOf(history, cut, END);
        const kept = run(lived(rule, life), polls, false, 100 * 1_440 * MINUTE);
        expect(run(lived(rule, life), polls)).toEqual(kept);
      }),
      { numRuns: Math.ceil(RUNS.numRuns / 5) },
    );
  });
});

/**
 * Goes through 12,000 matches of one key, one a 50th of a second, in slices of so many; every
 * `late`-th is found five minutes late.
 */
function storm(fields: Parameters<typeof ruleConfig>[0], size: number, late: number) {
  const rules = compileRules([ruleConfig(fields)], [SOURCE]);
  let steps = 0;
  const given = rules.all[0]!;
  const take: Kind["take"] = (...args) => {
    steps++;
    return given.kind.take(...args);
  };
  const rule = { ...given, kind: { ...given.kind, take } };
  const all = Array.from({ length: 12_000 }, (_, number) => {
    const event = eventAt(number / 3_000, { id: `storm-${number}`, labels: { value: `v${number % 17}` } });
    return { shown: number % late === 0 ? number + 900 : number, event };
  }).sort((a, b) => a.shown - b.shown);
  let state: KeyState = emptyState({});
  let [bytes, most] = [0, 0];
  for (let from = 0; from < all.length; from += size) {
    const seen = all.slice(from, from + size).map(({ event }) => rules.touch(event).touches[0]!);
    const now = START + (all[Math.min(from + size, all.length) - 1]!.shown / 3_000) * MINUTE;
    const before = steps;
    state = live(rule, state, seen, { now, readTo: now, since: START }).state;
    most = Math.max(most, steps - before);
    if (from % 1_000 === 0) bytes = Math.max(bytes, JSON.stringify(state).length);
  }
  return { steps, most, bytes };
}

describe.each([
  ["no state", {}],
  ["threshold", { threshold: { count: 5, within: 10 * MINUTE } }],
  ["distinct", { distinct: { field: FIELD, count: 30, within: 10 * MINUTE } }],
  ["spike", { spike: { factor: 3, window: MINUTE, min: 100_000 } }],
  ["absence", { absence: { for: 10 * MINUTE, over: "seen" as const } }],
  ["newValue", { newValue: { field: FIELD, memory: 10 * MINUTE } }],
])("a storm of one key: %s", (_name, rule) => {
  it("folds each event a few times where they come in order, one by one", () => {
    const { steps, bytes } = storm(rule, 1, Number.POSITIVE_INFINITY);
    expect(steps).toBeLessThan(3 * 12_000);
    expect(bytes).toBeLessThan(100_000);
  });

  it("goes through what it keeps once for each slice that has late events", () => {
    const { most, bytes } = storm(rule, 500, 20);
    // What it keeps, the slice, and what leaves the log.
    expect(most).toBeLessThan(5_000 + 2 * 500 + 2_500);
    expect(bytes).toBeLessThan(100_000);
  });
});
