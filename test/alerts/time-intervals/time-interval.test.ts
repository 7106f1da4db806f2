// Time intervals: which minutes lie inside, in which zone, across midnight and daylight saving.
import { expect, test } from "vitest";
import { compileTimeInterval } from "../../../lib/alerts/time-intervals/time-interval.ts";

type Case = [sentence: string, spec: unknown, instants: Record<string, boolean>];

const day = { times: [{ start_time: "09:00", end_time: "17:00" }] };
const night = { times: [{ start_time: "22:00", end_time: "07:00" }] };

const TIMES: Case[] = [
  ["an interval with nothing in it is always", {}, { "2026-01-01T00:00:00Z": true }],
  ["a list of no intervals is never", [], { "2026-01-01T00:00:00Z": false }],
  ["a list of no times is never", { times: [] }, { "2026-01-01T00:00:00Z": false }],
  ["the first minute is inside", day, { "2026-03-02T09:00:00Z": true, "2026-03-02T08:59:59.999Z": false }],
  ["the last minute is outside", day, { "2026-03-02T16:59:59.999Z": true, "2026-03-02T17:00:00Z": false }],
  [
    "24:00 is the end of the day",
    { times: [{ start_time: "23:00", end_time: "24:00" }] },
    { "2026-03-02T23:59:59Z": true, "2026-03-03T00:00:00Z": false },
  ],
  [
    "a whole day",
    { times: [{ start_time: "00:00", end_time: "24:00" }] },
    { "2026-03-02T00:00:00Z": true, "2026-03-02T23:59:59Z": true },
  ],
  [
    "any of several ranges",
    { times: [...day.times, { start_time: "20:00", end_time: "20:01" }] },
    { "2026-03-02T20:00:30Z": true, "2026-03-02T20:01:00Z": false },
  ],
  [
    "any of several intervals",
    [day, { weekdays: ["sunday"] }],
    { "2026-03-01T03:00:00Z": true, "2026-03-02T03:00:00Z": false },
  ],
];

const DAYS: Case[] = [
  [
    "weekdays in a range",
    { weekdays: ["monday:friday"] },
    { "2026-03-06T12:00:00Z": true, "2026-03-07T12:00:00Z": false },
  ],
  ["weekdays in any case", { weekdays: ["Saturday", "SUNDAY"] }, { "2026-03-07T12:00:00Z": true }],
  [
    "the week starts on Sunday",
    { weekdays: ["sunday:monday"] },
    { "2026-03-08T12:00:00Z": true, "2026-03-10T12:00:00Z": false },
  ],
  ["a day of the month", { days_of_month: ["15"] }, { "2026-03-15T00:00:00Z": true, "2026-03-16T00:00:00Z": false }],
  ["days of the month as a number", { days_of_month: [15] }, { "2026-03-15T00:00:00Z": true }],
  [
    "the last day of a leap February",
    { days_of_month: ["-1"] },
    { "2028-02-29T12:00:00Z": true, "2028-02-28T12:00:00Z": false },
  ],
  [
    "the last day of a common February",
    { days_of_month: ["-1"] },
    { "2026-02-28T12:00:00Z": true, "2026-02-27T12:00:00Z": false },
  ],
  ["no leap year in 2100", { days_of_month: ["-1"] }, { "2100-02-28T12:00:00Z": true }],
  [
    "the last three days",
    { days_of_month: ["-3:-1"] },
    { "2026-04-28T12:00:00Z": true, "2026-04-27T12:00:00Z": false },
  ],
  [
    "from a day to the end",
    { days_of_month: ["25:-1"] },
    { "2026-02-28T12:00:00Z": true, "2026-02-24T12:00:00Z": false },
  ],
  [
    "a range that ends beyond the month is cut",
    { days_of_month: ["27:31"] },
    { "2026-02-28T12:00:00Z": true, "2026-03-01T12:00:00Z": false },
  ],
  ["a range that starts beyond the month is empty", { days_of_month: ["30:31"] }, { "2026-02-28T12:00:00Z": false }],
  [
    "the thirty-first day from the end",
    { days_of_month: ["-31"] },
    { "2026-03-01T12:00:00Z": true, "2026-02-01T12:00:00Z": false },
  ],
  ["a month by name", { months: ["december"] }, { "2026-12-31T23:59:00Z": true, "2027-01-01T00:00:00Z": false }],
  [
    "months by number, as text and as number",
    { months: ["1:2", 12] },
    { "2026-02-10T00:00:00Z": true, "2026-12-10T00:00:00Z": true, "2026-03-10T00:00:00Z": false },
  ],
  ["months by name and number mixed", { months: ["january:3"] }, { "2026-03-10T00:00:00Z": true }],
  ["a month that does not exist is never", { months: ["13"] }, { "2026-12-10T00:00:00Z": false }],
  [
    "years",
    { years: ["2026:2027", 2030] },
    { "2027-12-31T23:59:59Z": true, "2028-01-01T00:00:00Z": false, "2030-06-01T00:00:00Z": true },
  ],
  [
    "every kind of field must hold",
    { weekdays: ["friday"], months: ["3"], ...day },
    { "2026-03-06T10:00:00Z": true, "2026-03-06T18:00:00Z": false, "2026-04-03T10:00:00Z": false },
  ],
];

