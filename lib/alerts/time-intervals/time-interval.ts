// Time intervals in Alertmanager's time_interval syntax, plus ranges across midnight, which belong
// to the day they start on.
import type { DayFilter } from "./days.ts";
import { type LocalMinute, localClock, previousDay } from "./local-clock.ts";
import { parseTimeInterval, type TimeRange } from "./parse.ts";

export interface TimeInterval {
  /** Whether the instant lies inside, to the minute; an invalid Date lies in none. */
  contains(at: Date): boolean;
}

/**
 * Compiles one interval or a list of them, of which any may contain the instant. `timezone` (an IANA name) is for those
 * that name no `location`. Throws TimeIntervalError.
 */
export function compileTimeInterval(spec: unknown, { timezone = "UTC" }: { timezone?: string } = {}): TimeInterval {
  const intervals = Array.isArray(spec)
    ? spec.map((item, index) => compileOne(item, timezone, [index]))
    : [compileOne(spec, timezone, [])];
  return { contains: (at) => !Number.isNaN(at.getTime()) && intervals.some((contains) => contains(at)) };
}

function compileOne(spec: unknown, timezone: string, place: readonly number[]): (at: Date) => boolean {
  const { times, days, location } = parseTimeInterval(spec, timezone, place);
  const clock = localClock(location);
  return (at) => {
    const now = clock(at);
    if (times === undefined) return days.every((filter) => filter(now));
    return times.some((range) => isWithin(now, range, days));
  };
}

function isWithin(now: LocalMinute, { start, end }: TimeRange, days: readonly DayFilter[]): boolean {
  const onDay = (day: LocalMinute): boolean => days.every((filter) => filter(day));
  if (start < end) return now.minute >= start && now.minute < end && onDay(now);
  return (now.minute >= start && onDay(now)) || (now.minute < end && onDay(previousDay(now)));
}
