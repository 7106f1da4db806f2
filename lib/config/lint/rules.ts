// Finds rules that cannot do what they say: never match, never resolve, repeat another, or name what is not there.
import type { Config, Pattern, RuleConfig } from "../../model/config.ts";
import type { Place } from "../../model/place.ts";
import { SOURCE_KINDS, sourceKinds } from "../../model/source-kinds.ts";
import { type Finding, findingAt, formatLocation } from "../document/finding.ts";
import { didYouMean, nearest } from "../document/words.ts";
import { canonical } from "../load/fill.ts";
import type { Places } from "../load/load.ts";
import { CLOSED } from "./api-words.ts";
import { whyNever } from "./never-matches.ts";
import { patternName, project, testsOf } from "./pattern-walk.ts";
import { type CompilePattern, lintPattern, type Subject } from "./patterns.ts";
import { followUps, lintUnmatched } from "./unmatched-rules.ts";
import { EVENT_SHAPES, labelValues, unknownEventStep } from "./vocabulary.ts";
import { lintWindows } from "./windows.ts";

export function lintRules(config: Config, places: Places, compile: CompilePattern): Finding[] {
  const seen = new Map<string, number>();
  const findings = config.rules.flatMap((rule, index) => [
    ...lintRepetition(rule, index, seen, places),
    ...lintResolve(rule, index, config, places, compile),
    ...lintPaths(rule, index, config, places),
    ...eventPatterns(rule, index).flatMap(([pattern, place]) =>
      lintPattern(pattern, place, subjectOf(pattern, rule, config, compile), { places, compile }),
    ),
    ...(places.pack(index) === undefined ? lintWindows(rule, index, config, places, compile) : []),
    ...lintKind(rule, index, places),
  ]);
  return [...findings, ...lintUnmatched(config, places, compile)];
}

function eventPatterns({ when, resolve, expect, sequence }: RuleConfig, index: number): [Pattern, Place][] {
  const patterns: [Pattern | undefined, Place][] = [
    [when, ["when"]],
    [resolve?.when, ["resolve", "when"]],
    ...followUps({ expect, sequence }),
  ];
  return patterns.flatMap(([pattern, at]): [Pattern, Place][] => (pattern ? [[pattern, ["rules", index, ...at]]] : []));
}

/** The words of `type` are closed unless a kind whose words are open can be meant. */
function subjectOf(pattern: Pattern, rule: RuleConfig, config: Config, compile: CompilePattern): Subject {
  const sources = project(pattern, ["source"]);
  const open = SOURCE_KINDS.some((kind) => {
    if (sourceKinds[kind].words !== null) return false;
    return sources ? compile(sources).matches({ source: kind }) : config.sources.some((source) => source.kind === kind);
  });
  const connections = Object.values(config.connections);
  const projects = connections.map(({ projectId }) => projectId);
  const values: Readonly<Record<string, readonly string[]>> = {
    connection: Object.keys(config.connections),
    sourceId: config.sources.map(({ id }) => id),
    region: [...new Set(connections.map(({ region }) => region))],
    ...(projects.every((id) => id !== undefined) ? { project: projects } : {}),
    ...(open ? {} : CLOSED),
  };
  const valuesOf = (field: string): readonly string[] | undefined =>
    values[field] ?? labelValues(field, config.sources);
  return { name: "event", unknown: (path) => unknownEventStep(path, rule), shapes: EVENT_SHAPES, valuesOf };
}

/** Rules that open alerts for the same events and keys: labels may tell them apart, on other routes; words may not. */
function lintRepetition(rule: RuleConfig, index: number, seen: Map<string, number>, places: Places): Finding[] {
  const { id, summary, description, runbook, severity, resolve, when, by, expect, sequence, ...effect } = rule;
  const name = canonical([
    effect,
    [...new Set(by)].sort(),
    patternName(when),
    expect && [expect.within, patternName(expect.when)],
    sequence && [sequence.within, sequence.then.map(patternName)],
  ]);
  const first = seen.get(name);
  if (first === undefined) {
    seen.set(name, index);
    return [];
  }
  const place = ["rules", index];
  const where = formatLocation(places.locate(["rules", first]));
  return [findingAt(places.locate(place), place, `the rule "${id}" opens alerts for the same as the one at ${where}`)];
}

/** Every path outside of patterns and templates that a rule reads events by. */
function lintPaths(rule: RuleConfig, index: number, { sources }: Config, places: Places): Finding[] {
  const { by, extract = [], distinct, change, newValue } = rule;
  const paths: [path: string | undefined, at: Place][] = [
    ...by.map((path, number): [string, Place] => [path, ["by", number]]),
    ...extract.map(({ field }, number): [string, Place] => [field, ["extract", number, "field"]]),
    [distinct?.field, ["distinct", "field"]],
    [change?.field, ["change", "field"]],
    [newValue?.field, ["newValue", "field"]],
  ];
  return paths.flatMap(([path, at]): Finding[] => {
    if (path === undefined) return [];
    const place = ["rules", index, ...at];
    if (labelValues(path, sources)?.length === 0) {
      return [
        findingAt(
          places.locate(place),
          place,
          `nothing gives events "${path}"`,
          "labels come from sources and targets",
        ),
      ];
    }
    const unknown = unknownEventStep(path, rule);
    if (unknown === undefined) return [];
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
  // A pack resolves by whatever may tell of a recovery, and by time where that is not polled.
  const silent = places.pack(index) === undefined ? whyNever(when, config, compile) : undefined;
  return silent === undefined
    ? []
    : [findingAt(places.locate(place, "key"), place, `resolve.when can never match: ${silent}`)];
}

/** Kinds of state that can never come about: the field whose values they compare has one value alone for each key. */
function lintKind(rule: RuleConfig, index: number, places: Places): Finding[] {
  const { distinct, change, newValue } = rule;
  const compared: [kind: string, field: string | undefined, never: string][] = [
    ["distinct", distinct && distinct.count > 1 ? distinct.field : undefined, `never sees ${distinct?.count} of them`],
    ["change", change?.field, "never changes"],
    ["newValue", newValue?.field, "only teaches its first"],
  ];
  return compared.flatMap(([kind, field, never]): Finding[] => {
    if (field === undefined) return [];
    const place: Place = ["rules", index, kind, "field"];
    const say = (why: string, hint: string): Finding[] => [findingAt(places.locate(place), place, why, hint)];
    if (rule.by.includes(field)) {
      const hint = "name in by what they have in common, such as by: [connection]";
      return say(`"${field}" is in by, so each key has one value, and ${never}`, hint);
    }
    if (isFixed(rule, field)) {
      return say(`when lets one value of "${field}" through, so a key ${never}`, `let when match the others, too`);
    }
    return [];
  });
}

/** Whether `when` accepts no more than one value of the field, whatever its alternatives. */
function isFixed({ when }: RuleConfig, field: string): boolean {
  const { $or: _, ...always } = when;
  const test = testsOf(always, []).findLast((one) => one.field === field);
  const [only, ...more] = test?.values ?? [];
  return only !== undefined && more.length === 0 && (typeof only !== "object" || only === null);
}
