// Conditions over a sliding window in event time, both ends included: how full it is, when it fills and when it falls.
import type { RuleConfig } from "../model/config.ts";

/** Beyond these a storm of one key is remembered less exactly. */
const MAX_ENTRIES = 5_000;

/** Ascending by time; one entry per time and value. */
export type Window = [time: number, count: number, value?: string][];

/** When a window is full, and since when its entries count towards that; ms. */
export interface Filled {
  at: number;
  since: number;
}

/** What one kind of rule asks of its window. All times in ms. */
export interface Condition {
  /** The field whose values are told apart. */
  field: string | undefined;
  /** How long before its newest entry the window still matters. */
  span: number;
  /** The earliest moment at which it holds, and since when entries count towards that. `from`: observed since then. */
  filledAt(window: Window, from: number): Filled | undefined;
  /** The same of a window that holds at its newest moment at most. */
  filledLast(window: Window, from: number): Filled | undefined;
  /** The last moment at which it still holds; undefined where it does not end by itself. */
  fallsAt(window: Window): number | undefined;
  /** The entries that can still decide when it falls. */
  trim(window: Window): Window;
}

/** The condition of a threshold, distinct or spike rule; undefined for any other. */
export function conditionOf({ threshold, distinct, spike }: RuleConfig): Condition | undefined {
  if (threshold) return atLeast(threshold.count, threshold.within);
  if (distinct) return differing(distinct.field, distinct.count, distinct.within);
  return spike && risen(spike.factor, spike.window, spike.min);
}

/** The window with `count` more occurrences of a value at `time`. */
export function addToWindow(window: Window, time: number, count: number, value?: string): Window {
  let at = window.length;
  while (at > 0 && window[at - 1]![0] > time) at--;
  for (let same = at - 1; window[same]?.[0] === time; same--) {
    const before = window[same]!;
    if (before[2] === value) return window.with(same, entryOf(time, before[1] + count, value));
  }
  const next = window.toSpliced(at, 0, entryOf(time, count, value));
  return next.length > MAX_ENTRIES ? coarser(next) : next;
}

/** In the older half, every second entry of a value joined to the one after it. */
function coarser(window: Window): Window {
  const half = Math.floor(window.length / 2);
  const kept: Window = [];
  const single = new Map<string | undefined, number>();
  for (const [time, count, value] of window.slice(0, half).reverse()) {
    const later = single.get(value);
    if (later === undefined) single.set(value, kept.push(entryOf(time, count, value)) - 1);
    else {
      kept[later]![1] += count;
      single.delete(value);
    }
  }
  return [...kept.reverse(), ...window.slice(half)];
}

/** The window without what is before `time`. */
export function windowSince(window: Window, time: number): Window {
  if (window[0] === undefined || window[0][0] >= time) return window;
  return window.filter(([at]) => at >= time);
}

function entryOf(time: number, count: number, value: string | undefined): Window[number] {
  return value === undefined ? [time, count] : [time, count, value];
}

/** How many occurrences lie at or after `time`. */
export function countSince(window: Window, time: number): number {
  return window.reduce((sum, [at, occurrences]) => (at >= time ? sum + occurrences : sum), 0);
}

function atLeast(count: number, within: number): Condition {
  /** Where the newest `count` occurrences begin. */
  function newest(window: Window): number | undefined {
    let sum = 0;
    for (let at = window.length - 1; at >= 0; at--) {
      sum += window[at]![1];
      if (sum >= count) return at;
    }
    return undefined;
  }
  return {
    field: undefined,
    span: within,
    filledAt(window) {
      let sum = 0;
      let start = 0;
      for (const [time, occurrences] of window) {
        sum += occurrences;
        while (window[start]![0] < time - within) sum -= window[start++]![1];
        if (sum >= count) return { at: time, since: time - within };
      }
      return undefined;
    },
    filledLast(window) {
      const at = newest(window);
      const time = window.at(-1)![0];
      return at !== undefined && window[at]![0] >= time - within ? { at: time, since: time - within } : undefined;
    },
    fallsAt(window) {
      const at = newest(window);
      return at === undefined ? undefined : window[at]![0] + within;
    },
    trim: (window) => window.slice(newest(window) ?? 0),
  };
}

function differing(field: string, count: number, within: number): Condition {
  /** Each value's newest entry, ascending. */
  function newest(window: Window): Window {
    const last = new Map(window.map((entry) => [entry[2], entry]));
    return window.filter((entry) => last.get(entry[2]) === entry);
  }
  return {
    field,
    span: within,
    filledAt(window) {
      const values = new Map<string, number>();
      let start = 0;
      for (const [time, , value] of window) {
        values.set(value!, (values.get(value!) ?? 0) + 1);
        for (; window[start]![0] < time - within; start++) {
          const old = window[start]![2]!;
          const left = values.get(old)! - 1;
          if (left === 0) values.delete(old);
          else values.set(old, left);
        }
        if (values.size >= count) return { at: time, since: time - within };
      }
      return undefined;
    },
    filledLast(window) {
      const [time, , value] = window.at(-1)!;
      const values = new Set([value]);
      for (let at = window.length - 2; at >= 0 && window[at]![0] >= time - within && values.size < count; at--) {
        values.add(window[at]![2]);
      }
      return values.size >= count ? { at: time, since: time - within } : undefined;
    },
    fallsAt(window) {
      const entry = newest(window).at(-count);
      return entry && entry[0] + within;
    },
    trim: (window) => newest(window).slice(-count),
  };
}

/** The earlier window is as long, and ends one millisecond before the later one begins. */
function risen(factor: number, length: number, min: number): Condition {
  return {
    field: undefined,
    span: 2 * length + 1,
    filledAt(window, from) {
      let [later, earlier, start, end] = [0, 0, 0, 0];
      for (const [time, occurrences] of window) {
        later += occurrences;
        for (; window[end]![0] < time - length; end++) {
          later -= window[end]![1];
          earlier += window[end]![1];
        }
        const first = time - 2 * length - 1;
        while (window[start]![0] < first) earlier -= window[start++]![1];
        if (first < from || later < min || later < factor * earlier) continue;
        return { at: time, since: time - length };
      }
      return undefined;
    },
    filledLast(window, from) {
      const time = window.at(-1)![0];
      const first = time - 2 * length - 1;
      let [later, earlier, at] = [0, 0, window.length - 1];
      for (; at >= 0 && window[at]![0] >= time - length; at--) later += window[at]![1];
      if (first < from || later < min) return undefined;
      for (; at >= 0 && window[at]![0] >= first && later >= factor * earlier; at--) earlier += window[at]![1];
      return later >= factor * earlier ? { at: time, since: time - length } : undefined;
    },
    fallsAt: () => undefined,
    trim: () => [],
  };
}
