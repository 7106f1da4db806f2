// The times of a rule test: durations count from its start, instants are what they say.
import { parseDuration } from "../../model/duration.ts";
import type { RuleTest, TestEvent } from "../../model/files/test-file.ts";

/** The start of a test that names no instant: a Monday morning, at work from Lisbon to Beijing. */
const DEFAULT_START = Date.parse("2026-01-05T10:00:00Z");

type Times = Pick<RuleTest, "start" | "events" | "targets" | "acks" | "until">;

/** When a test starts: as it says, else at the earliest instant among its events. ms */
export function startOf({ start, events }: Pick<Times, "start" | "events">): number {
  if (start !== undefined) return Date.parse(start);
  const instants = events.filter(({ at }) => isInstant(at)).map(({ at }) => Date.parse(at));
  return instants.length === 0 ? DEFAULT_START : instants.reduce((a, b) => Math.min(a, b));
}

export function isInstant(moment: string): boolean {
  return parseDuration(moment) === undefined;
}

/** The moment in ms, in a test that starts at `start` (ms). */
export function momentOf(moment: string, start: number): number {
  const duration = parseDuration(moment);
  return duration === undefined ? Date.parse(moment) : start + duration;
}

/** When the last of an event's repetitions is found; ms. */
export function lastFound({ at, repeat = 1, every = 0, late }: TestEvent, start: number): number {
  return momentOf(at, start) + (repeat - 1) * every + late * 1_000;
}

/** How far the clock of a test runs; ms. */
export function endOf(test: Times): number {
  const start = startOf(test);
  if (test.until !== undefined) return momentOf(test.until, start);
  const ends = test.targets.flatMap(({ ends }) => (ends === undefined ? [] : [momentOf(ends, start)]));
  const acked = test.acks.map(({ at }) => momentOf(at, start));
  return test.events.reduce((end, event) => Math.max(end, lastFound(event, start)), Math.max(start, ...ends, ...acked));
}
