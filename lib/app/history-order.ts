// In which order a history is played: on the beat of the polls that would have found it.
import type { Event } from "../model/event.ts";
import type { Spool } from "../store/spool.ts";

/** Events that are handed on at once. */
const MAX_SLICE = 5_000;

/** What polls find at one moment. */
export interface Slice {
  /** ms */
  at: number;
  /** By time; those of one time by their target. */
  events: Event[];
}

/**
 * Ordered by the poll that would have found it, then by its own time, then by its target. `end` (ms) is when the history was read.
 * A poll in time finds nothing late.
 */
export function entryOf(event: Event, every: number, end: number, lane: number) {
  const time = Date.parse(event.time);
  const poll = Math.min(end, Math.ceil(time / every) * every);
  return { rank: [poll, time, lane] as const, value: { ...event, late: 0 } };
}

export function* slicesOf(spool: Spool<Event>): Generator<Slice> {
  let slice: Slice | undefined;
  for (const { first: at, value } of spool.read()) {
    if (slice !== undefined && (slice.at !== at || slice.events.length >= MAX_SLICE)) {
      yield slice;
      slice = undefined;
    }
    slice ??= { at, events: [] };
    slice.events.push(value);
  }
  if (slice !== undefined) yield slice;
}
