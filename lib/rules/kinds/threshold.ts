// `threshold`: so many occurrences within a sliding window. It falls when the newest of them do not
// lie within it any more.
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

/** While an alert is open the window holds the newest occurrences that fill it, and no more. */
export function threshold({ count, within }: NonNullable<RuleConfig["threshold"]>): Kind<Window> {
  function trim(window: Window): void {
    while (window.sum - window.counts[window.head]! >= count) dropOldest(window);
    shrink(window);
  }
  return {
    field: undefined,
    reach: within,
    begin: emptyWindow,
    load: (saved) => loadWindow(saved as Parameters<typeof loadWindow>[0]),
    save: saveWindow,
    take(window, entry, isOpen) {
      if ((entry.steps & 1) === 0) return undefined;
      const { time } = entry;
      addToWindow(window, time, entry.count);
      if (isOpen) {
        trim(window);
        return { count: entry.count, since: time, until: time };
      }
      while (window.times[window.head]! < time - within) dropOldest(window);
      shrink(window);
      if (window.sum < count) return undefined;
      const hit = { count: window.sum, since: window.times[window.head]!, until: time };
      trim(window);
      return hit;
    },
    fallsAt(window) {
      const oldest = window.times[window.head];
      return oldest === undefined ? undefined : oldest + within;
    },
    clear(window, at, by) {
      if (by === "time") clearWindow(window);
      else while (window.head < window.times.length && window.times[window.head]! < at) dropOldest(window);
    },
    window: (window) => window,
    explain(look) {
      const most = fullest(look, within, (window) => window.reduce((sum, one) => sum + one.count, 0));
      return most === 0
        ? `below the threshold of ${count}, and its window has passed`
        : `below the threshold: ${most} of ${count} so far`;
    },
  };
}
