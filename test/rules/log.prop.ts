// The log of `change`, `newValue` and `sequence`: what it knows after each entry is what going through all of them anew finds.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RuleConfig } from "../../lib/model/config.ts";
import { type Entry, emptyLog, type Log, noteEntry } from "../../lib/rules/log.ts";
import { scanOf } from "../../lib/rules/scans.ts";
import { MINUTE, marked, RUNS } from "./history.ts";
import { ruleConfig } from "./support.ts";

const LATENESS = 10;
const KINDS: [name: string, rule: RuleConfig][] = [
  ["change", ruleConfig({ change: { field: "type" } })],
  ["newValue", ruleConfig({ newValue: { field: "type", memory: 12 * MINUTE } })],
  // biome-ignore lint/suspicious/noThenProperty: the key that users write
  ["sequence", ruleConfig({ sequence: { then: [marked("b"), marked("c")], within: 15 * MINUTE } })],
];

/** Minutes; `delay`: until it is shown, at most the lateness. */
const shown = fc.record({
  at: fc.integer({ min: 0, max: 60 }),
  delay: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: LATENESS })),
  count: fc.integer({ min: 1, max: 3 }),
  steps: fc.integer({ min: 1, max: 7 }),
  value: fc.constantFrom("p", "q", "s", "constructor"),
});

/** What lies in the sorted entries, found by going through all of them. */
function foundIn(rule: RuleConfig, entries: readonly Entry[]): number[] {
  const rank = ({ time, steps, value }: Entry) => [time, steps, value!] as const;
  const sorted = entries.toSorted((a, b) => {
    const [one, other] = [rank(a), rank(b)];
    const at = one.findIndex((part, index) => part !== other[index]);
    return at < 0 ? 0 : one[at]! < other[at]! ? -1 : 1;
  });
  const scan = scanOf(rule, null);
  return sorted.flatMap((entry) => scan.step(entry)?.at ?? []);
}

describe.each(KINDS)("the log of %s", (_name, rule) => {
  it("has found what all of its entries hold, in whatever order they come, however much it has forgotten", () => {
    fc.assert(
      fc.property(fc.array(shown, { maxLength: 60 }), (all) => {
        let log: Log = emptyLog();
        const known: Entry[] = [];
        for (const { at, delay, ...rest } of all.toSorted((a, b) => a.at + a.delay - b.at - b.delay)) {
          const entry = { time: at * MINUTE, ...rest };
          known.push(entry);
          log = JSON.parse(JSON.stringify(noteEntry(rule, log, entry, (at + delay - LATENESS) * MINUTE).log));
          const first = log.entries[0]!.time;
          expect(log.told.filter((time) => time > first)).toEqual(foundIn(rule, known).filter((time) => time > first));
        }
      }),
      RUNS,
    );
  });

  it("tells a storm in order find by find, and keeps a bounded part of it", () => {
    let log: Log = emptyLog();
    let found = 0;
    const storm = Array.from(
      { length: 7_000 },
      (_, at): Entry => ({
        time: at,
        count: 1,
        steps: 1 << (at % 3),
        value: `value-${at}`,
      }),
    );
    for (const entry of storm) {
      const next = noteEntry(rule, log, entry, 0);
      log = next.log;
      found += next.found.length;
    }
    expect(found).toBe(foundIn(rule, storm).length);
    expect(log.entries.length).toBeLessThanOrEqual(5_000);
  });
});
