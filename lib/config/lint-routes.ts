// Finds routes that no alert reaches, channels that nothing uses, and silences that are over or silence nothing.
import { HEALTH_RULE, Severity } from "../model/alert.ts";
import type { Config, Pattern, RouteConfig, RuleConfig } from "../model/config.ts";
import type { Place } from "../model/place.ts";
import { canonical } from "./fill.ts";
import { type Finding, findingAt } from "./finding.ts";
import { labelValues } from "./label-values.ts";
import { type CompilePattern, lintPattern, type Subject } from "./lint-patterns.ts";
import type { Places } from "./load.ts";
import { project, testsOf } from "./pattern-walk.ts";
import { feedsOf } from "./silence.ts";
import { ALERT_FIELDS, ALERT_SHAPES, unknownStep } from "./vocabulary.ts";
import { didYouMean, nearest } from "./words.ts";

/** What is known of an alert before it opens. */
interface Candidate {
  rule: string;
  severity: string;
  /** Null where events of several meet in one alert. */
  source: string | null;
  connection: string | null;
}
const FIELDS = ["rule", "severity", "source", "connection"];

export function lintRoutes(config: Config, places: Places, compile: CompilePattern): Finding[] {
  const alerts = config.rules.flatMap((rule) => candidatesOf(rule, config, compile));
  return lintRoute(config.route, ["route"], alerts, { subject: alertSubject(config), places, compile });
}

/** Every alert that a rule can open, and maybe some that it cannot. */
function candidatesOf(rule: RuleConfig, config: Config, compile: CompilePattern): Candidate[] {
  const feeds = feedsOf(rule.when, config, compile);
  const choices = (values: string[]): (string | null)[] =>
    new Set(values).size > 1 ? [null, ...new Set(values)] : values.slice(0, 1);
  const sources = choices(feeds.map(({ kind }) => kind));
  const connections = choices(feeds.map(({ connection }) => connection));
  const severities = rule.severity === undefined ? Severity.options : [rule.severity];
  return severities.flatMap((severity) =>
    sources.flatMap((source) => connections.map((connection) => ({ rule: rule.id, severity, source, connection }))),
  );
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
    const own = lintPattern(match, [...at, "match"], subject, tools);
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
export function lintSilences(config: Config, places: Places, compile: CompilePattern, now: number): Finding[] {
  return config.silences.flatMap((silence, index) => {
    const place = ["silences", index];
    const findings = lintPattern(silence.match, [...place, "match"], alertSubject(config), { places, compile });
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
  const values: Readonly<Record<string, readonly string[]>> = {
    rule: [...config.rules.map(({ id }) => id), HEALTH_RULE],
    connection: Object.keys(config.connections),
    status: ["firing", "resolved"],
  };
  const valuesOf = (field: string): readonly string[] | undefined =>
    values[field] ?? labelValues(field, config.sources, config.rules);
  return { name: "alert", unknown: (path) => unknownStep(path, ALERT_FIELDS), shapes: ALERT_SHAPES, valuesOf };
}
