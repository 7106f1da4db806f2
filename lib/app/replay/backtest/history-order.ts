// In which order a history is played: on the beat of the polls that would have found it.
import type { SourceConfig } from "../../../model/config.ts";
import type { Event } from "../../../model/event.ts";
import type { Target } from "../../../sources/port.ts";
import type { Spool } from "../../../store/sqlite/spool.ts";

/** Events that are handed on at once. */
const MAX_SLICE = 5_000;

/** Times in ms. */
export interface HistoryTarget {
  source: SourceConfig;
  target: Target;
  /** From when on it was there. */
  since: number;
  /** From when on nothing more could be heard of it: it had ended, or its read failed; undefined: never. */
  until: number | undefined;
}

/** What polls find at one moment. */
export interface Slice {
  /** ms */
  at: number;
  /** By time; those of one time by their target. */
  events: Event[];
  /** Targets of which nothing more comes. */
  ended: HistoryTarget[];
}

/** `end` (ms) is when the history was read. */
function pollAfter(time: number, every: number, end: number): number {
  return Math.min(end, Math.ceil(time / every) * every);
}

/**
 * Ordered by the poll that would have found it, then by its own time, then by its target. `end` (ms) is when the
 * history was read. A poll in time finds nothing late.
 */
export function entryOf(event: Event, every: number, end: number, lane: number) {
  const time = Date.parse(event.time);
  return { rank: [pollAfter(time, every, end), time, lane] as const, value: { ...event, late: 0 } };
}

/** What the polls find, in the order of the polls; a target has ended after the events of the poll that finds so. */
export function* slicesOf(spool: Spool<Event>, targets: readonly HistoryTarget[], end: number): Generator<Slice> {
  const ends = targets
    .flatMap((target): Slice[] => {
      const { until, source } = target;
      return until === undefined ? [] : [{ at: pollAfter(until, source.every, end), events: [], ended: [target] }];
    })
    .sort((a, b) => b.at - a.at);
  for (const slice of eventsOf(spool)) {
    while (ends.length > 0 && ends.at(-1)!.at < slice.at) yield ends.pop()!;
    yield slice;
  }
  while (ends.length > 0) yield ends.pop()!;
}

function* eventsOf(spool: Spool<Event>): Generator<Slice> {
  let slice: Slice | undefined;
  for (const { first: at, value } of spool.read()) {
    if (slice !== undefined && (slice.at !== at || slice.events.length >= MAX_SLICE)) {
      yield slice;
      slice = undefined;
    }
    slice ??= { at, events: [], ended: [] };
    slice.events.push(value);
  }
  if (slice !== undefined) yield slice;
}
