// Reads an append-only list from a time on, oldest first, one page in memory: keyset paging by time, which
// arrivals during the pass cannot shift. Invariant: a stretch never splits a timestamp, and what lies
// before its end has been given out.
import type { CloudError } from "../cloud/client.ts";
import { fingerprint } from "./marks.ts";
import { hasMore, type Page, readList } from "./paging.ts";

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
  /** Set where rows may be missing. */
  broken?: CloudError | undefined;
  /** With the last stretch: stands for a first page that was all there is, though its total says more. */
  end?: string | undefined;
}

/**
 * The rows from `start` on, with some older ones in the first stretch. `now` ends the window where a server needs
 * offsets; `end` is what an earlier reading found out: behind that very page nothing is asked for.
 */
export async function* ascending(
  timeline: Timeline,
  start: number,
  now: number,
  end: string | undefined,
): AsyncGenerator<Stretch> {
  const { limit, resolution, timeOf, ask } = timeline;
  const first = Math.floor(start / resolution) * resolution;
  let low = first;
  let trusted = false;
  let opening: { size: number; print: string } | undefined;
  let given = 0;
  for (;;) {
    const page = await ask({ start: low - 1, end: undefined, order: "asc", offset: 0 });
    const more = hasMore(page, limit);
    if (low === first && more && page.rows.length < limit) {
      opening = { size: page.rows.length, print: fingerprint([page.total, page.rows]) };
    }
    const ours = (row: unknown) => low === first || (timeOf(row) ?? low) >= low;
    const ending = (rows: unknown[]): Stretch => {
      return { rows, upTo: undefined, end: opening?.size === given + rows.length ? opening.print : undefined };
    };
    if (!more || (low === first && opening !== undefined && opening.print === end)) {
      yield ending(page.rows.filter(ours));
      return;
    }
    const times = page.rows.map(timeOf).filter((time) => time !== undefined);
    const ordered = isSorted(times) && (trusted || (await isAscending(timeline, low, times)));
    if (!ordered || times.length === 0 || times[0]! < low - 1 - resolution) {
      // The order or the start is ignored: everything by offset, with a fixed end so that arrivals shift nothing.
      const list = await readList((offset) => ask({ start: low - 1, end: now, order: "asc", offset }), limit);
      yield { ...ending(list.rows.filter(ours)), broken: list.broken };
      return;
    }
    const newest = times.at(-1)!;
    trusted ||= newest > low;
    const stretch =
      newest > low
        ? { rows: page.rows.filter((row) => ours(row) && (timeOf(row) ?? low) < newest), upTo: newest }
        : await tied(timeline, low);
    given += stretch.rows.length;
    yield stretch;
    low = stretch.upTo;
  }
}

/** More rows of one timestamp than a page holds (or of the one before, which the wider bound brought in). */
async function tied({ ask, limit, timeOf, resolution }: Timeline, low: number): Promise<Stretch & { upTo: number }> {
  const upTo = low + resolution;
  const list = await readList((offset) => ask({ start: low - 1, end: upTo, order: "asc", offset }), limit);
  return { rows: list.rows.filter((row) => inside(timeOf(row), low, upTo)), upTo, broken: list.broken };
}

/**
 * Whether the server honoured the order, given sorted times. A page of one single timestamp looks the same in both:
 * then the newest row is asked for, which is a later one unless the order was ignored (or nothing else is there).
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
