// A pattern over alerts as people say it while Lookout runs, for a silence: why no alert can match it.
import type { Pattern } from "../../model/config.ts";
import { didYouMean, nearest } from "../document/words.ts";
import { testsOf } from "./pattern-walk.ts";
import { ALERT_FIELDS, unknownStep, VALUES } from "./vocabulary.ts";

/** What holds fields, and no value of its own. */
const OBJECTS = ["resource", "key", "labels", "events"];
const CLOSED: Readonly<Record<string, readonly string[]>> = { ...VALUES, status: ["firing", "resolved"] };

/** In words, what of the pattern no alert has: a field, or a value of a closed list. Undefined: nothing. */
export function whyNone(pattern: Pattern): string | undefined {
  for (const { field, values } of testsOf(pattern, [])) {
    const why = unknownField(field) ?? unknownValue(field, values);
    if (why !== undefined) return why;
  }
  return undefined;
}

function unknownField(path: string): string | undefined {
  if (OBJECTS.includes(path)) {
    return `"${path}" holds fields and no value of its own: name one of them, as in ${path}.…`;
  }
  const unknown = unknownStep(path, ALERT_FIELDS);
  return unknown && `no alert has a field "${path}"; ${instead(unknown.step, unknown.known)}`;
}

function unknownValue(field: string, values: readonly unknown[]): string | undefined {
  const known = Object.hasOwn(CLOSED, field) ? CLOSED[field]! : undefined;
  const word = values.find((value) => typeof value === "string" && value !== "" && !known?.includes(value));
  if (known === undefined || word === undefined) return undefined;
  return `no alert has the ${field} "${word}"; ${instead(`${word}`, known)}`;
}

function instead(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === undefined ? `there are ${known.join(", ")}` : didYouMean(near);
}
