// A pattern's tests in words, for the person who asks why something did not match.
import { show } from "../model/place.ts";
import type { FieldMismatch, Mismatch } from "./explain.ts";
import { LARGEST } from "./number.ts";
import type { Operator, Scalar } from "./tree.ts";

/** As many values or alternatives are named. */
const NAMED = 6;

/** `level is "normal", wanted "error" or "critical"`: the first field that failed. */
export function describeMismatch({ fields, together }: Mismatch): string {
  const first = fields[0];
  if (first !== undefined) return describeField(first);
  return `no single element of the event's lists has ${list(together, "and")} together as wanted`;
}

function describeField({ field, values, hollow, wanted }: FieldMismatch): string {
  const found = hollow ? "holds no value of its own" : describeValues(values);
  return `${field} ${found}, wanted ${describeWanted(wanted)}`;
}

/** `is "normal"`, `is missing`, `is one of "a" and "b"`. */
function describeValues(values: readonly Scalar[]): string {
  const [value, ...more] = values;
  if (value === undefined) return "is missing";
  return more.length === 0 ? `is ${show(value)}` : `has ${list(values.map(show), "and")}`;
}

/** What any one of the operators accepts: `"error" or a text that begins with "crit"`. */
export function describeWanted(operators: readonly Operator[]): string {
  return list(operators.map(describeOperator), "or");
}

function describeOperator(operator: Operator): string {
  switch (operator.op) {
    case "equals":
      return show(operator.value);
    case "exactly":
      return `exactly ${show(operator.value)}`;
    case "equals-ignore-case":
      return `${show(operator.value)} in any case`;
    case "prefix":
    case "suffix": {
      const verb = operator.op === "prefix" ? "begins" : "ends";
      return `a text that ${verb} with ${show(operator.value)}${operator.ignoreCase ? " in any case" : ""}`;
    }
    case "wildcard":
      return `a text like ${show(operator.value)}`;
    case "numeric":
      return `a number ${describeRange(operator)}`;
    case "exists":
      return operator.value ? "any value" : "that it is missing";
    case "cidr":
      return `an address in ${operator.value}`;
    case "anything-but":
      return `anything but ${list(operator.none.map(describeExcluded), "or")}`;
  }
}

/** Excluded strings are exact ones by themselves. */
function describeExcluded(operator: Operator): string {
  return operator.op === "exactly" ? show(operator.value) : describeOperator(operator);
}

function describeRange({ low, lowOpen, high, highOpen }: Extract<Operator, { op: "numeric" }>): string {
  if (low === high) return `equal to ${low}`;
  const from = low === -LARGEST && !lowOpen ? [] : [`${lowOpen ? "above" : "of at least"} ${low}`];
  const to = high === LARGEST && !highOpen ? [] : [`${highOpen ? "below" : "of at most"} ${high}`];
  return [...from, ...to].join(" and ");
}

function list(words: readonly string[], joint: "and" | "or"): string {
  const named = words.length <= NAMED + 1 ? [...words] : [...words.slice(0, NAMED), `${words.length - NAMED} others`];
  const last = named.pop() ?? "";
  return named.length === 0 ? last : `${named.join(", ")} ${joint} ${last}`;
}
