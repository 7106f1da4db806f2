// A target's cursor: where to read from, what is remembered from there on, and how a commit moves both.
// Invariant: whatever prefix of a read is committed, the next read from the stored cursor finds exactly the rest.
import type { Batch, Cursor, Mark, ReadRequest } from "../port.ts";
import { decodeMarks, encodeMarks } from "./marks.ts";

/** Some APIs cut times to the second: marks outlive the window by that much, and windows start on a whole second. */
const COARSEST_MS = 1_000;
/** An item that may still change is remembered at most this long. */
export const UNSETTLED_MS = 30 * 86_400_000;
/** Marks kept beyond the window for items that grow in place are bounded: the oldest are forgotten first. */
const MAX_KEPT_BEYOND = 2_000;
const IDLE_MOVE_MS = 3_600_000;

/** What a cursor holds; once the read has gone on from it, how to get that back from the one after it. */
type Held = { seen: Map<string, Mark> } | { next: Cursor; undo: Undo };
type Undo = [fp: string, before: Mark | undefined][];

/** Of the cursors of a read: a catch-up decodes, encodes and copies at no commit all that it has seen. */
const held = new WeakMap<Cursor, Held>();

/** What one commit adds to a cursor. Times in ms. */
export interface Step {
  /** The target's floor; counts only where there is no cursor yet. */
  floor: number;
  /** When the read began. */
  now: number;
  lateness: number;
  /** The source's `keepFor`. */
  keepFor: number;
  /** Those of the events committed and, with a batch's last slice, the batch's own; a later one replaces an earlier. */
  marks: readonly Mark[];
  /** With a batch's last slice alone: the batch's. Absent: how far it was read stays as it is. */
  readTo?: number | undefined;
  /**
   * The read ends here, before its end: the window moves even where nothing was found, so that the
   * next read comes further.
   */
  ends?: boolean;
  /** Likewise. Absent: unchanged. */
  extra?: Record<string, unknown> | undefined;
}

/**
 * The cursor after a commit. `readTo` never goes back and never past `now`. The window starts where nothing
 * can appear any more: lateness before `now`, or at `readTo` where that is older, so that catching up does not
 * read anything twice. It stays where it is while nothing was found: what was learned about its pages
 * (`extra`) holds for the next poll.
 */
export function advance(cursor: Cursor | undefined, step: Step): Cursor {
  const before = cursor ?? { floor: step.floor, from: step.floor, readTo: step.floor };
  const known = cursor && held.get(cursor);
  const own = known && "seen" in known ? known.seen : undefined;
  const seen = own ?? new Map(cursor && marksOf(cursor));
  const undo: Undo = [];
  for (const mark of step.marks) {
    undo.push([mark.fp, seen.get(mark.fp)]);
    seen.set(mark.fp, mark);
  }
  const readTo = Math.max(before.readTo, Math.min(step.readTo ?? before.readTo, step.now));
  // By how far this read has come, which may be less than an earlier one: late ones further on are
  // still to be committed.
  const stays = step.readTo === undefined || (step.marks.length === 0 && !step.ends && !isMoveDue(cursor, step.readTo));
  const safe = stays ? before.from : Math.min(step.readTo! + (step.ends ? 1 : 0), step.now - step.lateness);
  const from = Math.max(before.from, safe);
  const extra = step.extra ?? cursor?.extra;
  for (const mark of forgotten(seen, from, step.keepFor)) {
    undo.push([mark.fp, mark]);
    seen.delete(mark.fp);
  }
  let text: string | undefined;
  const next: Cursor = {
    v: 1,
    floor: before.floor,
    from,
    readTo,
    // Where most of it lies beside the cursor, nobody asks for the whole at each commit of a catch-up.
    get seen() {
      text ??= encodeMarks(marksOf(next).values());
      return text;
    },
    ...(extra === undefined ? {} : { extra }),
  };
  held.set(next, { seen });
  if (own) held.set(cursor!, { next, undo });
  return next;
}

/** The cursor as it is stored where it remembers no more than `seen`. */
export function withSeen({ v, floor, from, readTo, extra }: Cursor, seen: string): Cursor {
  return { v, floor, from, readTo, seen, ...(extra === undefined ? {} : { extra }) };
}

