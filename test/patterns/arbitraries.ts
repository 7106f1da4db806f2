// Patterns and events that are made to meet, for property tests: few fields, short texts of few
// characters, significant numbers.
import fc from "fast-check";
import { PatternError } from "../../lib/patterns/error.ts";
import { compilePattern } from "../../lib/patterns/pattern.ts";
import type { naiveMatches } from "./naive.ts";

export type Fields = Parameters<typeof naiveMatches>[0];

const key = fc.constantFrom("a", "b", "c", "a.b", "b.c");
const word = fc.string({ unit: fc.constantFrom("a", "b", "A", "*", "\\", "é", "É", "🚀"), maxLength: 4 });
const number = fc.constantFrom(0, 1, -1, 2.5, 0.000001, 1e-7, 5e9, 1e21, -1e300, 100);
const address = fc.constantFrom("10.0.0.1", "10.0.0.0", "a00:1::7", "a00::", "::1");
export const scalar = fc.oneof(fc.constantFrom("x", "y"), word, number, fc.boolean(), fc.constant(null), address);

export const { event } = fc.letrec<{ event: Fields; value: Fields }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    tie("event"),
  ),
  event: fc.dictionary(key, tie("value"), { maxKeys: 4, noNullPrototype: true }),
}));

const escaped = word.map((text) => text.replace(/[\\*]/g, "\\$&"));
const wild = fc
  .array(fc.oneof(escaped, fc.constant("*")), { maxLength: 4 })
  .map((parts) => parts.join("").replace(/(?<!\\)((?:\\\\)*)\*+/g, "$1*"));
const lists = (one: fc.Arbitrary<string>) => fc.oneof(one, fc.array(one, { minLength: 1, maxLength: 3 }));
const some = word.filter((text) => text !== "");
const upper = fc.constantFrom("<", "<=");
export const operator = fc.oneof(
  fc.constantFrom("x", "y", 0, 1, true, null),
  word,
  number,
  address,
  fc.record({ exists: fc.boolean() }),
  fc.record({ exactly: word }),
  fc.record({ prefix: fc.oneof(word, fc.record({ "equals-ignore-case": word })) }),
  fc.record({ suffix: fc.oneof(word, fc.record({ "equals-ignore-case": word })) }),
  fc.record({ "equals-ignore-case": word }),
  fc.record({ wildcard: wild }),
  fc.record({ cidr: fc.constantFrom("10.0.0.0/24", "10.0.1.200/17", "0.0.0.0/1", "a00::/12", "a00:0:1::/33", "::/1") }),
  fc.record({ numeric: fc.tuple(fc.constantFrom("=", "<", "<=", ">", ">="), number) }),
  fc.record({
    numeric: fc.tuple(fc.constantFrom(">", ">="), fc.constantFrom(-1, 0, 1), upper, fc.constantFrom(2.5, 100)),
  }),
  fc.record({
    "anything-but": fc.oneof(lists(fc.oneof(fc.constant("x"), word)), fc.array(number, { minLength: 1 })),
  }),
  fc.record({
    "anything-but": fc.oneof(
      fc.record({ prefix: lists(some) }),
      fc.record({ suffix: lists(some) }),
      fc.record({ "equals-ignore-case": lists(word) }),
      fc.record({ wildcard: lists(wild) }),
    ),
  }),
);
export const list = fc.array(operator, { minLength: 1, maxLength: 3 });
export const { pattern } = fc.letrec<{ pattern: Fields; branches: Fields[] }>((tie) => ({
  pattern: fc
    .tuple(
      fc.dictionary(key, fc.oneof({ depthSize: "small" }, list, list, tie("pattern")), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
      fc.option(tie("branches"), { freq: 3, depthSize: "small" }),
      list,
    )
    .map(([fields, branches, fallback]) => {
      if (branches) return { ...fields, $or: branches };
      return Object.keys(fields as object).length === 0 ? { a: fallback } : fields;
    }) as fc.Arbitrary<Fields>,
  branches: fc.array(tie("pattern"), { minLength: 2, maxLength: 3 }),
}));

/** Patterns whose $or multiplies beyond the bound are refused, and not of interest here. */
export function compileSmall(source: Fields): ReturnType<typeof compilePattern> {
  try {
    return compilePattern(source);
  } catch (error) {
    fc.pre(!(error instanceof PatternError && /multiply|nested/.test(error.reason)));
    throw error;
  }
}
