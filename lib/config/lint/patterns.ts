// Finds what a pattern can never match: unknown fields, values that no field holds, capitals in lower case, lost tests.
import type { Pattern } from "../../model/config.ts";
import { type Place, show } from "../../model/place.ts";
import { type Finding, findIn, findingAt, formatLocation } from "../document/finding.ts";
import { isMap } from "../document/raw.ts";
import { didYouMean, nearest } from "../document/words.ts";
import type { Places } from "../load/load.ts";
import { samplesOf, textsIn } from "./pattern-samples.ts";
import { lostTests, type Test, testsOf } from "./pattern-walk.ts";
import { type Shape, VALUES } from "./vocabulary.ts";

export type CompilePattern = (pattern: Pattern) => { matches(event: object): boolean };

/** What a pattern is matched with. */
export interface Subject {
  name: "event" | "alert";
  /** The step of a path that it has not, with what there is instead. */
  unknown(path: string): { step: string; known: readonly string[] } | undefined;
  shapes: ReadonlyMap<string, Shape>;
  /** The only values of a field beside the general lists; undefined where it is open. */
  valuesOf(field: string): readonly string[] | undefined;
}

export interface PatternTools {
  places: Places;
  compile: CompilePattern;
}

export function lintPattern(pattern: Pattern, place: Place, subject: Subject, tools: PatternTools): Finding[] {
  const { places } = tools;
  const findings = findIn(testsOf(pattern, place), (test) => {
    const unknown = subject.unknown(test.field);
    if (unknown === undefined) {
      return findIn(test.values, (value, index) => lintValue(value, [...test.place, index], test, subject, tools));
    }
    const near = nearest(unknown.step, unknown.known);
    const message = `no ${subject.name} has a field "${test.field}"`;
    const hint = near === undefined ? undefined : didYouMean(near);
    return [findingAt(places.locate(test.place, "key"), test.place, message, hint)];
  });
  for (const { field, place: at, earlier } of lostTests(pattern, place)) {
    const message = `"${field}" is tested twice, and only this test counts`;
    const hint = `the one at ${formatLocation(places.locate(earlier, "key"))} is lost: put both into one list, or in two rules`;
    findings.push(findingAt(places.locate(at, "key"), at, message, hint));
  }
  return findings;
}

function lintValue(value: unknown, place: Place, { field }: Test, subject: Subject, tools: PatternTools): Finding[] {
  const { places, compile } = tools;
  const say = (message: string, hint?: string): Finding[] => [findingAt(places.locate(place), place, message, hint)];
  const shape = subject.shapes.get(field);
  const known = subject.valuesOf(field) ?? VALUES[field];
  if (shape !== undefined || known !== undefined) {
    const samples = samplesOf(shape, value, known);
    const { matches } = compile({ value: [value] });
    if (!samples.some((sample) => matches(sample === undefined ? {} : { value: sample }))) {
      return say(...mismatch(field, shape, value, known, subject));
    }
  }
  return field === "text" && subject.name === "event" ? lintCapitals(value, say) : [];
}

function mismatch(
  field: string,
  shape: Shape | undefined,
  value: unknown,
  known: readonly string[] | undefined,
  { name }: Subject,
): [message: string, hint?: string] {
  if (isMap(value) && value["exists"] === false) return [`every ${name} has "${field}", so this never matches`];
  if (shape?.is === "object") return [`"${field}" holds fields, which no value equals`, "name the field below it"];
  if (shape?.is === "flag") return [`"${field}" is true or not there`, "write [true] or [{ exists: false }]"];
  if (shape?.is === "count") {
    return [`"${field}" is a whole number of at least ${shape.least}, never ${written(value)}`];
  }
  if (typeof value === "number" || typeof value === "boolean") {
    return [`"${field}" holds text, which never equals ${value}`, `quote it: "${value}"`];
  }
  if (known === undefined) return [`"${field}" holds text, never ${written(value)}`];
  if (known.length === 0) return [`nothing gives "${field}"`, "labels come from sources, targets and rules"];
  const near = typeof value === "string" ? nearest(value, known) : undefined;
  return [
    `"${field}" is never ${written(value)}`,
    near === undefined ? `it is one of ${known.join(", ")}` : didYouMean(near),
  ];
}

function written(value: unknown): string {
  return isMap(value) ? JSON.stringify(value).slice(0, 80) : show(value);
}

/** `text` is lower case: what is compared letter by letter and has capitals never matches, or excludes nothing. */
function lintCapitals(value: unknown, say: (message: string, hint: string) => Finding[]): Finding[] {
  const excluded = isMap(value) ? value["anything-but"] : undefined;
  const capitals = (part: unknown): string | undefined =>
    caseSensitive(part).find((text) => text !== text.toLowerCase());
  const plain = capitals(value);
  if (plain !== undefined) {
    return say(`"text" is in lower case, so "${plain}" never matches`, `write "${plain.toLowerCase()}"`);
  }
  const useless = excluded === undefined ? undefined : capitals(excluded);
  if (useless === undefined) return [];
  return say(`"text" is in lower case, so "${useless}" excludes nothing`, `write "${useless.toLowerCase()}"`);
}

/** The texts that a value or an operator compares letter by letter. */
function caseSensitive(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (Array.isArray(value)) return value.flatMap(caseSensitive);
  if (!isMap(value)) return [];
  return [value["prefix"], value["suffix"], value["wildcard"], value["exactly"]].flatMap((text) =>
    typeof text === "string" || Array.isArray(text) ? textsIn(text) : [],
  );
}
