// Reads one time interval as written; what Alertmanager refuses is refused, but for ranges of times across midnight.
import { type Place, show } from "../../model/place.ts";
import { type DayFilter, parseDaysOfMonth, parseMonths, parseWeekdays, parseYears } from "./days.ts";
import { TimeIntervalError } from "./error.ts";
import { localClock } from "./local-clock.ts";

/** Minutes since midnight, end excluded; an end that is not after the start lies on the next day. */
export interface TimeRange {
  start: number;
  end: number;
}

interface ParsedInterval {
  /** Undefined where every minute of a day counts. */
  times: readonly TimeRange[] | undefined;
  /** All must hold. */
  days: readonly DayFilter[];
  location: string;
}

const KEYS = ["times", "weekdays", "days_of_month", "months", "years", "location"];

/** Parses one interval; `timezone` is for one that names no location. Throws TimeIntervalError. */
export function parseTimeInterval(spec: unknown, timezone: string, place: Place): ParsedInterval {
  if (typeof spec !== "object" || spec === null || Array.isArray(spec)) {
    throw new TimeIntervalError(place, `must be an object with any of ${KEYS.join(", ")}, not ${show(spec)}`);
  }
  const fields = spec as Record<string, unknown>;
  for (const key of Object.keys(fields)) {
    if (!KEYS.includes(key)) throw new TimeIntervalError([...place, key], `is unknown; there are ${KEYS.join(", ")}`);
  }
  const list = <T>(key: string, parse: (item: unknown, at: Place) => T): T[] | undefined => {
    const value = fields[key];
    if (value === undefined) return undefined;
    if (!Array.isArray(value)) throw new TimeIntervalError([...place, key], `must be a list, not ${show(value)}`);
    return value.map((item, index) => parse(item, [...place, key, index]));
  };
  return {
    times: list("times", parseTimes),
    days: [
      list("years", parseYears),
      list("months", parseMonths),
      list("days_of_month", parseDaysOfMonth),
      list("weekdays", parseWeekdays),
    ].flatMap((filters) => (filters === undefined ? [] : [(day) => filters.some((filter) => filter(day))])),
    location: parseLocation(fields["location"], timezone, place),
  };
}

function parseLocation(location: unknown, timezone: string, place: Place): string {
  const name = location === undefined ? timezone : location === "" ? "UTC" : location;
  const at = location === undefined ? place : [...place, "location"];
  const problem = `${show(name)} is no known time zone: write a name such as "Europe/Berlin"`;
  // An offset has no daylight saving time, which is what people forget when they write one.
  if (typeof name !== "string" || /^[+-]/.test(name)) throw new TimeIntervalError(at, problem);
  try {
    localClock(name);
    return name;
  } catch {
    throw new TimeIntervalError(at, problem);
  }
}

function parseTimes(item: unknown, place: Place): TimeRange {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    throw new TimeIntervalError(
      place,
      `must be an object such as { start_time: "09:00", end_time: "17:00" }, not ${show(item)}`,
    );
  }
  for (const key of Object.keys(item)) {
    if (key !== "start_time" && key !== "end_time") {
      throw new TimeIntervalError([...place, key], "is unknown; there are start_time and end_time");
    }
  }
  const { start_time, end_time } = item as Record<string, unknown>;
  const start = parseTime(start_time, [...place, "start_time"]);
  const end = parseTime(end_time, [...place, "end_time"]);
  if (start === 1440)
    throw new TimeIntervalError([...place, "start_time"], `"24:00" can only be an end: write "00:00"`);
  if (start === end) throw new TimeIntervalError(place, "starts when it ends; a whole day is 00:00 to 24:00");
  return { start, end };
}

function parseTime(value: unknown, place: Place): number {
  if (value === undefined) throw new TimeIntervalError(place, "is missing: a range has both a start and an end");
  const [, hours, minutes] = (typeof value === "string" && /^([01]\d|2[0-3]|24(?=:00)):([0-5]\d)$/.exec(value)) || [];
  if (hours !== undefined) return Number(hours) * 60 + Number(minutes);
  throw new TimeIntervalError(
    place,
    `must be a quoted time from "00:00" to "24:00" with two digits each, not ${show(value)}`,
  );
}
