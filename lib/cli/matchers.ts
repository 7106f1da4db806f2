// What a person types to say which alerts are meant: `rule=deploy-failed labels.team!=ml`, as a pattern over the alert.
import { didYouMean, nearest } from "../config/document/words.ts";
import { ALERT_FIELDS, unknownStep } from "../config/lint/vocabulary.ts";
import type { Pattern } from "../model/config.ts";
import { PatternError } from "../patterns/error.ts";
import { compilePattern } from "../patterns/pattern.ts";
import { UsageError } from "./io.ts";

/** By what stands between path and value; the longer ones first. */
const OPERATORS: readonly [text: string, entries: (value: string) => unknown[]][] = [
  ["!~", (value) => [{ "anything-but": { wildcard: value } }, { exists: false }]],
  ["!=", (value) => [{ "anything-but": [value] }, { exists: false }]],
  ["=~", (value) => [{ wildcard: value }]],
  ["=", (value) => (value === "" ? [value, { exists: false }] : [value])],
];

/** Fields whose values are numbers. */
const NUMBERS = ["count"];

export function isMatcher(text: string): boolean {
  return operatorIn(text) !== undefined;
}

/** The pattern that all of the matchers make together; throws UsageError. */
export function patternOf(matchers: readonly string[]): Pattern {
  const pattern: Pattern = {};
  for (const text of matchers) {
    const found = operatorIn(text);
    if (found === undefined) throw new UsageError(`${text}: expected a matcher such as rule=deploy-failed`);
    const { path, operator, entries, value } = found;
    refuseUnknown(path);
    if (Object.hasOwn(pattern, path)) {
      throw new UsageError(`"${path}" is given twice: say --match '{"${path}": ["one", "other"]}' for either`);
    }
    if (operator.includes("~") && !value.includes("*")) {
      throw new UsageError(`${text}: ${operator} takes a wildcard, as in ${path}${operator}deploy-*`);
    }
    pattern[path] = NUMBERS.includes(path) && operator === "=" ? [Number(value)] : entries(value);
  }
  return checked(pattern, matchers.join(" "));
}

/** The pattern, once it is known to be one. */
export function checked(pattern: Pattern, said: string): Pattern {
  try {
    compilePattern(pattern);
    return pattern;
  } catch (error) {
    if (error instanceof PatternError) throw new UsageError(`${said}: ${error.message}`);
    throw error;
  }
}

function operatorIn(text: string) {
  const places = OPERATORS.map(([operator, entries]) => ({ operator, entries, at: text.indexOf(operator) }));
  const [first] = places
    .filter(({ at }) => at > 0)
    .sort((a, b) => a.at - b.at || b.operator.length - a.operator.length);
  if (first === undefined) return undefined;
  const { operator, entries, at } = first;
  const value = text.slice(at + operator.length);
  const quoted = value.length > 1 && value.startsWith('"') && value.endsWith('"');
  return { path: text.slice(0, at), operator, entries, value: quoted ? value.slice(1, -1) : value };
}

function refuseUnknown(path: string): void {
  const unknown = unknownStep(path, ALERT_FIELDS);
  if (unknown === undefined) return;
  const near = nearest(unknown.step, unknown.known);
  throw new UsageError(
    `no alert has a field "${path}"; ${near === undefined ? `there are ${unknown.known.join(", ")}` : didYouMean(near)}`,
  );
}
