// Numbers in patterns: `numeric` compares all that an event can hold, from the smallest to the largest double.
import { type Place, show } from "../model/place.ts";
import { PatternError } from "./error.ts";
import type { Operator } from "./tree.ts";

/** Where a range ends that names no bound of its own. */
export const LARGEST = Number.MAX_VALUE;

/** The number itself; throws PatternError where it is none, or none that JSON can hold. */
export function finiteNumber(value: unknown, path: Place): number {
  if (value === undefined) throw new PatternError(path, "a number is missing here");
  if (typeof value !== "number") throw new PatternError(path, `must be a number, not ${show(value)}`);
  if (!Number.isFinite(value)) throw new PatternError(path, `${value} is no number that an event can hold`);
  return value;
}

/** Parses the list after `numeric`, as `[">", 0, "<=", 5]`; throws PatternError. */
export function parseNumeric(terms: unknown, path: Place): Operator {
  if (!Array.isArray(terms)) throw new PatternError(path, `takes a list such as [">", 0, "<=", 5], not ${show(terms)}`);
  const [operator, first, second, last] = terms as unknown[];
  if (operator !== "=" && !isUpper(operator) && operator !== ">" && operator !== ">=") {
    throw new PatternError([...path, 0], `must be one of "=", "<", "<=", ">", ">=", not ${show(operator)}`);
  }
  const value = finiteNumber(first, [...path, 1]);
  if (operator === "=") {
    refuseMore(terms, 2, path);
    return { op: "numeric", low: value, lowOpen: false, high: value, highOpen: false };
  }
  if (isUpper(operator)) {
    refuseMore(terms, 2, path);
    return range(-LARGEST, false, value, operator === "<", path);
  }
  const lowOpen = operator === ">";
  if (terms.length === 2) return range(value, lowOpen, LARGEST, false, path);
  if (!isUpper(second)) {
    throw new PatternError([...path, 2], `must be "<" or "<=" after "${operator}", not ${show(second)}`);
  }
  const high = finiteNumber(last, [...path, 3]);
  refuseMore(terms, 4, path);
  return range(value, lowOpen, high, second === "<", path);
}

function range(low: number, lowOpen: boolean, high: number, highOpen: boolean, path: Place): Operator {
  if (low >= high) throw new PatternError(path, `the lower bound ${low} must be less than the upper bound ${high}`);
  return { op: "numeric", low, lowOpen, high, highOpen };
}

function isUpper(operator: unknown): operator is "<" | "<=" {
  return operator === "<" || operator === "<=";
}

function refuseMore(terms: readonly unknown[], length: number, path: Place): void {
  if (terms.length > length)
    throw new PatternError([...path, length], "nothing may follow here; a range starts with its lower bound");
}
