// Time intervals that are refused: each with the place that is wrong and words that name the reason.
import { expect, test } from "vitest";
import { TimeIntervalError } from "../../../lib/alerts/time-intervals/error.ts";
import { compileTimeInterval } from "../../../lib/alerts/time-intervals/time-interval.ts";

type Refused = [sentence: string, spec: unknown, path: (string | number)[], reason: RegExp];
const time = (start_time: unknown, end_time: unknown): object => ({ times: [{ start_time, end_time }] });
const start = ["times", 0, "start_time"];
const end = ["times", 0, "end_time"];

const REFUSED: Refused[] = [
  ["no object", 5, [], /not 5/],
  ["nothing", undefined, [], /not undefined/],
  ["no object in a list", [{}, "nights"], [1], /not "nights"/],
  ["an unknown key", { weekday: ["monday"] }, ["weekday"], /there are times, weekdays/],
  ["a key without its list", { weekdays: "monday" }, ["weekdays"], /must be a list/],
  ["an empty key", { months: null }, ["months"], /must be a list, not null/],
  ["a range of times as text", { times: ["09:00-17:00"] }, ["times", 0], /must be an object/],
  [
    "an unknown key of a range of times",
    { times: [{ start: "09:00" }] },
    ["times", 0, "start"],
    /start_time and end_time/,
  ],
  ["a missing start", time(undefined, "10:00"), start, /is missing/],
  ["a missing end", time("10:00", undefined), end, /is missing/],
  ["a time with one digit", time("9:00", "10:00"), start, /two digits/],
  ["an hour that does not exist", time("09:00", "25:00"), end, /not "25:00"/],
  ["a minute that does not exist", time("09:60", "10:00"), start, /not "09:60"/],
  ["a minute after 24:00", time("09:00", "24:01"), end, /not "24:01"/],
  ["a time that YAML made a number", time(540, "10:00"), start, /quoted time/],
  ["a start at 24:00", time("24:00", "07:00"), start, /only be an end/],
  ["a range of no length", time("09:00", "09:00"), ["times", 0], /starts when it ends/],
  ["a weekday cut short", { weekdays: ["mon"] }, ["weekdays", 0], /"mon" is not a weekday/],
  ["a weekday by number", { weekdays: [1] }, ["weekdays", 0], /"1" is not a weekday/],
  ["weekdays in reverse", { weekdays: ["saturday:sunday"] }, ["weekdays", 0], /ends before it starts/],
  ["three weekdays in one range", { weekdays: ["monday:friday:sunday"] }, ["weekdays", 0], /one ":"/],
  ["an object as a weekday", { weekdays: [{}] }, ["weekdays", 0], /not an object/],
  ["the day zero", { days_of_month: ["0"] }, ["days_of_month", 0], /from 1 to 31/],
  ["the day 32", { days_of_month: ["1", "30:32"] }, ["days_of_month", 1], /"32" is not a day/],
  ["half a day", { days_of_month: [1.5] }, ["days_of_month", 0], /"1.5" is not a day/],
  ["days from the end to the start", { days_of_month: ["-3:3"] }, ["days_of_month", 0], /must be negative too/],
  ["days in reverse", { days_of_month: ["10:5"] }, ["days_of_month", 0], /ends before it starts/],
  [
    "days that are in reverse in every month",
    { days_of_month: ["20:-20"] },
    ["days_of_month", 0],
    /ends before it starts/,
  ],
  ["a month that has no such name", { months: ["märz"] }, ["months", 0], /is not a month/],
  ["months in reverse", { months: ["november:february"] }, ["months", 0], /ends before it starts/],
  ["years in reverse", { years: ["2027:2026"] }, ["years", 0], /ends before it starts/],
  ["a year that is no number", { years: ["next"] }, ["years", 0], /"next" is not a year/],
  ["a zone that does not exist", { location: "Europe/Bonn" }, ["location"], /"Europe\/Bonn" is no known time zone/],
  ["an offset as a zone", { location: "+08:00" }, ["location"], /Europe\/Berlin/],
  ["a zone that is no text", { location: 8 }, ["location"], /8 is no known time zone/],
];

test.each(REFUSED)("refused: %s", (_, spec, path, reason) => {
  const compile = () => compileTimeInterval(spec);
  expect(compile).toThrow(TimeIntervalError);
  expect(compile).toThrow(expect.objectContaining({ path, reason: expect.stringMatching(reason) }));
});
