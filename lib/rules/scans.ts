// How `change`, `newValue` and `sequence` go through a key's matches, ascending, and what they find.
import type { RuleConfig } from "../model/config.ts";
import type { Entry, Found } from "./log.ts";

/** Goes through entries one after the other, from what earlier ones have led to. */
export interface Scan {
  step(entry: Entry): Found | undefined;
  /** What all entries so far have led to, as JSON. */
  base(): unknown;
}

/** Values that one key remembers; the least recently seen are forgotten first. */
const MAX_VALUES = 10_000;

/** The scan of a rule of one of these kinds. `before`: entries that were gone through since `base`, of kinds whose values show it. */
export function scanOf({ change, newValue, sequence }: RuleConfig, base: unknown, before: readonly Entry[] = []): Scan {
  if (newValue) return newValues(newValue.memory, base as Seen | null, before);
  if (sequence) return steps(sequence.then.length, sequence.within, base as Partial[] | null);
  if (change) return changes(before.at(-1)?.value ?? (base as string | null));
  throw new Error("the rule keeps no log");
}

function changes(base: string | null): Scan {
  let last = base;
  return {
    step({ time, count, value, teaches }) {
      const changed = last !== null && value !== last && !teaches;
      last = value!;
      return changed ? { at: time, since: time, count } : undefined;
    },
    base: () => last,
  };
}

/** When each value was last seen; ms. */
type Seen = Record<string, number>;

function newValues(memory: number, base: Seen | null, before: readonly Entry[]): Scan {
  const seen = new Map<string, number>();
  let taught = base !== null || before.length > 0;

  function lastSeen(wanted: string): number | undefined {
    const own = seen.get(wanted) ?? before.findLast(({ value }) => value === wanted)?.time;
    return own ?? (base && Object.hasOwn(base, wanted) ? base[wanted] : undefined);
  }
  return {
    step({ time, count, value, teaches }) {
      const last = lastSeen(value!) ?? Number.NEGATIVE_INFINITY;
      const found = taught && !teaches && time - last > memory;
      seen.set(value!, Math.max(time, last));
      taught = true;
      return found ? { at: time, since: time, count } : undefined;
    },
    base() {
      const all = Object.entries({ ...base, ...Object.fromEntries(seen) });
      if (all.length > MAX_VALUES) all.sort((a, b) => b[1] - a[1]).length = MAX_VALUES;
      return Object.fromEntries(all);
    },
  };
}

/** The latest start of which this many steps have followed; ms. Null: there is none. */
type Partial = { since: number; count: number } | null;

function steps(last: number, within: number, base: Partial[] | null): Scan {
  let begun: Partial[] = base ?? [];
  return {
    step({ time, count, steps }) {
      let found: Found | undefined;
      const next = [...begun];
      for (let step = last; step >= 1; step--) {
        const before = begun[step - 1] ?? null;
        if ((steps & (1 << step)) === 0 || before === null || time - before.since > within) continue;
        if (step === last) found = { at: time, since: before.since, count: before.count + count };
        else if ((next[step]?.since ?? -1) < before.since)
          next[step] = { since: before.since, count: before.count + count };
      }
      // Every open start is served by the one follow-up.
      begun = found ? [] : next;
      if (steps & 1) begun[0] = { since: time, count };
      return found;
    },
    base: () => Array.from(begun, (one) => one ?? null),
  };
}
