// Many rules at once: what the index that they share finds is what the naive interpreter says of each, in order.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Pattern } from "../../lib/model/config.ts";
import { compileMatcher, createMatcher } from "../../lib/patterns/matcher.ts";
import { compileSmall, event, type Fields, list, operator, pattern, scalar } from "./arbitraries.ts";
import { naiveMatches } from "./naive.ts";

/**
 * So few fields that rules crowd on each: some demand the same source, most have one operator on a
 * field of their choice.
 */
const crowded: fc.Arbitrary<Fields> = fc.oneof(
  fc.record({ text: fc.tuple(operator) }),
  fc.record({ source: fc.subarray(["x", "y", "z"], { minLength: 1 }), text: list }),
  fc.record({ source: fc.constantFrom(["x"], ["y"]), text: fc.tuple(operator), n: list }, { requiredKeys: ["text"] }),
  fc.record({ items: fc.record({ text: list, n: list }, { requiredKeys: ["text"] }), text: list }),
) as fc.Arbitrary<Fields>;

/** Flat events with lists, absent fields and nulls, and sometimes objects in arrays. */
const sparse: fc.Arbitrary<Fields> = fc.record(
  {
    source: fc.oneof(fc.constantFrom("x", "y"), fc.constant(["x", "y", "x"])),
    text: fc.oneof({ weight: 4, arbitrary: scalar }, { weight: 1, arbitrary: fc.array(scalar, { maxLength: 4 }) }),
    n: scalar,
    items: fc.array(fc.record({ text: scalar, n: scalar }, { requiredKeys: [] }), { maxLength: 3 }),
    "items.text": scalar,
  },
  { requiredKeys: [], noNullPrototype: true },
) as fc.Arbitrary<Fields>;

/** Events long enough to hold several wildcards' texts. */
const wordy = fc
  .array(fc.constantFrom("ab", "abc", "b", "aab", "bca", "é", " ", "cab"), { maxLength: 12 })
  .map((words) => words.join(""));
const wild = fc
  .array(fc.constantFrom("ab", "abc", "a", "bca", "éb", "*"), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.join("").replace(/\*+/g, "*"));
const affix = fc
  .array(fc.constantFrom("a", "ab", "b", "c", "é"), { minLength: 1, maxLength: 6 })
  .map((p) => p.join(""));
const textRule: fc.Arbitrary<Fields> = fc
  .oneof(
    fc.record({ wildcard: wild }),
    fc.record({ wildcard: wild.map((text) => `*${text}*`.replace(/\*+/g, "*")) }),
    fc.record({ prefix: affix }),
    fc.record({ suffix: affix }),
    fc.record({ suffix: fc.record({ "equals-ignore-case": affix }) }),
    fc.record({ "anything-but": fc.record({ wildcard: fc.array(wild, { minLength: 1, maxLength: 3 }) }) }),
    fc.record({ "anything-but": fc.array(wordy, { minLength: 1, maxLength: 3 }) }),
  )
  .chain((first) =>
    fc.constantFrom<Fields>(
      { text: [first] } as Fields,
      { text: [first], level: [{ "anything-but": ["c"] }] } as Fields,
      { $or: [{ text: [first] }, { level: ["c"] }] } as Fields,
    ),
  );

/** Ranges that nest, touch and overlap. */
const numberRule: fc.Arbitrary<Fields> = fc
  .tuple(
    fc.constantFrom(">", ">="),
    fc.integer({ min: -5, max: 5 }),
    fc.constantFrom("<", "<="),
    fc.integer({ min: 1, max: 6 }),
  )
  .map(([lower, low, upper, width]) => ({ n: [{ numeric: [lower, low, upper, low + width] }] }));

/** Rules of which few share a source: their values differ in a few characters or bits, as do those of the events. */
const text = fc.constantFrom("a", "ab", "abcd", "abcde", "xbcd", "1abcd", "abcd1", "é", "\u01e9");
const number = fc.constantFrom(0, 1, 1.5, -1, 2 ** 31, 2 ** 31 + 1, -(2 ** 31), -(2 ** 31) - 1, 2 ** 40);
const value = fc.oneof(text, number, fc.constantFrom("", null, true, false));
const range = fc
  .tuple(fc.constantFrom(">", ">="), number, fc.constantFrom("<", "<="), number)
  .map(([lower, one, upper, other]) => [lower, Math.min(one, other), upper, Math.max(one, other) + 1]);
