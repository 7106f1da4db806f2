// Reads an append-only list from a time on, oldest first, one page in memory: keyset paging by time, which arrivals during
// the pass cannot shift. Invariant: a stretch never splits a timestamp, and what lies before its end has been given out.
import { type AskPage, hasMore, type Page, readAll } from "./paging.ts";

export interface Query {
  /** ms; the bounds may be inclusive or exclusive, so both are asked wider than needed. */
  start: number;
  end: number | undefined;
  order: "asc" | "desc";
  offset: number;
}

export interface Timeline {
  ask(query: Query): Promise<Page>;
  limit: number;
  /** ms: what the shown times are cut to, though the server may compare finer ones. */
  resolution: number;
  /** ms; undefined for a row without a usable time. */
  timeOf(row: unknown): number | undefined;
}

export interface Stretch {
  rows: unknown[];
  /** Every row of the list before this time has been given out; undefined: all of them. ms */
  upTo: number | undefined;
}

/** The rows from `start` on, with some older ones in the first stretch. `now` ends the window where a server needs offsets. */
export async function* ascending(timeline: Timeline, start: number, now: number): AsyncGenerator<Stretch> {
  const { limit, resolution, timeOf, ask } = timeline;
  const first = Math.floor(start / resolution) * resolution;
  let low = first;
  let trusted = false;
  for (;;) {
    const page = await ask({ start: low - 1, end: undefined, order: "asc", offset: 0 });
    const rows = low === first ? page.rows : page.rows.filter((row) => (timeOf(row) ?? low) >= low);
    if (!hasMore(page, limit) || page.rows.length === 0) {
      yield { rows, upTo: undefined };
      return;
    }
    const times = page.rows.map(timeOf).filter((time) => time !== undefined);
    const ordered = isSorted(times) && (trusted || (await isAscending(timeline, low, times)));
    if (!ordered || times.length === 0 || times[0]! < low - 1 - resolution) {
      yield { rows: await whole(timeline, low, now), upTo: undefined };
      return;
    }
    const last = times.at(-1)!;
    if (last > low) {
      trusted = true;
      yield { rows: rows.filter((row) => (timeOf(row) ?? low) < last), upTo: last };
      low = last;
      continue;
    }
    // More rows of one timestamp than a page holds (or of the one before, which the wider bound brought in).
    const end = low + resolution;
    const tied = await readAll((offset) => ask({ start: low - 1, end, order: "asc", offset }), limit);
    yield { rows: tied.filter((row) => inside(timeOf(row), low, end)), upTo: end };
    low = end;
  }
}

/** For servers that ignore the order or the start: everything by offset, with a fixed end so that arrivals shift nothing. */
async function whole({ ask, limit, timeOf }: Timeline, low: number, now: number): Promise<unknown[]> {
  const page: AskPage = (offset) => ask({ start: low - 1, end: now, order: "asc", offset });
  return (await readAll(page, limit)).filter((row) => (timeOf(row) ?? low) >= low);
}

/**
 * Whether the server honoured the order, given sorted times. A page of one single timestamp looks the same in both: then the newest row is asked
 * for, which is a later one unless the order was ignored (or nothing else is there).
 */
async function isAscending({ ask, timeOf }: Timeline, low: number, times: number[]): Promise<boolean> {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || first !== last || last <= low) return true;
  const newest = await ask({ start: low - 1, end: undefined, order: "desc", offset: 0 });
  return (timeOf(newest.rows[0]) ?? last) > last;
}

function isSorted(times: number[]): boolean {
  return times.every((time, index) => index === 0 || times[index - 1]! <= time);
}

/** Rows without a time belong everywhere: they are told apart later. */
function inside(time: number | undefined, low: number, end: number): boolean {
  return time === undefined || (time >= low && time < end);
}