/**
 * A cursor whose window begins after `now` (ms): the local clock was ahead by more than the lateness when it was
 * written. All that is to come is found, nothing that was found is found again.
 */
export function beforeNow(cursor: Cursor, now: number): Cursor {
  if (cursor.from <= now) return cursor;
  const { v, seen } = cursor;
  return { v, floor: Math.min(cursor.floor, now), from: now, readTo: Math.min(cursor.readTo, now), seen };
}

/** True where committing the batch would change nothing that matters: no write is needed. */
export function isIdle(cursor: Cursor | undefined, batch: Batch): boolean {
  if (cursor === undefined || batch.extra !== undefined) return false;
  return batch.found.length === 0 && batch.marks.length === 0 && !isMoveDue(cursor, batch.readTo);
}

/**
 * Where the next read would begin if this one ended with the batch, before its own end: `moves` where that is later
 * than it began; `stuck` where it is not, though nothing late can be expected there any more.
 */
export function restart(
  cursor: Cursor | undefined,
  { readTo }: Batch,
  { now, lateness }: Pick<Step, "now" | "lateness">,
): "moves" | "stays" | "stuck" {
  if (cursor === undefined) return "stays";
  const began = wholeSecond(cursor.from);
  if (wholeSecond(now - lateness) <= began) return "stays";
  return wholeSecond(Math.min(readTo + 1, now - lateness)) > began ? "moves" : "stuck";
}

/** A read begins with a whole second: some APIs show times no finer. */
function wholeSecond(time: number): number {
  return Math.floor(time / COARSEST_MS) * COARSEST_MS;
}

/**
 * Whether a window in which nothing new was found moves with a read that gets as far as `readTo` (ms): at most hourly.
 */
export function isMoveDue(cursor: Cursor | undefined, readTo: number): boolean {
  return cursor === undefined || readTo - cursor.readTo > IDLE_MOVE_MS;
}

/**
 * What the last batch of a read says of it: its end was reached, or nothing is proven to have been read any further.
 */
export function outcome(request: ReadRequest, failure: unknown): Pick<Batch, "readTo" | "complete"> {
  if (failure === undefined) return { readTo: request.now, complete: true };
  return { readTo: request.cursor?.from ?? request.floor, complete: false };
}

/** Where a read starts and what it knows. */
export interface Window {
  floor: number;
  /**
   * Items from here on that are not in `seen` are new, older ones are not ours any more. ms, a
   * whole second or the floor.
   */
  from: number;
  seen: Map<string, Mark>;
}

/** The window of a read: from the cursor, or at a target's first poll from its floor. */
export function openWindow({ cursor, floor }: Pick<ReadRequest, "cursor" | "floor">): Window {
  const from = wholeSecond(cursor?.from ?? floor);
  const bottom = cursor?.floor ?? floor;
  return { floor: bottom, from: Math.max(from, bottom), seen: decodeMarks(cursor?.seen ?? "") };
}

/** What a cursor remembers, by fingerprint; as it is until the read goes on. */
export function marksOf(cursor: Cursor): ReadonlyMap<string, Mark> {
  const known = held.get(cursor);
  if (known === undefined) return decodeMarks(cursor.seen);
  if ("seen" in known) return known.seen;
  const seen = new Map(marksOf(known.next));
  for (const [fp, before] of known.undo.toReversed()) {
    if (before === undefined) seen.delete(fp);
    else seen.set(fp, before);
  }
  return seen;
}

/** What cannot come again. */
function forgotten(seen: ReadonlyMap<string, Mark>, from: number, keepFor: number): Mark[] {
  const gone: Mark[] = [];
  const beyond: Mark[] = [];
  for (const mark of seen.values()) {
    if (mark.t >= from - COARSEST_MS || (mark.keep && mark.t >= from - UNSETTLED_MS)) continue;
    if (mark.t >= from - keepFor) beyond.push(mark);
    else gone.push(mark);
  }
  return [...gone, ...beyond.sort((a, b) => b.t - a.t).slice(MAX_KEPT_BEYOND)];
}
