// `threshold` and `distinct`: enough within a sliding window. It falls when the newest that are enough do not lie
// within it any more.
import type { RuleConfig } from "../../model/config.ts";
import type { Kind } from "./port.ts";
import {
  addToWindow,
  clearWindow,
  dropOldest,
  emptyWindow,
  fullest,
  loadWindow,
  saveWindow,
  shrink,
  type Window,
} from "./window.ts";

/** What of a window is counted, and how many are enough. */
interface Enough {
  field: string | undefined;
  count: number;
  within: number;
  /** How much the window holds. */
  size(window: Window): number;
  /** How much of that leaves with its oldest entry. */
  oldest(window: Window): number;
  /** What a list of matches would hold. */
  measure: Parameters<typeof fullest>[2];
  /** `most`: what any window around the event held. */
  words(most: number): string;
}

export function threshold({ count, within }: NonNullable<RuleConfig["threshold"]>): Kind<Window> {
  return windowed({
    field: undefined,
    count,
    within,
    size: ({ sum }) => sum,
    oldest: ({ counts, head }) => counts[head]!,
    measure: (matches) => matches.reduce((sum, one) => sum + one.count, 0),
    words: (most) =>
      most === 0
        ? `below the threshold of ${count}, and its window has passed`
        : `below the threshold: ${most} of ${count} so far`,
  });
}

export function distinct({ field, count, within }: NonNullable<RuleConfig["distinct"]>): Kind<Window> {
  return windowed({
    field,
    count,
    within,
    size: ({ entries }) => entries?.size ?? 0,
    oldest: ({ entries, values, head }) => (entries?.get(values[head]!) === 1 ? 1 : 0),
    measure: (matches) => new Set(matches.map(({ value }) => value)).size,
    words: (most) =>
      most === 0
        ? `fewer than ${count} different values in ${field}, and its window has passed`
        : `not enough different values in ${field}: ${most} of ${count} so far`,
  });
}

/** While an alert is open the window holds the newest entries that are enough, and no more. */
function windowed({ field, count, within, size, oldest, measure, words }: Enough): Kind<Window> {
  function dropBefore(window: Window, time: number): void {
    while (window.times[window.head]! < time) dropOldest(window);
    shrink(window);
  }
  function trim(window: Window): void {
    while (window.head < window.times.length && size(window) - oldest(window) >= count) dropOldest(window);
    shrink(window);
  }
  return {
    field,
    reach: within,
    begin: emptyWindow,
    load: (saved) => loadWindow(saved as Parameters<typeof loadWindow>[0]),
    save: saveWindow,
    take(window, { time, count: occurrences, value }, isOpen) {
      addToWindow(window, time, occurrences, value);
      if (!isOpen) dropBefore(window, time - within);
      if (!isOpen && size(window) < count) return undefined;
      const whole = { count: window.sum, since: window.times[window.head]!, until: time };
      trim(window);
      return isOpen ? { count: occurrences, since: time, until: time } : whole;
    },
    fallsAt: ({ times, head }) => (times[head] === undefined ? undefined : times[head] + within),
    clear(window, at, by) {
      if (by === "time") clearWindow(window);
      else dropBefore(window, at);
    },
    window: (window) => window,
    explain: (look) => words(fullest(look, within, measure)),
  };
}
