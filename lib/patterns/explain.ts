// Why a pattern does not match an event: the field tests that fail, judged one by one by the same
// compiled trees that match.
import type { Pattern } from "../model/config.ts";
import { valueAt } from "../model/path.ts";
import { compileReader } from "./event-fields.ts";
import { compileTrees } from "./index/index.ts";
import { compilePattern } from "./pattern.ts";
import type { FieldTest, Operator, Scalar } from "./tree.ts";

/** A field test that fails: what the event has there (nothing: an empty list), and any one of what was wanted. */
export interface FieldMismatch {
  field: string;
  values: readonly Scalar[];
  /** Whether the event has the field, but only with fields below it, or an empty list. */
  hollow: boolean;
  wanted: readonly Operator[];
}

export interface Mismatch {
  /** Of the nearest alternative, in the order in which the pattern names its fields. */
  fields: readonly FieldMismatch[];
  /** Where `fields` is empty: these, of the event's lists, hold one by one, but no choice of elements has them all. */
  together: readonly string[];
  /** How many of the alternative's fields hold before the first that fails. */
  held: number;
}

interface Test {
  test: FieldTest;
  holds(event: object): boolean;
  values(event: object): Scalar[];
  /** Whether some of the values belong to elements of lists, of which one must be chosen. */
  inElements(event: object): boolean;
}

interface Alternative {
  tests: readonly Test[];
  holds(event: object): boolean;
}

/**
 * Prepares the question why an event does not match; the answer is undefined exactly where it does. With
 * several alternatives it is about the nearest: the one with the fewest failing fields, of these the one that
 * holds longest. Throws PatternError.
 */
export function compileMismatch(pattern: Pattern): (event: object) => Mismatch | undefined {
  const { tree } = compilePattern(pattern);
  const orders = ordersOf(pattern, "", [[]]);
  const alternatives = tree.alternatives.map((fields, index): Alternative => {
    const order = orders[index]!;
    const ordered = fields.toSorted((a, b) => order.indexOf(a.path) - order.indexOf(b.path));
    return { tests: ordered.map(compileTest), holds: compileAlone(fields) };
  });
  return (event) => {
    let nearest: Mismatch | undefined;
    for (const alternative of alternatives) {
      const mismatch = judge(alternative, event);
      if (mismatch === undefined) return undefined;
      if (nearest === undefined || isNearer(mismatch, nearest)) nearest = mismatch;
    }
    return nearest;
  };
}

/** Whether `a` misses by less than `b`. */
export function isNearer(a: Mismatch, b: Mismatch): boolean {
  return a.fields.length === b.fields.length ? a.held > b.held : a.fields.length < b.fields.length;
}

function judge({ tests, holds }: Alternative, event: object): Mismatch | undefined {
  // All together may hold where one alone does not: what is absent beside an element of a list may
  // be there beside another.
  if (holds(event)) return undefined;
  const failing = tests.filter((one) => !one.holds(event));
  const first = failing[0];
  return {
    fields: failing.map(({ test, values }) => mismatchOf(test, values(event), event)),
    together: first === undefined ? tests.filter((one) => one.inElements(event)).map(({ test }) => test.path) : [],
    held: first === undefined ? tests.length : tests.indexOf(first),
  };
}

function mismatchOf({ path, operators }: FieldTest, values: Scalar[], event: object): FieldMismatch {
  return { field: path, values, hollow: values.length === 0 && valueAt(event, path) !== undefined, wanted: operators };
}

function compileTest(test: FieldTest): Test {
  const read = compileReader([test.path]);
  const leaves = (event: object) => read(event).leaves[0] ?? [];
  return {
    test,
    holds: compileAlone([test]),
    values: (event) => leaves(event).map(({ value }) => value),
    inElements: (event) => leaves(event).some(({ element }) => element !== 0),
  };
}

function compileAlone(fields: readonly FieldTest[]): (event: object) => boolean {
  const match = compileTrees([{ alternatives: [fields] }]);
  return (event) => match(event).length > 0;
}

/** For each alternative, in the order in which parsing multiplies them out, the dotted paths as they are written. */
function ordersOf(pattern: Pattern, prefix: string, before: string[][]): string[][] {
  let orders = before;
  for (const [key, value] of Object.entries(pattern)) {
    if (key === "$or") {
      const known = orders;
      orders = (value as Pattern[]).flatMap((branch) => ordersOf(branch, prefix, known));
    } else if (Array.isArray(value)) orders = orders.map((order) => [...order, prefix + key]);
    else orders = ordersOf(value as Pattern, `${prefix}${key}.`, orders);
  }
  return orders;
}
