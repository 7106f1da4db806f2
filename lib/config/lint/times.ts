// Finds time intervals that nothing uses, in which no day ever lies, or that begin or end in an hour which
// daylight saving time skips or doubles.
import type { Config, RouteConfig } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import type { Places } from "../load/load.ts";

export type CompileTimeInterval = (spec: unknown, options: { timezone: string }) => { contains(at: Date): boolean };

const MINUTE = 60_000;
const DAY = 1_440 * MINUTE;
const WEEK = 7 * DAY;
const AHEAD = 105 * WEEK;
/** The 29th of February lies in it, and each weekday falls on each day of a month. */
const DAYS_AHEAD = 12 * 366;

/** `now` in ms since the epoch. */
export function lintIntervals(config: Config, places: Places, compile: CompileTimeInterval, now: number): Finding[] {
  const used = new Set([...config.silences.flatMap(({ during = [] }) => during), ...namesIn(config.route)]);
  return Object.entries(config.timeIntervals).flatMap(([name, specs]) => {
    const section = ["timeIntervals", name];
    const say = (place: Place, message: string): Finding => findingAt(places.locate(place, "key"), place, message);
    const findings = used.has(name) ? [] : [say(section, `no route and no silence uses the time interval "${name}"`)];
    for (const [index, spec] of specs.entries()) {
      const place = places.has([...section, index]) ? [...section, index] : section;
      if (!hasDay(spec, config.timezone, compile, now)) {
        findings.push(say(place, `no day of the next ${DAYS_AHEAD / 366} years lies in this time interval`));
      }
    }
    return findings;
  });
}

function namesIn({ mute, active, routes }: RouteConfig): string[] {
  return [...mute, ...active, ...routes.flatMap(namesIn)];
}

function hasDay(spec: Record<string, unknown>, timezone: string, compile: CompileTimeInterval, now: number): boolean {
  const { times: _, ...days } = spec;
  const { contains } = compile(days, { timezone });
  // Yesterday is not over everywhere.
  for (let day = -1; day < DAYS_AHEAD; day++) if (contains(new Date(now + day * DAY))) return true;
  return false;
}

/** An hour that a location's clocks leave out or show twice; times in minutes of its day. */
interface Shift {
  kind: "skipped" | "doubled";
  /** ISO date of that day. */
  date: string;
  from: number;
  to: number;
  /** An instant on that day. ms */
  at: number;
}

/** Looks two years ahead of `now` (ms). */
export function lintTimes(config: Config, places: Places, compile: CompileTimeInterval, now: number): Finding[] {
  const known = new Map<string, Shift[]>();
  const shiftsOf = (location: string): Shift[] => {
    const shifts = known.get(location) ?? findShifts(location, now);
    known.set(location, shifts);
    return shifts;
  };
  return Object.entries(config.timeIntervals).flatMap(([name, specs]) =>
    specs.flatMap((spec, index) => {
      const section = ["timeIntervals", name];
      const place = places.has([...section, index]) ? [...section, index] : section;
      const location = String((spec["location"] ?? config.timezone) || "UTC");
      return lintInterval(spec, place, shiftsOf(location), { location, places, compile });
    }),
  );
}

interface Tools {
  location: string;
  places: Places;
  compile: CompileTimeInterval;
}

function lintInterval(spec: Record<string, unknown>, place: Place, shifts: readonly Shift[], tools: Tools): Finding[] {
  const times = (spec["times"] ?? []) as { start_time: string; end_time: string }[];
  if (times.length === 0 || shifts.length === 0) return [];
  const { times: _, ...days } = spec;
  const { contains } = tools.compile(days, { timezone: tools.location });
  const warning = (time: string, isStart: boolean, dayOf: (shift: Shift) => number): [Shift, number] | undefined => {
    const minute = minutesOf(time);
    const shift = shifts.find((one) => isAmbiguous(minute, isStart, one) && contains(new Date(dayOf(one))));
    return shift && [shift, minute];
  };
  return times.flatMap(({ start_time, end_time }, index) => {
    // A range across midnight belongs to the day on which it starts.
    const before = minutesOf(end_time) <= minutesOf(start_time) ? DAY : 0;
    return [
      { key: "start_time", time: start_time, found: warning(start_time, true, ({ at }) => at) },
      { key: "end_time", time: end_time, found: warning(end_time, false, ({ at }) => at - before) },
    ].flatMap(({ key, time, found }): Finding[] => {
      if (found === undefined) return [];
      const at = [...place, "times", index, key];
      return [
        findingAt(tools.places.locate(at), at, ...describe(time, key === "start_time", found[0], tools.location)),
      ];
    });
  });
}

/** The very beginning of a doubled hour is where it comes first; an end is no part of its interval. */
function isAmbiguous(minute: number, isStart: boolean, { kind, from, to }: Shift): boolean {
  return minute < to && (isStart && kind === "skipped" ? minute >= from : minute > from);
}

function describe(time: string, isStart: boolean, shift: Shift, location: string): [message: string, hint: string] {
  const hour = `${clock(shift.from)} to ${clock(shift.to)}`;
  const verb = isStart ? "starts" : "ends";
  const hint = `choose a time outside ${hour}, or a location without daylight saving time such as UTC`;
  if (shift.kind === "skipped") {
    return [`${time} does not exist in ${location} on ${shift.date}: it ${verb} at ${clock(shift.to)} that day`, hint];
  }
  return [`${time} comes twice in ${location} on ${shift.date}: it ${verb} twice that day`, hint];
}

function findShifts(location: string, now: number): Shift[] {
  const offsetAt = offsets(location);
  const shifts: Shift[] = [];
  // No location changes its clocks twice within a week.
  for (let week = Math.floor(now / DAY) * DAY, end = week + AHEAD; week < end; week += WEEK) {
    const [before, after] = [offsetAt(week), offsetAt(week + WEEK)];
    if (before !== after) shifts.push(shiftIn(week, before, after, offsetAt));
  }
  return shifts;
}

/** The one change of offset (ms) in the week that begins at the instant `week`. */
function shiftIn(week: number, before: number, after: number, offsetAt: (at: number) => number): Shift {
  let [low, high] = [week, week + WEEK];
  while (high - low > MINUTE) {
    const middle = low + Math.floor((high - low) / 2 / MINUTE) * MINUTE;
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  const [smaller, larger] = [Math.min(before, after), Math.max(before, after)];
  const from = high + smaller;
  const minute = ((from % DAY) + DAY) % DAY;
  return {
    kind: after > before ? "skipped" : "doubled",
    date: new Date(from).toISOString().slice(0, 10),
    from: minute / MINUTE,
    to: (minute + larger - smaller) / MINUTE,
    at: high,
  };
}

/** From an instant to what local time is ahead of UTC then; ms, whole minutes. */
function offsets(location: string): (at: number) => number {
  const format = new Intl.DateTimeFormat("en-US", { timeZone: location, timeZoneName: "longOffset", year: "numeric" });
  return (at) => {
    const name = format.formatToParts(at).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours = "0", minutes = "0"] = /([+-])(\d+):?(\d+)?/.exec(name) ?? [];
    return (sign === "-" ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE;
  };
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5));
}

function clock(minutes: number): string {
  const two = (number: number): string => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}