const selective = fc.oneof(
  value,
  fc.record({ prefix: text }),
  fc.record({ suffix: text }),
  fc.record({ wildcard: fc.constantFrom("*", "a*", "*d", "ab*d", "*bc*", "abcd*1", "*1") }),
  fc.record({ "anything-but": fc.array(text, { minLength: 1, maxLength: 9 }) }),
  fc.record({ "anything-but": fc.array(number, { minLength: 1, maxLength: 3 }) }),
  fc.record({ numeric: range }),
);
const short = { minLength: 1, maxLength: 2 };
const fewOfSource = fc.record(
  { source: fc.subarray(["x", "y", "z"], short), text: fc.array(selective, short), n: fc.array(selective, short) },
  { requiredKeys: ["source"] },
) as fc.Arbitrary<unknown> as fc.Arbitrary<Fields>;
const ofSource = fc.record(
  {
    source: fc.constantFrom("x", "y", "z"),
    text: fc.oneof({ weight: 5, arbitrary: value }, { weight: 1, arbitrary: fc.array(value, { maxLength: 3 }) }),
    n: value,
  },
  { requiredKeys: ["source"], noNullPrototype: true },
) as fc.Arbitrary<Fields>;

function expectAsNaive(sources: readonly Fields[], events: readonly Fields[]): void {
  const compiled = sources.map(compileSmall);
  const { match } = compileMatcher(compiled);
  for (const each of events) {
    const naive = sources.flatMap((source, index) => (naiveMatches(source, each) ? [index] : []));
    expect(match(each as object)).toEqual(naive);
  }
}

const RUNS = 80;
const some = { minLength: 1, maxLength: 4 };

test("rules of any shape", () => {
  fc.assert(fc.property(fc.array(pattern, { maxLength: 20 }), fc.array(event, some), expectAsNaive), { numRuns: 25 });
});

test("rules crowded on few fields, with lists, absent fields, nulls and objects in arrays", () => {
  fc.assert(fc.property(fc.array(crowded, { minLength: 10, maxLength: 60 }), fc.array(sparse, some), expectAsNaive), {
    numRuns: RUNS,
  });
});

test("wildcards, beginnings and ends that overlap, in texts long enough to hold many", () => {
  const long = fc.record({ text: wordy, level: fc.constantFrom("b", "c") }, { requiredKeys: ["text"] });
  fc.assert(
    fc.property(fc.array(textRule, { minLength: 20, maxLength: 80 }), fc.array(long, some), (sources, events) =>
      expectAsNaive(sources, events as Fields[]),
    ),
    { numRuns: RUNS },
  );
});

test("a few rules to each source, whose values differ in a few characters or bits", () => {
  fc.assert(
    fc.property(fc.array(fewOfSource, { minLength: 4, maxLength: 20 }), fc.array(ofSource, some), expectAsNaive),
    {
      numRuns: 400,
    },
  );
});

test("ranges that nest and touch", () => {
  const number = fc.oneof(fc.integer({ min: -7, max: 13 }), fc.constantFrom(0.5, 0.0000001, -5.000001));
  fc.assert(
    fc.property(fc.array(numberRule, { minLength: 1, maxLength: 40 }), fc.array(number, some), (sources, numbers) =>
      expectAsNaive(
        sources,
        numbers.map((n) => ({ n })),
      ),
    ),
    { numRuns: RUNS },
  );
});

test("whatever JSON the event is, nothing is thrown and nothing remembered", () => {
  const rules = fc.array(crowded, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(rules, fc.jsonValue(), sparse, (sources, anything, known) => {
      const { match } = createMatcher(sources.map((when, id) => ({ id: `${id}`, when: when as Pattern })));
      const before = match(known as object);
      match(anything as object);
      expect(match(known as object)).toEqual(before);
    }),
    { numRuns: RUNS },
  );
});
