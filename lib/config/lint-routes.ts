// Finds routes that no alert reaches, channels that nothing uses, and silences that are over or silence nothing.
import { HEALTH_RULE, Severity } from "../model/alert.ts";
import type { Config, Pattern, RouteConfig } from "../model/config.ts";
import type { Place } from "../model/place.ts";
import { canonical } from "./fill.ts";
import { type Finding, findingAt } from "./finding.ts";
import { lintPattern, type Subject } from "./lint-patterns.ts";
import type { CompilePattern } from "./lint-rules.ts";
import type { Places } from "./load.ts";
import { project, testsOf } from "./pattern-walk.ts";
import { ALERT_FIELDS, unknownStep } from "./vocabulary.ts";
import { didYouMean, nearest } from "./words.ts";

/** What is known of an alert before it opens. */
interface Candidate {
  rule: string;
  severity: string;
}
const FIELDS = ["rule", "severity"];

export function lintRoutes(config: Config, places: Places, compile: CompilePattern): Finding[] {
  const alerts = config.rules.flatMap(({ id, severity }): Candidate[] =>
    (severity === undefined ? Severity.options : [severity]).map((one) => ({ rule: id, severity: one })),
  );
  return lintRoute(config.route, ["route"], alerts, { subject: alertSubject(config), places, compile });
}

interface Tools {
  subject: Subject;
  places: Places;
  compile: CompilePattern;
}

/** `alerts` are those that may arrive at this route. */
function lintRoute(route: RouteConfig, place: Place, alerts: readonly Candidate[], tools: Tools): Finding[] {
  const { places, subject, compile } = tools;
  const findings = lintGroupBy(route, place, places);
  const taken = new Set<string>();
  let left = alerts;
  for (const [index, child] of route.routes.entries()) {
    const at = [...place, "routes", index];
    const match = child.match ?? {};
    const say = (message: string): number => findings.push(findingAt(places.locate(at), at, message));
    const own = lintPattern(match, [...at, "match"], subject, places);
    findings.push(...own);
    const matching = matched(match, left, compile);
    if (taken.has(canonical(match)))
      say("this route is never reached: an earlier one has the same match and does not continue");
    else if (matching.length === 0 && left.length < alerts.length && matched(match, alerts, compile).length > 0) {
      say("this route is never reached: earlier ones take every alert that it matches");
    } else if (matching.length === 0 && own.length === 0) say("this route is never reached: no rule's alerts match it");
    findings.push(...lintRoute(child, at, matched(match, alerts, compile), tools));
    if (child.continue) continue;
    taken.add(canonical(match));
    if (testsOf(match, at).every(({ field }) => FIELDS.includes(field)))
      left = left.filter((alert) => !matching.includes(alert));
  }
  return findings;
}

/** The alerts that may match, judged by what is known of them. */
function matched(match: Pattern, alerts: readonly Candidate[], compile: CompilePattern): readonly Candidate[] {
  const known = project(match, FIELDS);
  if (known === undefined) return alerts;
  const { matches } = compile(known);
  return alerts.filter((alert) => matches(alert));
}

function lintGroupBy(route: RouteConfig, place: Place, places: Places): Finding[] {
  if (!places.has([...place, "groupBy"])) return [];
  return route.groupBy.flatMap((path, index): Finding[] => {
    const unknown = path === "..." ? undefined : unknownStep(path, ALERT_FIELDS);
    if (unknown === undefined) return [];
    const at = [...place, "groupBy", index];
    const near = nearest(unknown.step, unknown.known);
    return [findingAt(places.locate(at), at, `no alert has a field "${path}"`, near && didYouMean(near))];
  });
}

/** `now` in ms since the epoch. */
export function lintSilences(config: Config, places: Places, now: number): Finding[] {
  return config.silences.flatMap((silence, index) => {
    const place = ["silences", index];
    const findings = lintPattern(silence.match, [...place, "match"], alertSubject(config), places);
    if (silence.until === undefined || Date.parse(silence.until) > now) return findings;
    const at = [...place, "until"];
    return [...findings, findingAt(places.locate(at), at, "this silence is over", "remove it")];
  });
}

export function lintChannels(config: Config, places: Places): Finding[] {
  const used = new Set([...config.health.channels, ...channelsOf(config.route)]);
  // A fallback is used where the channel that names it is.
  for (const name of used) {
    const fallback = config.channels[name]?.fallback;
    if (fallback !== undefined) used.add(fallback);
  }
  return Object.keys(config.channels).flatMap((name): Finding[] => {
    if (used.has(name)) return [];
    const place = ["channels", name];
    return [findingAt(places.locate(place, "key"), place, `no route uses the channel "${name}"`)];
  });
}

function channelsOf(route: RouteConfig): string[] {
  return [...route.channels, ...route.routes.flatMap(channelsOf)];
}

/** What patterns over alerts may name. */
function alertSubject(config: Config): Subject {
  const values = {
    rule: [...config.rules.map(({ id }) => id), HEALTH_RULE],
    connection: Object.keys(config.connections),
    status: ["firing", "resolved"],
  };
  return { name: "alert", fields: ALERT_FIELDS, values };
}
