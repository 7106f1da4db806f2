// Signatures: a few characters or bits of a value as one integer, which rules out most operators
// without a look at their texts.
import { matchesWildcard } from "../text.ts";
import type { Operator, Scalar } from "../tree.ts";
import { identityOf, isInRange, type NumericOperator } from "../value.ts";

/** What of a value the signature is made of, and so how it is compared. */
const WHOLE = 0;
const HEAD = 1;
const TAIL = 2;
const NUMBER = 3;
export const EXCLUDED = 4;
export type Kind = typeof WHOLE | typeof HEAD | typeof TAIL | typeof NUMBER | typeof EXCLUDED;

/**
 * What judges the values that a signature lets pass: the one value, the parts of a wildcard (a prefix and a suffix are
 * some, too), the range, or the excluded values.
 */
export type Operand = Scalar | readonly Scalar[] | NumericOperator;

/** What an operator demands of a value's signature. */
export interface Demanded {
  kind: Kind;
  /**
   * What the signature must be in the bits of the mask. Of numbers the least, of exclusions a bit
   * for each excluded value.
   */
  key: number;
  /** Of numbers the greatest. */
  mask: number;
  operand: Operand;
}

const LONGEST = 4;
/** More values fill too many of the bits to be told from others by them. */
const MOST_EXCLUDED = 8;
/** Spreads neighbouring keys over all bits (2^32 divided by the golden ratio). */
const SPREAD = 0x9e3779b1;

/** Undefined where no signature tells the values apart: of addresses, of texts in any case, of absence. */
export function demandedBy(operator: Operator): Demanded | undefined {
  const identity = identityOf(operator);
  if (identity !== undefined) {
    return { kind: WHOLE, key: wholeSignature(identity.value), mask: -1, operand: identity.value };
  }
  switch (operator.op) {
    case "prefix":
      return operator.ignoreCase ? undefined : demandedByParts([operator.value, ""]);
    case "suffix":
      return operator.ignoreCase ? undefined : demandedByParts(["", operator.value]);
    case "wildcard":
      return demandedByParts(operator.parts);
    case "numeric": {
      const { low, high } = operator;
      return { kind: NUMBER, key: numberSignature(low), mask: numberSignature(high), operand: operator };
    }
    case "anything-but":
      return demandedByNone(operator.none);
    default:
      return undefined;
  }
}

/** By what the text begins with, or else ends with; where that is nothing, the mask lets every text pass. */
function demandedByParts(parts: readonly string[]): Demanded {
  const head = parts[0] as string;
  const tail = parts[parts.length - 1] as string;
  return head === ""
    ? { kind: TAIL, key: tailSignature(tail), mask: maskOf(tail), operand: parts }
    : { kind: HEAD, key: headSignature(head), mask: maskOf(head), operand: parts };
}

/** The bits that the characters of a text fill in the signature of its head or tail. */
function maskOf({ length }: string): number {
  if (length === 0) return 0;
  return length >= LONGEST ? -1 : -1 << (8 * (LONGEST - length));
}

function demandedByNone(none: readonly Operator[]): Demanded | undefined {
  const excluded = none.map(identityOf).filter((identity) => identity !== undefined);
  if (excluded.length < none.length || excluded.length > MOST_EXCLUDED) return undefined;
  const values = excluded.map(({ value }) => value);
  return {
    kind: EXCLUDED,
    key: values.reduce<number>((bits, value) => bits | excludedSignature(value), 0),
    mask: 0,
    operand: values,
  };
}

/** Whether values of this type have a signature of this kind; if not, they pass none. */
export function hasSignature(kind: Kind, value: Scalar): boolean {
  if (kind === NUMBER) return typeof value === "number";
  return kind === WHOLE || kind === EXCLUDED || typeof value === "string";
}

/** Of the same value it is the same. */
export function signatureOf(kind: Kind, value: Scalar): number {
  switch (kind) {
    case WHOLE:
      return wholeSignature(value);
    case HEAD:
      return headSignature(value as string);
    case TAIL:
      return tailSignature(value as string);
    case NUMBER:
      return numberSignature(value as number);
    case EXCLUDED:
      return excludedSignature(value);
  }
}

/** Whether the signature alone tells that the operator does not accept the value. */
export function isRuledOut(kind: Kind, signature: number, key: number, mask: number): boolean {
  if (kind === NUMBER) return signature < key || signature > mask;
  return kind !== EXCLUDED && ((signature ^ key) & mask) !== 0;
}

/** Whether the operator accepts a value that its signature does not rule out. */
export function isAccepted(kind: Kind, signature: number, key: number, value: Scalar, operand: Operand): boolean {
  switch (kind) {
    case WHOLE:
      return value === operand;
    case HEAD:
    case TAIL:
      return matchesWildcard(value as string, operand as readonly string[]);
    case NUMBER:
      return isInRange(value as number, operand as NumericOperator);
    case EXCLUDED:
      return (signature & key) === 0 || !(operand as readonly Scalar[]).includes(value);
  }
}

function wholeSignature(value: Scalar): number {
  if (typeof value === "string") return tailSignature(value) ^ Math.imul(value.length, SPREAD);
  return typeof value === "number" ? value | 0 : -1;
}

/** One bit of 32. */
function excludedSignature(value: Scalar): number {
  return 1 << (Math.imul(wholeSignature(value), SPREAD) >>> 27);
}

/** The whole number below, as near as a word can hold: it grows with the value, so no range loses one by it. */
function numberSignature(value: number): number {
  return Math.max(-0x80000000, Math.min(0x7fffffff, Math.floor(value))) | 0;
}

/** The low bytes of the first four characters, the first one in the highest byte; zeros for those that a text lacks. */
export function headSignature(text: string): number {
  let signature = 0;
  for (let at = 0; at < LONGEST; at++) signature = (signature << 8) | byteAt(text, at);
  return signature;
}

/** The low bytes of the last four characters, the last one in the highest byte; zeros for those that a text lacks. */
export function tailSignature(text: string): number {
  const last = text.length - 1;
  let signature = 0;
  for (let at = 0; at < LONGEST; at++) signature = (signature << 8) | byteAt(text, last - at);
  return signature;
}

function byteAt(text: string, at: number): number {
  return at >= 0 && at < text.length ? text.charCodeAt(at) & 0xff : 0;
}
