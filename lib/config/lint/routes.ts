// Finds routes that no alert reaches, channels that nothing uses, and silences that are over or silence nothing.
import type { Config, Pattern, RouteConfig } from "../../model/config.ts";
import { lookup } from "../../model/lookup.ts";
import { HEALTH_RULE } from "../../model/own-alerts.ts";
import type { Place } from "../../model/place.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import { didYouMean, nearest } from "../document/words.ts";
import type { Places } from "../load/load.ts";
import { alertCandidates } from "./alert-candidates.ts";
import type { Candidate } from "./api-words.ts";
import { compileMay } from "./never-matches.ts";
import { patternName, testsOf } from "./pattern-walk.ts";
import { type CompilePattern, lintPattern, type Subject } from "./patterns.ts";
import { ALERT_FIELDS, ALERT_SHAPES, labelValues, unknownStep } from "./vocabulary.ts";

export function lintRoutes(config: Config, places: Places, compile: CompilePattern): Finding[] {
  const wanted = [...new Set(testedIn(config.route))];
  const alerts = alertCandidates(config, compile, wanted);
  return lintRoute(config.route, ["route"], alerts, { subject: alertSubject(config), places, compile });
}

/** The fields that the routes below look at. */
function testedIn({ routes }: RouteConfig): string[] {
  return routes.flatMap((route) => [...testsOf(route.match ?? {}, []).map(({ field }) => field), ...testedIn(route)]);
}

interface Tools {
  subject: Subject;
  places: Places;
  compile: CompilePattern;
}

/** What takes every alert. */
const EVERY = patternName({});

/** `alerts` are those that may arrive at this route. */
function lintRoute(route: RouteConfig, place: Place, alerts: readonly Candidate[], tools: Tools): Finding[] {
  const { places, subject, compile } = tools;
  const findings = lintGroupBy(route, place, tools);
  const taken = new Set<string>();
  let left = alerts;
  for (const [index, child] of route.routes.entries()) {
    const at = [...place, "routes", index];
    const match = child.match ?? {};
    const say = (why: string, hint?: string): number =>
      findings.push(findingAt(places.locate(at), at, `this route is never reached: ${why}`, hint));
    const own = lintPattern(match, [...at, "match"], subject, tools);
    findings.push(...own);
    const may = compileMay(match, compile);
    const [matching, rest] = [alerts.filter(may), left.filter(may)];
    if (taken.has(EVERY))
      say('an earlier one without "match" takes every alert', "put that one last, or let it continue");
    else if (taken.has(patternName(match))) say("an earlier one has the same match and does not continue");
    else if (rest.length === 0 && matching.length > 0) say("earlier ones take every alert that it matches");
    else if (matching.length === 0 && own.length === 0) {
      const hint = namesHealth(match, at) ? "alerts about Lookout itself go to health.channels" : undefined;
      say("no rule's alerts match it", hint);
    }
    findings.push(...lintRoute(child, at, matching, tools));
    if (child.continue) continue;
    taken.add(patternName(match));
    const tested = testsOf(match, at).map(({ field }) => field);
    const goesOn = (alert: Candidate): boolean => !tested.every((field) => Object.hasOwn(alert, field)) || !may(alert);
    left = left.filter(goesOn);
  }
  return findings;
}

/** Whether Lookout's own alerts are meant, which no rule of the configuration opens. */
function namesHealth(match: Pattern, place: Place): boolean {
  return testsOf(match, place).some(({ field, values }) => field === "rule" && values.includes(HEALTH_RULE));
}

function lintGroupBy(route: RouteConfig, place: Place, { places, subject }: Tools): Finding[] {
  if (!places.has([...place, "groupBy"])) return [];
  return route.groupBy.flatMap((path, index): Finding[] =>
    path === "..." ? [] : lintPath(path, [...place, "groupBy", index], subject, places),
  );
}

/** A path into the alert that leads to nothing. */
function lintPath(path: string, at: Place, subject: Subject, places: Places): Finding[] {
  if (subject.valuesOf(path)?.length === 0) return [findingAt(places.locate(at), at, `nothing gives "${path}"`)];
  const unknown = unknownStep(path, ALERT_FIELDS);
  if (unknown === undefined) return [];
  const near = nearest(unknown.step, unknown.known);
  return [findingAt(places.locate(at), at, `no alert has a field "${path}"`, near && didYouMean(near))];
}

/** `now` in ms since the epoch. */
export function lintSilences(config: Config, places: Places, compile: CompilePattern, now: number): Finding[] {
  return config.silences.flatMap((silence, index) => {
    const place = ["silences", index];
    const at = [...place, "match"];
    const findings = lintPattern(silence.match, at, alertSubject(config), { places, compile });
    if (silence.until !== undefined && Date.parse(silence.until) <= now) {
      const until = [...place, "until"];
      return [...findings, findingAt(places.locate(until), until, "this silence is over", "remove it")];
    }
    if (findings.length > 0 || namesHealth(silence.match, at)) return findings;
    const fields = testsOf(silence.match, at).map(({ field }) => field);
    const may = compileMay(silence.match, compile);
    if (alertCandidates(config, compile, fields).some(may)) return [];
    return [findingAt(places.locate(at, "key"), at, "this silence holds nothing back: no rule's alerts match it")];
  });
}

/** What holds nothing back, or is equal in what no alert has. */
export function lintInhibit(config: Config, places: Places, compile: CompilePattern): Finding[] {
  const subject = alertSubject(config);
  return config.inhibit.flatMap((inhibit, index) => {
    // A pack may be included for some of its rules alone.
    if (places.isPackInhibit(index)) return [];
    const sides = (["source", "target"] as const).flatMap((side): Finding[] => {
      const match = inhibit[side];
      const at = ["inhibit", index, side];
      const findings = lintPattern(match, at, subject, { places, compile });
      if (findings.length > 0 || namesHealth(match, at)) return findings;
      const fields = testsOf(match, at).map(({ field }) => field);
      if (alertCandidates(config, compile, fields).some(compileMay(match, compile))) return [];
      const message = `this holds nothing back: no rule's alerts match its ${side}`;
      return [findingAt(places.locate(at, "key"), at, message)];
    });
    const paths = inhibit.equal.flatMap((path, nth) =>
      lintPath(path, ["inhibit", index, "equal", nth], subject, places),
    );
    return [...sides, ...paths];
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
  const steps = route.escalate.flatMap(({ channels }) => channels);
  return [...route.channels, ...steps, ...route.routes.flatMap(channelsOf)];
}

/** What patterns over alerts may name. */
function alertSubject(config: Config): Subject {
  const values: Readonly<Record<string, readonly string[]>> = {
    rule: [...config.rules.map(({ id }) => id), HEALTH_RULE],
    connection: Object.keys(config.connections),
    status: ["firing", "resolved"],
  };
  const valuesOf = (field: string): readonly string[] | undefined =>
    lookup(values, field) ?? labelValues(field, config.sources, config.rules);
  return { name: "alert", unknown: (path) => unknownStep(path, ALERT_FIELDS), shapes: ALERT_SHAPES, valuesOf };
}
