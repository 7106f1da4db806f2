// Silences and muted times: whether an alert is held back at a moment, by what, and when to look
// again. Nothing is lost by it.
import type { Alert } from "../model/alert.ts";
import type { Pattern, RouteConfig, SilenceConfig } from "../model/config.ts";
import type { Place } from "../model/place.ts";
import type { Suppressed } from "./group.ts";
import { compileMeant } from "./meant.ts";
import type { AlertPredicate, CompileAlertPattern } from "./route.ts";
import type { TimeInterval } from "./time-intervals/time-interval.ts";

const MINUTE = 60_000;
/** A group that is held back looks again at the latest after this: the configuration may have changed. */
export const HORIZON = 5 * MINUTE;

export interface Hold {
  kind: keyof Suppressed;
  /** For people: `silence "migration"`, `mute nights`. */
  by: string;
  /** The same without ids, which a test cannot know. */
  name: string;
  /**
   * Of the silence, the time interval or the inhibit rule in the configuration; null for a silence that a person added.
   */
  place: Place | null;
  /** When to look again; ms. */
  until: number;
  /** The instant at which a silence says that it ends. */
  ends?: string | undefined;
  /** The id of the alert or of the added silence that holds it back. */
  holder?: string;
}

export interface Suppression {
  /** What holds the alert back on the route at `now`, or undefined; `added` are the silences that people have added. */
  hold(alert: Alert, route: RouteConfig, now: number, added?: readonly Silence[]): Hold | undefined;
  /** Compiles a silence that a person has added. */
  silence(added: AddedSilence): Silence;
}

/** A silence that a person has added, as it is kept; times in ms. */
export interface AddedSilence {
  id: string;
  match: Pattern;
  from: number;
  until: number;
  during: readonly string[];
  comment: string | null;
}

/** A silence, ready to be asked. */
export interface Silence {
  matches: AlertPredicate;
  from: number;
  until: number;
  /** Undefined: a time interval that the configuration has no more, in which nothing lies. */
  during: readonly (TimeInterval | undefined)[];
  hold: Pick<Hold, "by" | "name" | "place" | "ends" | "holder">;
}

const SHORT_ID = 8;

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
  function compiled(match: Pattern, times: Omit<Silence, "matches">): Silence {
    return { ...times, matches: compileMeant(match, compile, exempt) };
  }
  const configured = silences.map(({ match, from, until, during = [], comment }, index) => {
    const by = comment === undefined ? "silence" : `silence "${comment}"`;
    return compiled(match, {
      from: from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(from),
      until: until === undefined ? Number.POSITIVE_INFINITY : Date.parse(until),
      during: during.map((name) => intervals.get(name)),
      hold: { by, name: by, place: ["silences", index], ends: until && iso(Date.parse(until)) },
    });
  });

  function silence({ id, match, from, until, during, comment }: AddedSilence): Silence {
    const said = comment === null ? "" : ` "${comment}"`;
    const hold = {
      by: `silence ${id.slice(0, SHORT_ID)}${said}`,
      name: `silence${said}`,
      place: null,
      holder: id,
      ends: iso(until),
    };
    return compiled(match, { from, until, during: during.map((name) => intervals.get(name)), hold });
  }

  function hold(alert: Alert, route: RouteConfig, now: number, added: readonly Silence[] = []): Hold | undefined {
    for (const { from, until, during, matches, hold } of [...configured, ...added]) {
      if (now < from || now >= until || !matches(alert)) continue;
      const inside = (at: number) => during.length === 0 || within(during, at);
      if (!inside(now)) continue;
      return { kind: "silenced", ...hold, until: Math.min(until, change(now, inside)) };
    }
    return mutedOnce(route, now);
  }

  /** The same for every alert of a group: asked once a moment. */
  const asked = new Map<string, { now: number; hold: Hold | undefined }>();
  function mutedOnce(route: RouteConfig, now: number): Hold | undefined {
    const before = asked.get(route.id);
    if (before?.now === now) return before.hold;
    const found = muted(route, intervals, now);
    asked.set(route.id, { now, hold: found });
    return found;
  }

  return { hold, silence };
}

function muted(route: RouteConfig, intervals: ReadonlyMap<string, TimeInterval>, now: number): Hold | undefined {
  for (const name of route.mute) {
    const interval = intervals.get(name)!;
    if (!interval.contains(new Date(now))) continue;
    const until = change(now, (at) => interval.contains(new Date(at)));
    return { kind: "muted", by: `mute ${name}`, name: `mute ${name}`, place: ["timeIntervals", name], until };
  }
  if (route.active.length === 0) return undefined;
  const active = route.active.map((name) => intervals.get(name)!);
  if (within(active, now)) return undefined;
  const by = `outside ${route.active.join(", ")}`;
  const place = ["timeIntervals", ...route.active.slice(0, 1)];
  return { kind: "muted", by, name: by, place, until: change(now, (at) => !within(active, at)) };
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

function within(intervals: readonly (TimeInterval | undefined)[], at: number): boolean {
  return intervals.some((interval) => interval?.contains(new Date(at)));
}

/** The first whole minute after `now` at which the state no longer holds, at most HORIZON ahead. */
function change(now: number, holds: (at: number) => boolean): number {
  const first = Math.floor(now / MINUTE) * MINUTE + MINUTE;
  for (let at = first; at < now + HORIZON; at += MINUTE) if (!holds(at)) return at;
  return now + HORIZON;
}