const ZONES: Case[] = [
  [
    "the zone's clock counts, in winter",
    { ...day, location: "Europe/Berlin" },
    { "2026-01-15T08:00:00Z": true, "2026-01-15T07:59:00Z": false, "2026-01-15T16:00:00Z": false },
  ],
  [
    "the zone's clock counts, in summer",
    { ...day, location: "Europe/Berlin" },
    { "2026-07-15T07:00:00Z": true, "2026-07-15T15:00:00Z": false },
  ],
  [
    "the zone's day counts",
    { weekdays: ["monday"], location: "Asia/Shanghai" },
    { "2026-03-01T16:00:00Z": true, "2026-03-02T16:00:00Z": false },
  ],
  [
    "the zone's month end counts",
    { days_of_month: ["-1"], location: "America/New_York" },
    { "2026-03-01T04:59:00Z": true, "2026-03-01T05:00:00Z": false },
  ],
  ["the zone's year counts", { years: ["2027"], location: "Pacific/Kiritimati" }, { "2026-12-31T10:00:00Z": true }],
  [
    "half an hour of offset",
    { ...day, location: "Asia/Kolkata" },
    { "2026-03-02T03:30:00Z": true, "2026-03-02T03:29:00Z": false },
  ],
  [
    "an hour that spring leaves out never comes, in Berlin",
    { times: [{ start_time: "02:00", end_time: "03:00" }], location: "Europe/Berlin" },
    { "2026-03-29T00:59:59Z": false, "2026-03-29T01:00:00Z": false, "2026-03-28T01:30:00Z": true },
  ],
  [
    "an hour that autumn repeats comes twice, in Berlin",
    { times: [{ start_time: "02:00", end_time: "03:00" }], location: "Europe/Berlin" },
    { "2026-10-25T00:30:00Z": true, "2026-10-25T01:30:00Z": true, "2026-10-25T02:00:00Z": false },
  ],
  [
    "an hour that spring leaves out never comes, in New York",
    { times: [{ start_time: "02:00", end_time: "03:00" }], location: "America/New_York" },
    { "2026-03-08T06:59:59Z": false, "2026-03-08T07:00:00Z": false },
  ],
  [
    "an hour that autumn repeats comes twice, in New York",
    { times: [{ start_time: "01:00", end_time: "02:00" }], location: "America/New_York" },
    { "2026-11-01T05:30:00Z": true, "2026-11-01T06:30:00Z": true, "2026-11-01T07:00:00Z": false },
  ],
  ["an empty location is UTC", { ...day, location: "" }, { "2026-07-15T09:00:00Z": true }],
];

const MIDNIGHT: Case[] = [
  [
    "a range across midnight holds on both sides",
    night,
    {
      "2026-03-02T22:00:00Z": true,
      "2026-03-03T06:59:59Z": true,
      "2026-03-03T07:00:00Z": false,
      "2026-03-02T21:59:59Z": false,
    },
  ],
  [
    "it belongs to the day on which it starts",
    { ...night, weekdays: ["friday"] },
    {
      "2026-03-06T23:00:00Z": true,
      "2026-03-07T06:00:00Z": true,
      "2026-03-06T06:00:00Z": false,
      "2026-03-07T23:00:00Z": false,
    },
  ],
  [
    "it reaches from Saturday into Sunday",
    { ...night, weekdays: ["saturday"] },
    { "2026-03-08T01:00:00Z": true, "2026-03-08T23:00:00Z": false },
  ],
  [
    "it reaches into the next month",
    { ...night, months: ["february"] },
    { "2026-03-01T06:00:00Z": true, "2026-02-01T06:00:00Z": false },
  ],
  [
    "it reaches beyond the month's last day",
    { ...night, days_of_month: ["-1"] },
    { "2028-03-01T06:00:00Z": true, "2028-02-29T06:00:00Z": false },
  ],
  [
    "it reaches into the next year",
    { ...night, years: ["2026"] },
    { "2027-01-01T03:00:00Z": true, "2026-01-01T03:00:00Z": false },
  ],
  [
    "an end of 00:00 is midnight",
    { times: [{ start_time: "22:00", end_time: "00:00" }] },
    { "2026-03-02T23:59:00Z": true, "2026-03-03T00:00:00Z": false },
  ],
  [
    "in the zone of its place, the night before summer time",
    { ...night, location: "Europe/Berlin" },
    { "2026-03-28T21:00:00Z": true, "2026-03-29T04:59:00Z": true, "2026-03-29T05:00:00Z": false },
  ],
  [
    "beside a range of the same day",
    { times: [...night.times, ...day.times], weekdays: ["monday"] },
    { "2026-03-03T03:00:00Z": true, "2026-03-03T10:00:00Z": false, "2026-03-02T10:00:00Z": true },
  ],
];

test.each([...TIMES, ...DAYS, ...ZONES, ...MIDNIGHT])("%s", (_, spec, instants) => {
  const { contains } = compileTimeInterval(spec);
  const actual = Object.fromEntries(Object.keys(instants).map((instant) => [instant, contains(new Date(instant))]));
  expect(actual).toEqual(instants);
});

test("the given time zone counts where an interval names none", () => {
  const { contains } = compileTimeInterval([day, { ...night, location: "UTC" }], { timezone: "Asia/Tokyo" });
  expect(contains(new Date("2026-03-02T00:00:00Z"))).toBe(true);
  expect(contains(new Date("2026-03-02T12:00:00Z"))).toBe(false);
  expect(contains(new Date("2026-03-02T22:00:00Z"))).toBe(true);
});

test("an instant that is none lies nowhere", () => {
  expect(compileTimeInterval({}).contains(new Date("soon"))).toBe(false);
});
