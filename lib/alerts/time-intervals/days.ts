// The days of a time interval: years, months, days of the month and weekdays, each a value or an inclusive range.
import { type Place, show } from "../../model/place.ts";
import { TimeIntervalError } from "./error.ts";
import { daysInMonth, type LocalMinute } from "./local-clock.ts";

/** Whether a local day counts. */
export type DayFilter = (day: LocalMinute) => boolean;

type Range = readonly [begin: number, end: number];

const WEEKDAYS = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const MONTHS = [
  ...["january", "february", "march", "april", "may", "june"],
  ...["july", "august", "september", "october", "november", "december"],
];
/** What Alertmanager counts from when it looks for ranges that are empty in every month. */
const SHORTEST_MONTH = 28;

/** Parses `2024` or `2024:2026`; throws TimeIntervalError, as its neighbours do. */
export function parseYears(item: unknown, place: Place): DayFilter {
  const [begin, end] = inOrder(parseRange(item, place, integer, "a year"), item, place);
  return ({ year }) => year >= begin && year <= end;
}

/** Parses `december`, `12` or `january:3`. A number that is no month contains nothing, as in Alertmanager. */
export function parseMonths(item: unknown, place: Place): DayFilter {
  const member = (text: string): number | undefined =>
    MONTHS.includes(text) ? MONTHS.indexOf(text) + 1 : integer(text);
  const [begin, end] = inOrder(parseRange(item, place, member, `a month such as "march" or 3`), item, place);
  return ({ month }) => month >= begin && month <= end;
}

/** Parses `monday` or `monday:friday`; the week starts on Sunday. */
export function parseWeekdays(item: unknown, place: Place): DayFilter {
  const member = (text: string): number | undefined => (WEEKDAYS.includes(text) ? WEEKDAYS.indexOf(text) : undefined);
  const [begin, end] = inOrder(parseRange(item, place, member, `a weekday such as "monday"`), item, place);
  return ({ weekday }) => weekday >= begin && weekday <= end;
}

/** Parses `15`, `1:7` or `-3:-1`, where -1 is the last day; a range is cut to the length of the month. */
export function parseDaysOfMonth(item: unknown, place: Place): DayFilter {
  const [begin, end] = parseRange(item, place, dayOfMonth, "a day from 1 to 31, or -31 to -1 from the month's end");
  if (begin < 0 && end > 0) {
    throw new TimeIntervalError(
      place,
      `${show(item)} starts at the month's end, so its second day must be negative too`,
    );
  }
  inOrder([fromStart(begin, SHORTEST_MONTH - 1), fromStart(end, SHORTEST_MONTH - 1)], item, place);
  return (day) => {
    const last = daysInMonth(day);
    return day.day >= fromStart(begin, last) && day.day <= fromStart(end, last);
  };
}

function parseRange(item: unknown, place: Place, member: (text: string) => number | undefined, what: string): Range {
  const text = typeof item === "number" ? String(item) : item;
  if (typeof text !== "string") {
    throw new TimeIntervalError(place, `must be ${what}, or a range of two, not ${show(item)}`);
  }
  const [begin, end, ...more] = text
    .toLowerCase()
    .split(":")
    .map((part) => {
      const value = member(part);
      if (value === undefined) throw new TimeIntervalError(place, `${show(part)} is not ${what}`);
      return value;
    });
  if (begin === undefined || more.length > 0) {
    throw new TimeIntervalError(place, `a range is two values with one ":" between them, not ${show(item)}`);
  }
  return [begin, end ?? begin];
}

function inOrder(range: Range, item: unknown, place: Place): Range {
  if (range[0] <= range[1]) return range;
  throw new TimeIntervalError(place, `${show(item)} ends before it starts: make it two entries`);
}

function integer(text: string): number | undefined {
  return /^[+-]?\d{1,9}$/.test(text) ? Number(text) : undefined;
}

function dayOfMonth(text: string): number | undefined {
  const day = integer(text);
  return day === undefined || day === 0 || Math.abs(day) > 31 ? undefined : day;
}

function fromStart(day: number, last: number): number {
  return day < 0 ? last + day + 1 : day;
}
