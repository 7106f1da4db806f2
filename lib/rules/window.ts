// The threshold's sliding window in event time, both ends included: how full it is, when it fills and when it falls.

export type Window = [time: number, count: number][];

/** The window with `count` more occurrences at `time`; ascending, one entry per time. */
export function addToWindow(window: Window, time: number, count: number): Window {
  let at = window.length;
  while (at > 0 && window[at - 1]![0] > time) at--;
  const before = window[at - 1];
  if (before?.[0] === time) return window.with(at - 1, [time, before[1] + count]);
  return window.toSpliced(at, 0, [time, count]);
}

/** The earliest time at which the `within` ms up to and including it hold at least `count`; undefined if never. */
export function filledAt(window: Window, count: number, within: number): number | undefined {
  let sum = 0;
  let start = 0;
  for (const [time, occurrences] of window) {
    sum += occurrences;
    while (window[start]![0] < time - within) sum -= window[start++]![1];
    if (sum >= count) return time;
  }
  return undefined;
}

/** How many occurrences lie at or after `time`. */
export function countSince(window: Window, time: number): number {
  return window.reduce((sum, [at, occurrences]) => (at >= time ? sum + occurrences : sum), 0);
}

/** The last moment at which the newest `count` occurrences still lie within `within` ms; after it the window falls below. */
export function fallsAt(window: Window, count: number, within: number): number | undefined {
  let sum = 0;
  for (let at = window.length - 1; at >= 0; at--) {
    sum += window[at]![1];
    if (sum >= count) return window[at]![0] + within;
  }
  return undefined;
}

/** The newest entries that still can decide when a full window falls: no more than hold `count` occurrences. */
export function trimFull(window: Window, count: number): Window {
  let sum = 0;
  for (let at = window.length - 1; at >= 0; at--) {
    sum += window[at]![1];
    if (sum >= count) return at === 0 ? window : window.slice(at);
  }
  return window;
}
