// A sliding window over a key's matches, with its sum: what `threshold`, `distinct` and `spike`
// count in. Both ends are included.
import type { Entry } from "../log.ts";

/** Beyond these a storm of one key is remembered less exactly. */
const MAX_SAVED = 2_000;
/** As many entries that have left the window are dropped at once. */
const MAX_GONE = 1_000;

/** Ascending by time (ms). Entries before `head` have left. */
export interface Window {
  times: number[];
  counts: number[];
  values: (string | undefined)[];
  head: number;
  sum: number;
  /** How many entries each value has, where they have one. */
  entries: Map<string, number> | undefined;
}

export function emptyWindow(): Window {
  return { times: [], counts: [], values: [], head: 0, sum: 0, entries: undefined };
}

export function addToWindow(window: Window, time: number, count: number, value?: string): void {
  const last = window.times.length - 1;
  window.sum += count;
  if (last >= window.head && window.times[last] === time && window.values[last] === value) {
    window.counts[last]! += count;
    return;
  }
  window.times.push(time);
  window.counts.push(count);
  window.values.push(value);
  if (value === undefined) return;
  window.entries ??= new Map();
  window.entries.set(value, (window.entries.get(value) ?? 0) + 1);
}

/** The oldest entry leaves. */
export function dropOldest(window: Window): void {
  const value = window.values[window.head];
  if (value !== undefined) {
    const left = window.entries!.get(value)! - 1;
    if (left === 0) window.entries!.delete(value);
    else window.entries!.set(value, left);
  }
  window.sum -= window.counts[window.head]!;
  window.head++;
}

/** Gives back the room of what has left: so many places, by which all others move. */
export function shrink(window: Window): number {
  const { head } = window;
  if (head < MAX_GONE || head * 2 < window.times.length) return 0;
  for (const list of [window.times, window.counts, window.values]) list.splice(0, head);
  window.head = 0;
  return head;
}

export function clearWindow(window: Window): void {
  Object.assign(window, emptyWindow());
}

type Saved = [gaps: number[], counts: number[] | 1, places?: number[], values?: string[]];

export function saveWindow(window: Window): Saved {
  const { times, counts, values } = thinned(window);
  const gaps = times.map((time, at) => time - (times[at - 1] ?? 0));
  const saved = counts.every((count) => count === 1) ? 1 : counts;
  if (values[0] === undefined) return [gaps, saved];
  const all = [...new Set(values as string[])];
  const places = new Map<string | undefined, number>(all.map((value, place) => [value, place]));
  return [gaps, saved, values.map((value) => places.get(value)!), all];
}

export function loadWindow([gaps, counts, places, values]: Saved): Window {
  const window = emptyWindow();
  let time = 0;
  for (const [at, gap] of gaps.entries()) {
    time += gap;
    addToWindow(window, time, counts === 1 ? 1 : counts[at]!, places && values![places[at]!]);
  }
  return window;
}

/**
 * What is in the window; where that is too much, every second entry of a value in the older half is joined to that
 * value's next one. The last of a value stays.
 */
function thinned({ times, counts, values, head }: Window): Pick<Window, "times" | "counts" | "values"> {
  let kept = { times: times.slice(head), counts: counts.slice(head), values: values.slice(head) };
  while (kept.times.length > MAX_SAVED) {
    const half = Math.floor(kept.times.length / 2);
    const next: typeof kept = { times: [], counts: [], values: [] };
    const last = new Map(kept.values.map((value, at) => [value, at]));
    const carried = new Map<string | undefined, number>();
    for (const [at, time] of kept.times.entries()) {
      const value = kept.values[at];
      const before = carried.get(value);
      if (at < half && before === undefined && last.get(value) !== at) {
        carried.set(value, kept.counts[at]!);
        continue;
      }
      carried.delete(value);
      next.times.push(time);
      next.counts.push(kept.counts[at]! + (before ?? 0));
      next.values.push(value);
    }
    if (next.times.length === kept.times.length) break;
    kept = next;
  }
  return kept;
}

type Matches = readonly Pick<Entry, "time" | "count" | "value">[];

/** The most that any window (of `within` ms) which has the time in it holds. */
export function fullest(
  { time, matches }: { time: number; matches: Matches },
  within: number,
  measure: (window: Matches) => number,
): number {
  const ends = matches.filter((one) => one.time >= time && one.time <= time + within);
  const sizes = ends.map((end) =>
    measure(matches.filter((one) => one.time <= end.time && one.time >= end.time - within)),
  );
  return Math.max(0, ...sizes);
}
