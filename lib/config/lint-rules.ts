// Finds rules that cannot do what they say: never match, never resolve, repeat another, or name what is not there.
import type { Config, Pattern, RuleConfig } from "../model/config.ts";
import { SOURCE_KINDS } from "../model/event.ts";
import type { Place } from "../model/place.ts";
import { canonical } from "./fill.ts";
import { type Finding, findingAt, formatLocation } from "./finding.ts";
import { lintPattern, type Subject } from "./lint-patterns.ts";
import type { Places } from "./load.ts";
import { project, testsOf } from "./pattern-walk.ts";
import { type Candidate, candidatesOf, EVENT_FIELDS, TYPES, unknownStep } from "./vocabulary.ts";
import { didYouMean, nearest } from "./words.ts";

export type CompilePattern = (pattern: Pattern) => { matches(event: object): boolean };

const FIELDS = ["source", "sourceId", "connection", "level"];

export function lintRules(config: Config, places: Places, compile: CompilePattern): Finding[] {
  const seen = new Map<string, number>();
  const findings = config.rules.flatMap((rule, index) => [
    ...lintRepetition(rule, index, seen, places),
    ...lintResolve(rule, index, config, places, compile),
    ...lintBy(rule, index, places),
    ...eventPatterns(rule, index).flatMap(([pattern, place]) =>
      lintPattern(pattern, place, subjectOf(pattern, config, compile), places),
    ),
  ]);
  return [...findings, ...lintSilent(config, places, compile)];
}

function eventPatterns(rule: RuleConfig, index: number): [Pattern, Place][] {
  const when: [Pattern, Place] = [rule.when, ["rules", index, "when"]];
  return rule.resolve?.when === undefined ? [when] : [when, [rule.resolve.when, ["rules", index, "resolve", "when"]]];
}

/** The words of `type` are closed unless Cloud Eye, whose words are open, can be meant. */
function subjectOf(pattern: Pattern, config: Config, compile: CompilePattern): Subject {
  const sources = project(pattern, ["source"]);
  const cloudEye = sources === undefined || compile(sources).matches({ source: "cloud-eye-events" });
  const open = cloudEye && (sources !== undefined || config.sources.some(({ kind }) => kind === "cloud-eye-events"));
  const values = {
    connection: Object.keys(config.connections),
    sourceId: config.sources.map(({ id }) => id),
    ...(open ? {} : { type: TYPES }),
  };
  return { name: "event", fields: EVENT_FIELDS, values };
}

function lintRepetition(rule: RuleConfig, index: number, seen: Map<string, number>, places: Places): Finding[] {
  const { id, summary, description, runbook, ...effect } = rule;
  const name = canonical(effect);
  const first = seen.get(name);
  if (first === undefined) {
    seen.set(name, index);
    return [];
  }
  const place = ["rules", index];
  const where = formatLocation(places.locate(["rules", first]));
  return [findingAt(places.locate(place), place, `the rule "${id}" does the same as the one at ${where}`)];
}

function lintBy(rule: RuleConfig, index: number, places: Places): Finding[] {
  return rule.by.flatMap((path, number): Finding[] => {
    const unknown = unknownStep(path, EVENT_FIELDS);
    if (unknown === undefined) return [];
    const place = ["rules", index, "by", number];
    const near = nearest(unknown.step, unknown.known);
    return [findingAt(places.locate(place), place, `no event has a field "${path}"`, near && didYouMean(near))];
  });
}

function lintResolve(
  rule: RuleConfig,
  index: number,
  config: Config,
  places: Places,
  compile: CompilePattern,
): Finding[] {
  const when = rule.resolve?.when;
  if (when === undefined) return [];
  const place = ["rules", index, "resolve", "when"];
  if (!testsOf(when, place).some(({ field }) => field === "source" || field === "sourceId")) {
    const hint = "it inherits nothing from the rule's own when";
    return [
      findingAt(places.locate(place, "key"), place, "resolve.when names no source: events of all kinds resolve", hint),
    ];
  }
  const silent = silence(when, config, compile);
  return silent === undefined
    ? []
    : [findingAt(places.locate(place, "key"), place, `resolve.when can never match: ${silent}`)];
}

/** Rules that never match; of a pack only when none of its rules does, since a pack covers more than one has. */
function lintSilent(config: Config, places: Places, compile: CompilePattern): Finding[] {
  const packs = new Map<string, { finding: Finding; useless: boolean }>();
  const findings = config.rules.flatMap((rule, index): Finding[] => {
    const reason = silence(rule.when, config, compile);
    const pack = places.pack(index);
    if (pack === undefined) {
      const place = ["rules", index, "when"];
      const message = `the rule "${rule.id}" can never match: ${reason}`;
      return reason === undefined ? [] : [findingAt(places.locate(place, "key"), place, message)];
    }
    const message = `no rule of the pack "${pack.name}" can ever match: ${reason}`;
    const known = packs.get(pack.name) ?? { finding: findingAt(pack.location, ["rules"], message), useless: true };
    packs.set(pack.name, { ...known, useless: known.useless && reason !== undefined });
    return [];
  });
  return [...findings, ...[...packs.values()].flatMap(({ finding, useless }) => (useless ? [finding] : []))];
}

/** Why no event of the configured sources can match; undefined where one can, as far as it is known. */
function silence(pattern: Pattern, config: Config, compile: CompilePattern): string | undefined {
  const can = (candidates: readonly Candidate[]): boolean => canMatch(pattern, candidates, compile);
  if (can(config.sources.flatMap((source) => candidatesOf(source)))) return undefined;
  if (can(config.sources.flatMap((source) => candidatesOf(source, true)))) {
    return "its events are normal ones, and their sources ask for abnormal ones only (levels: abnormal)";
  }
  const sources = project(pattern, ["source"]);
  const kinds = SOURCE_KINDS.filter((kind) => sources === undefined || compile(sources).matches({ source: kind }));
  if (kinds.length > 0 && !kinds.some((kind) => config.sources.some((source) => source.kind === kind))) {
    return `there is no source of kind ${kinds.join(" or ")}`;
  }
  return "no source gives events with this level, type, connection and source id";
}

function canMatch(pattern: Pattern, candidates: readonly Candidate[], compile: CompilePattern): boolean {
  const matcher = (fields: readonly string[]): ((event: object) => boolean) => {
    const known = project(pattern, fields);
    return known === undefined ? () => true : compile(known).matches;
  };
  const [closed, open] = [matcher([...FIELDS, "type"]), matcher(FIELDS)];
  return candidates.some((candidate) => (candidate.type === undefined ? open(candidate) : closed(candidate)));
}
