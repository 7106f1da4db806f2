// Items in the order of their times, then of their arrival: pages of a million are found by binary
// search, never by a scan.

export interface Window {
  /** Milliseconds since the epoch; absent: open. */
  from?: number | undefined;
  to?: number | undefined;
  /** True: an item exactly on a bound is outside. */
  exclusive?: boolean;
}

export interface Selection<T> {
  readonly total: number;
  /** At most `limit` items from the `offset`-th on, in ascending order or its exact reverse. */
  page(offset: number, limit: number, order: "asc" | "desc"): T[];
  /** Where the item stands in that order; -1 when it is not in the selection. */
  indexOf(item: T, order: "asc" | "desc"): number;
}

export interface Timeline<T> {
  readonly length: number;
  add(items: Iterable<T>): void;
  /** Changes an item in place and keeps the order, should its time change. */
  change(item: T, mutate: () => void): void;
  /** `facet` uses the index; `where` looks at every item in the window. */
  select(window: Window, facet?: string, where?: (item: T) => boolean): Selection<T>;
  /** Drops what is older than `before`, and the oldest beyond `most`. */
  trim(before: number, most: number): void;
}

interface Run<T> {
  times: number[];
  items: T[];
}

/** `timeOf` in ms; items with the same `facetOf` can be selected without a scan. */
export function createTimeline<T>(timeOf: (item: T) => number, facetOf?: (item: T) => string): Timeline<T> {
  const all: Run<T> = { times: [], items: [] };
  const facets = new Map<string, Run<T>>();

  function add(items: Iterable<T>): void {
    const batch = [...items];
    insert(all, batch, timeOf);
    if (!facetOf) return;
    for (const [facet, group] of Map.groupBy(batch, facetOf)) {
      const run = facets.get(facet) ?? { times: [], items: [] };
      facets.set(facet, run);
      insert(run, group, timeOf);
    }
  }
  function runsOf(item: T): Run<T>[] {
    const run = facetOf && facets.get(facetOf(item));
    return run ? [all, run] : [all];
  }
  return {
    get length() {
      return all.items.length;
    },
    add,
    change(item, mutate) {
      for (const run of runsOf(item)) remove(run, item, timeOf(item));
      mutate();
      add([item]);
    },
    select(window, facet, where) {
      const run = facet === undefined ? all : facets.get(facet);
      if (!run) return select([], 0, 0);
      const { from = -Infinity, to = Infinity, exclusive = false } = window;
      const low = exclusive ? upperBound(run.times, from) : lowerBound(run.times, from);
      const high = Math.max(low, exclusive ? lowerBound(run.times, to) : upperBound(run.times, to));
      if (!where) return select(run.items, low, high);
      const matching = run.items.slice(low, high).filter(where);
      return select(matching, 0, matching.length);
    },
    trim(before, most) {
      const tooMany = all.times[all.times.length - most - 1] ?? -Infinity;
      for (const run of [all, ...facets.values()]) {
        const count = Math.max(lowerBound(run.times, before), upperBound(run.times, tooMany));
        run.times.splice(0, count);
        run.items.splice(0, count);
      }
    },
  };
}

function select<T>(items: readonly T[], low: number, high: number): Selection<T> {
  return {
    total: high - low,
    page(offset, limit, order) {
      if (order === "asc") return items.slice(Math.min(low + offset, high), Math.min(low + offset + limit, high));
      return items.slice(Math.max(high - offset - limit, low), Math.max(high - offset, low)).reverse();
    },
    indexOf(item, order) {
      const index = items.indexOf(item, low);
      if (index < 0 || index >= high) return -1;
      return order === "asc" ? index - low : high - 1 - index;
    },
  };
}

/** Items in order are appended; the others are sorted and merged into the tail behind the first of them. */
function insert<T>(run: Run<T>, batch: readonly T[], timeOf: (item: T) => number): void {
  const out: { time: number; item: T }[] = [];
  for (const item of batch) {
    const time = timeOf(item);
    if (time >= (run.times.at(-1) ?? -Infinity)) append(run, time, item);
    else out.push({ time, item });
  }
  const first = out.sort((a, b) => a.time - b.time)[0];
  if (!first) return;
  const place = upperBound(run.times, first.time);
  const times = run.times.splice(place);
  const items = run.items.splice(place);
  let next = 0;
  for (const { time, item } of out) {
    while (next < times.length && times[next]! <= time) append(run, times[next]!, items[next++]!);
    append(run, time, item);
  }
  while (next < times.length) append(run, times[next]!, items[next++]!);
}

function append<T>(run: Run<T>, time: number, item: T): void {
  run.times.push(time);
  run.items.push(item);
}

function remove<T>(run: Run<T>, item: T, time: number): void {
  const index = run.items.indexOf(item, lowerBound(run.times, time));
  if (index < 0) return;
  run.times.splice(index, 1);
  run.items.splice(index, 1);
}

/** The first index whose time is ≥ `time`. */
function lowerBound(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! < time) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The first index whose time is > `time`. */
function upperBound(times: readonly number[], time: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (times[middle]! <= time) low = middle + 1;
    else high = middle;
  }
  return low;
}
