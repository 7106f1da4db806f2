// What a person types to say which alerts are meant: `rule=deploy-failed labels.team!=ml`, as a pattern over the alert.
import { whyNoAlert } from "../app/oncall/silences.ts";
import type { Pattern } from "../model/config.ts";
import { numberOr } from "../rules/extract.ts";
import { UsageError } from "./io.ts";

/** By what stands between path and value; the longer ones first. */
const OPERATORS: readonly [text: string, entries: (value: string, path: string) => unknown[]][] = [
  ["!~", (value) => [{ "anything-but": { wildcard: value } }, { exists: false }]],
  ["!=", (value, path) => [{ "anything-but": [NUMBERS.test(path) ? numberOr(value) : value] }, { exists: false }]],
  ["=~", (value) => [{ wildcard: value }]],
  ["=", (value) => (value === "" ? [value, null, { exists: false }] : meanings(value))],
];

/** Where a plain number is one: an extraction makes it so, too. */
const NUMBERS = /^count$|^key\.(?:count$|late$|extracted\.)/;
/** What may be null, which `anything-but` takes, too. */
const NULLABLE = /^(?:connection|source|region|runbook|acknowledgedBy|endsAt)$|^(?:key|events)\./;
/** Where values are of any type, as an API gives them. */
const OPEN = /^key\.(?:data\.|truncated$|future$)|^events\./;

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
    if (Object.hasOwn(pattern, path)) {
      throw new UsageError(`"${path}" is given twice: say --match '{"${path}": ["one", "other"]}' for either`);
    }
    refuseUnfit(text, path, operator, value);
    pattern[path] = entries(value, path);
  }
  return checked(pattern, matchers.join(" "));
}

/** What the text may be in an alert: itself, a number, true or false. */
function meanings(value: string): (string | number | boolean)[] {
  const number = numberOr(value);
  if (number !== value) return [value, number];
  return value === "true" || value === "false" ? [value, value === "true"] : [value];
}

function refuseUnfit(text: string, path: string, operator: string, value: string): void {
  if (operator.includes("~") && !value.includes("*")) {
    throw new UsageError(`${text}: ${operator} takes a wildcard, as in ${path}${operator}deploy-*`);
  }
  if (operator.includes("~") && value.includes(".*")) {
    const wildcard = `${path}${operator}${value.replaceAll(".*", "*")}`;
    throw new UsageError(`${text}: ${operator} takes a wildcard, which is no regular expression, as in ${wildcard}`);
  }
  if (path === "count" && typeof numberOr(value) !== "number") {
    throw new UsageError(`${text}: it is a number, as in count=5`);
  }
  if (operator !== "!=") return;
  if (value === "") {
    const some = NULLABLE.test(path) ? `${path}=~*` : `--match '{"${path}":[{"anything-but":[""]}]}'`;
    throw new UsageError(`${text}: where there is one, say ${some}`);
  }
  const [word, other] = meanings(value);
  if (!OPEN.test(path) || other === undefined) return;
  // No pattern excludes both.
  const others = typeof other === "boolean" ? [!other, null] : [{ "anything-but": [other] }];
  const pattern = (entries: unknown[]) => `'${JSON.stringify({ [path]: [...entries, { exists: false }] })}'`;
  throw new UsageError(
    `${text}: say --match ${pattern(others)} for a ${typeof other}, ${pattern([{ "anything-but": [word] }])} for a text`,
  );
}

/** The pattern, once it is known to be one that alerts can match. */
export function checked(pattern: Pattern, said: string): Pattern {
  const why = whyNoAlert(pattern);
  if (why !== undefined) throw new UsageError(`${said}: ${why}`);
  return pattern;
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
