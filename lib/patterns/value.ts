// Whether one value of an event satisfies a field's operators; absence is not a value and is judged by the matcher.
import { parseIp } from "./ip.ts";
import { casesOf, endOfCases, endsWithCases, matchesWildcard } from "./text.ts";
import type { Operator, Scalar } from "./tree.ts";

export type ValueTest = (value: Scalar) => boolean;
export type NumericOperator = Extract<Operator, { op: "numeric" }>;

/** The values by whose identity alone the operator matches, where it is of that kind. */
export function identityOf(operator: Operator): { value: Scalar } | undefined {
  if (operator.op === "exactly") return { value: operator.value };
  if (operator.op === "wildcard" && operator.parts.length === 1) return { value: operator.parts[0] as string };
  if (operator.op === "numeric") {
    const { low, lowOpen, high, highOpen } = operator;
    return low === high && !lowOpen && !highOpen ? { value: low } : undefined;
  }
  if (operator.op !== "equals") return undefined;
  return typeof operator.value === "string" && parseIp(operator.value) !== undefined
    ? undefined
    : { value: operator.value };
}

/** One function for a field's whole list: true when any operator matches the value. */
export function compileOperators(operators: readonly Operator[]): ValueTest {
  if (operators.length === 1) return compileOperator(operators[0] as Operator);
  const identities = new Set<Scalar>();
  const tests: ValueTest[] = [];
  for (const operator of operators) {
    const identity = identityOf(operator);
    if (identity === undefined) tests.push(compileOperator(operator));
    else identities.add(identity.value);
  }
  return (value) => {
    if (identities.has(value)) return true;
    for (const test of tests) if (test(value)) return true;
    return false;
  };
}

/** One function for one operator: true when it matches the value. */
export function compileOperator(operator: Operator): ValueTest {
  const identity = identityOf(operator);
  if (identity !== undefined) return (value) => value === identity.value;
  switch (operator.op) {
    case "equals":
    case "exactly": {
      const address = parseIp(String(operator.value)) as string;
      return onText((text) => parseIp(text)?.startsWith(address) ?? false);
    }
    case "equals-ignore-case": {
      const cases = casesOf(operator.value);
      return onText((text) => endOfCases(text, cases) === text.length);
    }
    case "prefix":
    case "suffix":
      return compileAffix(operator);
    case "wildcard":
      return onText((text) => matchesWildcard(text, operator.parts));
    case "numeric":
      return (value) => typeof value === "number" && isInRange(value, operator);
    case "exists":
      return () => operator.value;
    case "cidr":
      return onText((text) => isWithin(parseIp(text), operator));
    case "anything-but": {
      const excluded = compileOperators(operator.none);
      return (value) => !excluded(value);
    }
  }
}

function onText(test: (text: string) => boolean): ValueTest {
  return (value) => typeof value === "string" && test(value);
}

function compileAffix({ op, value, ignoreCase }: Extract<Operator, { op: "prefix" | "suffix" }>): ValueTest {
  if (!ignoreCase) return onText((text) => (op === "prefix" ? text.startsWith(value) : text.endsWith(value)));
  const cases = casesOf(value);
  return onText((text) => (op === "prefix" ? endOfCases(text, cases) >= 0 : endsWithCases(text, cases)));
}

export function isInRange(value: number, { low, lowOpen, high, highOpen }: NumericOperator): boolean {
  return (lowOpen ? value > low : value >= low) && (highOpen ? value < high : value <= high);
}

/**
 * Digits are compared as far as both have some, as in event-ruler: an IPv6 address lies in an IPv4 range when its first
 * 32 bits do, an IPv4 address in an IPv6 range when they lie between the first 32 bits of its ends and are neither.
 */
function isWithin(address: string | undefined, { low, high }: Extract<Operator, { op: "cidr" }>): boolean {
  if (address === undefined) return false;
  const { length } = low;
  if (address.length >= length) return address.slice(0, length) >= low && address.slice(0, length) <= high;
  return address > low.slice(0, address.length) && address < high.slice(0, address.length);
}
