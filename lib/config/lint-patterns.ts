// Finds what a pattern can never match: unknown fields, words no API uses, numbers where text is, capitals in lower case.
import type { Pattern } from "../model/config.ts";
import type { Place } from "../model/place.ts";
import { type Finding, findingAt } from "./finding.ts";
import type { Places } from "./load.ts";
import { type Test, testsOf } from "./pattern-walk.ts";
import { isMap } from "./raw.ts";
import { TEXT_FIELDS, unknownStep, VALUES } from "./vocabulary.ts";
import { didYouMean, nearest } from "./words.ts";

/** What a pattern is matched with. */
export interface Subject {
  name: "event" | "alert";
  fields: readonly string[];
  /** Closed lists of values beside the general ones, by field. */
  values: Readonly<Record<string, readonly string[]>>;
}

export function lintPattern(pattern: Pattern, place: Place, subject: Subject, places: Places): Finding[] {
  return testsOf(pattern, place).flatMap((test) => {
    const unknown = unknownStep(test.field, subject.fields);
    if (unknown !== undefined) {
      const near = nearest(unknown.step, unknown.known);
      const message = `no ${subject.name} has a field "${test.field}"`;
      const hint = near === undefined ? undefined : didYouMean(near);
      return [findingAt(places.locate(test.place, "key"), test.place, message, hint)];
    }
    return test.values.flatMap((value, index) => lintValue(value, [...test.place, index], test, subject, places));
  });
}

function lintValue(value: unknown, place: Place, { field }: Test, subject: Subject, places: Places): Finding[] {
  const say = (message: string, hint?: string): Finding[] => [findingAt(places.locate(place), place, message, hint)];
  if ((typeof value === "number" || typeof value === "boolean") && TEXT_FIELDS.has(field)) {
    return say(`"${field}" holds text, which never equals ${value}`, `quote it: "${value}"`);
  }
  const known = subject.values[field] ?? VALUES[field];
  if (typeof value === "string" && known !== undefined && !known.includes(value)) {
    const near = nearest(value, known);
    return say(
      `"${field}" is never "${value}"`,
      near === undefined ? `it is one of ${known.join(", ")}` : didYouMean(near),
    );
  }
  const written = field === "text" ? caseSensitive(value) : undefined;
  if (written !== undefined && written !== written.toLowerCase()) {
    return say(`"text" is in lower case, so "${written}" never matches`, `write "${written.toLowerCase()}"`);
  }
  return [];
}

/** The text that a value or an operator compares letter by letter. */
function caseSensitive(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (!isMap(value)) return undefined;
  const text = value["prefix"] ?? value["suffix"] ?? value["wildcard"];
  return typeof text === "string" ? text : undefined;
}
