// Silences and muted times: whether an alert is held back at a moment, by what, and when to look
// again. Nothing is lost by it.
import type { Alert } from "../model/alert.ts";
import type { RouteConfig, SilenceConfig } from "../model/config.ts";
import type { Place } from "../model/place.ts";
import type { Suppressed } from "./group.ts";
import type { AlertPredicate, CompileAlertPattern } from "./route.ts";
import type { TimeInterval } from "./time-intervals/time-interval.ts";

const MINUTE = 60_000;
/** A group that is held back looks again at the latest after this: the configuration may have changed. */
const HORIZON = 5 * MINUTE;

export interface Hold {
  kind: keyof Suppressed;
  /** For people: `silence "migration"`, `mute nights`. */
  by: string;
  /** Of the silence or time interval in the configuration. */
  place: Place;
  /** When to look again; ms. */
  until: number;
}

export interface Suppression {
  /** What holds the alert back on the route at `now`, or undefined. */
  hold(alert: Alert, route: RouteConfig, now: number): Hold | undefined;
}

interface Silence {
  matches: AlertPredicate;
  from: number;
  until: number;
  during: TimeInterval[];
  by: string;
  place: Place;
}

/**
 * Compiles the file's silences. `intervals` are its time intervals by name. `exempt` names the rule that
 * only a silence naming it holds.
 */
export function compileSuppression(
  silences: readonly SilenceConfig[],
  intervals: ReadonlyMap<string, TimeInterval>,
  compile: CompileAlertPattern,
  exempt: string,
): Suppression {
  const compiled = silences.map((silence, index): Silence & { named: boolean } => ({
    matches: compile(silence.match),
    from: silence.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(silence.from),
    until: silence.until === undefined ? Number.POSITIVE_INFINITY : Date.parse(silence.until),
    during: (silence.during ?? []).map((name) => intervals.get(name)!),
    by: silence.comment === undefined ? "silence" : `silence "${silence.comment}"`,
    place: ["silences", index],
    named: JSON.stringify(silence.match["rule"] ?? null).includes(`"${exempt}"`),
  }));

  function hold(alert: Alert, route: RouteConfig, now: number): Hold | undefined {
    for (const silence of compiled) {
      if (now < silence.from || now >= silence.until || !silence.matches(alert)) continue;
      if (alert.rule === exempt && !silence.named) continue;
      const inside = (at: number) => silence.during.length === 0 || within(silence.during, at);
      if (!inside(now)) continue;
      const { by, place } = silence;
      return { kind: "silenced", by, place, until: Math.min(silence.until, change(now, inside)) };
    }
    return mutedOnce(route, now);
  }

  /** The same for every alert of a group: asked once a moment. */
  const asked = new Map<string, { now: number; hold: Hold | undefined }>();
  function mutedOnce(route: RouteConfig, now: number): Hold | undefined {
    const before = asked.get(route.id);
    if (before?.now === now) return before.hold;
    const found = muted(route, now);
    asked.set(route.id, { now, hold: found });
    return found;
  }

  function muted(route: RouteConfig, now: number): Hold | undefined {
    for (const name of route.mute) {
      const interval = intervals.get(name)!;
      if (!interval.contains(new Date(now))) continue;
      const place = ["timeIntervals", name];
      return { kind: "muted", by: `mute ${name}`, place, until: change(now, (at) => interval.contains(new Date(at))) };
    }
    if (route.active.length === 0) return undefined;
    const active = route.active.map((name) => intervals.get(name)!);
    if (within(active, now)) return undefined;
    const by = `outside ${route.active.join(", ")}`;
    const place = ["timeIntervals", ...route.active.slice(0, 1)];
    return { kind: "muted", by, place, until: change(now, (at) => !within(active, at)) };
  }
  return { hold };
}

function within(intervals: readonly TimeInterval[], at: number): boolean {
  return intervals.some((interval) => interval.contains(new Date(at)));
}

/** The first whole minute after `now` at which the state no longer holds, at most HORIZON ahead. */
function change(now: number, holds: (at: number) => boolean): number {
  const first = Math.floor(now / MINUTE) * MINUTE + MINUTE;
  for (let at = first; at < now + HORIZON; at += MINUTE) if (!holds(at)) return at;
  return now + HORIZON;
}
