// `distinct`: so many different values within a sliding window, by a counter for each value.
import type { RuleConfig } from "../../model/config.ts";
import type { Kind } from "./port.ts";
import {
  addToWindow,
  dropOldest,
  emptyWindow,
  fullest,
  loadWindow,
  saveWindow,
  shrink,
  type Window,
} from "./window.ts";

interface Distinct {
  /** While no alert is open. */
  window: Window;
  /** How many of the window's entries have a value. */
  entries: Map<string, number>;
  /**
   * While one is open: the newest values, as many as fill the window, each with its newest time
   * (ms), ascending by that.
   */
  newest: Map<string, number>;
}

type Saved = [window: ReturnType<typeof saveWindow>, newest: [string, number][]];

export function distinct({ field, count, within }: NonNullable<RuleConfig["distinct"]>): Kind<Distinct> {
  function load([saved, newest]: Saved): Distinct {
    const memory = { window: loadWindow(saved), entries: new Map<string, number>(), newest: new Map(newest) };
    for (const value of memory.window.values) memory.entries.set(value!, (memory.entries.get(value!) ?? 0) + 1);
    return memory;
  }
  function drop({ window, entries }: Pick<Distinct, "window" | "entries">): void {
    const value = window.values[window.head]!;
    const left = entries.get(value)! - 1;
    if (left === 0) entries.delete(value);
    else entries.set(value, left);
    dropOldest(window);
  }
  function note(newest: Distinct["newest"], value: string, time: number): void {
    newest.delete(value);
    newest.set(value, time);
    if (newest.size > count) newest.delete(newest.keys().next().value!);
  }
  function add({ window, entries }: Distinct, time: number, occurrences: number, value: string): void {
    const before = window.times.length;
    addToWindow(window, time, occurrences, value);
    if (window.times.length > before) entries.set(value, (entries.get(value) ?? 0) + 1);
    while (window.times[window.head]! < time - within) drop({ window, entries });
    shrink(window);
  }
  return {
    field,
    reach: within,
    begin: () => ({ window: emptyWindow(), entries: new Map(), newest: new Map() }),
    load: (saved) => load(saved as Saved),
    save: ({ window, newest }): Saved => [saveWindow(window), [...newest]],
    take(memory, entry, isOpen) {
      if ((entry.steps & 1) === 0) return undefined;
      const { time, value = "" } = entry;
      if (isOpen) {
        note(memory.newest, value, time);
        return { count: entry.count, since: time, until: time };
      }
      add(memory, time, entry.count, value);
      const { window } = memory;
      if (memory.entries.size < count) return undefined;
      for (let at = window.head; at < window.times.length; at++) {
        note(memory.newest, window.values[at]!, window.times[at]!);
      }
      const hit = { count: window.sum, since: window.times[window.head]!, until: time };
      memory.window = emptyWindow();
      memory.entries.clear();
      return hit;
    },
    fallsAt({ newest }) {
      const oldest = newest.values().next().value;
      return oldest === undefined ? undefined : oldest + within;
    },
    clear(memory, at, by) {
      memory.newest.clear();
      const { window } = memory;
      while (window.head < window.times.length && (by === "time" || window.times[window.head]! < at)) drop(memory);
    },
    window: ({ window }) => window,
    explain(look) {
      const most = fullest(look, within, (window) => new Set(window.map(({ value }) => value)).size);
      return most === 0
        ? `fewer than ${count} different values in ${field}, and its window has passed`
        : `not enough different values in ${field}: ${most} of ${count} so far`;
    },
  };
}
