// `spike`: a window holds so many times what the one before it held. That one ends a millisecond
// before the later one begins.
import type { RuleConfig } from "../../model/config.ts";
import type { Kind } from "./port.ts";
import { addToWindow, dropOldest, emptyWindow, loadWindow, saveWindow, shrink, type Window } from "./window.ts";

interface Spike {
  /** Both windows, while no alert is open. */
  both: Window;
  /** Where the later window begins, and what it holds. */
  middle: number;
  later: number;
  /** Wholly observed from here on; ms. */
  from: number;
}

type Saved = [both: ReturnType<typeof saveWindow>, from: number];

export function spike({ factor, window: length, min }: NonNullable<RuleConfig["spike"]>): Kind<Spike> {
  const begin = (from: number, both = emptyWindow()): Spike => ({ both, middle: both.head, later: both.sum, from });
  return {
    field: undefined,
    reach: 2 * length + 1,
    waitsForSince: true,
    begin: (since) => begin(since),
    load(saved) {
      const [both, from] = saved as Saved;
      return begin(from, loadWindow(both));
    },
    save: ({ both, from }): Saved => [saveWindow(both), from],
    take(memory, { time, count }, isOpen) {
      if (isOpen) return { count, since: time, until: time };
      const { both } = memory;
      addToWindow(both, time, count);
      memory.later += count;
      while (both.times[memory.middle]! < time - length) memory.later -= both.counts[memory.middle++]!;
      const first = time - 2 * length - 1;
      while (both.times[both.head]! < first) dropOldest(both);
      memory.middle -= shrink(both);
      const { later, middle } = memory;
      if (first < memory.from || later < min || later < factor * (both.sum - later)) return undefined;
      const hit = { count: later, since: both.times[middle]!, until: time };
      Object.assign(memory, begin(memory.from));
      return hit;
    },
    observe(memory, time) {
      memory.from = Math.max(memory.from, time);
    },
    clear(memory, at) {
      const { both } = memory;
      memory.from = Math.max(memory.from, at);
      while (both.head < both.times.length && both.times[both.head]! < at) {
        if (memory.middle === both.head) memory.later -= both.counts[memory.middle++]!;
        dropOldest(both);
      }
    },
    explain: () =>
      `its window holds no ${factor} times what the one before it held, or fewer than ${min}, or the one before it was not wholly observed`,
  };
}
