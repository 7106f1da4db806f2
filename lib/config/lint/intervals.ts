// Finds time intervals that nothing uses, and those in which no day ever lies.
import type { Config, RouteConfig } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import type { Places } from "../load/load.ts";
import type { CompileTimeInterval } from "./times.ts";

const DAY = 86_400_000;
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
