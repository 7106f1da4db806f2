// Numbers in patterns: `numeric` compares values of at most 5,000,000,000 with at most six decimals, and no others.
import { type Place, show } from "../model/place.ts";
import { PatternError } from "./pattern-error.ts";
import type { Operator } from "./pattern-tree.ts";

const LIMIT = 5e9;
const MICRO = 1e6;

/**
 * Whether `numeric` can compare the number: within ±5,000,000,000 and a multiple of 0.000001.
 * Near the limit the product is off by up to one, so the neighbours are tried too.
 */
export function isComparable(value: number): boolean {
  if (!(Math.abs(value) <= LIMIT)) return false;
  const micros = Math.round(value * MICRO);
  return micros / MICRO === value || (micros + 1) / MICRO === value || (micros - 1) / MICRO === value;
}

/** The number itself, where `numeric` and `anything-but` can compare it; throws PatternError otherwise. */
export function comparableNumber(value: unknown, path: Place): number {
  if (value === undefined) throw new PatternError(path, "a number is missing here");
  if (typeof value !== "number") throw new PatternError(path, `must be a number, not ${show(value)}`);
  if (isComparable(value)) return value;
  throw new PatternError(
    path,
    `${value} cannot be compared: numbers lie between -5000000000 and 5000000000 and have at most 6 decimals`,
  );
}

/** Parses the list after `numeric`, as `[">", 0, "<=", 5]`; throws PatternError. */
export function parseNumeric(terms: unknown, path: Place): Operator {
  if (!Array.isArray(terms)) throw new PatternError(path, `takes a list such as [">", 0, "<=", 5], not ${show(terms)}`);
  const [operator, first, second, last] = terms as unknown[];
  if (operator !== "=" && !isUpper(operator) && operator !== ">" && operator !== ">=") {
    throw new PatternError([...path, 0], `must be one of "=", "<", "<=", ">", ">=", not ${show(operator)}`);
  }
  const value = comparableNumber(first, [...path, 1]);
  const whole = { op: "numeric" as const, low: -LIMIT, lowOpen: false, high: LIMIT, highOpen: false };
  if (operator === "=" || isUpper(operator)) {
    refuseMore(terms, 2, path);
    return operator === "="
      ? { ...whole, low: value, high: value }
      : { ...whole, high: value, highOpen: operator === "<" };
  }
  const lowOpen = operator === ">";
  if (terms.length === 2) return { ...whole, low: value, lowOpen };
  if (!isUpper(second)) {
    throw new PatternError([...path, 2], `must be "<" or "<=" after "${operator}", not ${show(second)}`);
  }
  const high = comparableNumber(last, [...path, 3]);
  refuseMore(terms, 4, path);
  if (value >= high) throw new PatternError(path, `the lower bound ${value} must be less than the upper bound ${high}`);
  return { op: "numeric", low: value, lowOpen, high, highOpen: second === "<" };
}

function isUpper(operator: unknown): operator is "<" | "<=" {
  return operator === "<" || operator === "<=";
}

function refuseMore(terms: readonly unknown[], length: number, path: Place): void {
  if (terms.length > length)
    throw new PatternError([...path, length], "nothing may follow here; a range starts with its lower bound");
}
