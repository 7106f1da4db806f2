// An explanation is given exactly where a pattern does not match, and what it names really fails,
// by the naive interpreter.
import fc from "fast-check";
import { expect, test } from "vitest";
import { compileMismatch } from "../../lib/patterns/explain.ts";
import { describeMismatch } from "../../lib/patterns/words.ts";
import { naiveMatches } from "./naive.ts";

type Fields = Parameters<typeof naiveMatches>[0];

const key = fc.constantFrom("a", "b", "c");
const word = fc.constantFrom("x", "y", "xy", "");
const scalar = fc.oneof(word, fc.constantFrom(0, 1, 2), fc.boolean(), fc.constant(null));
const { event } = fc.letrec<{ event: Fields; value: Fields }>((tie) => ({
  value: fc.oneof({ depthSize: "small" }, scalar, fc.array(tie("value"), { maxLength: 3 }), tie("event")),
  event: fc.dictionary(key, tie("value"), { maxKeys: 3, noNullPrototype: true }),
}));
const operator = fc.oneof(
  scalar,
  fc.record({ exists: fc.boolean() }),
  fc.record({ prefix: word }),
  fc.record({ "anything-but": fc.array(word, { minLength: 1, maxLength: 2 }) }),
  fc.record({ numeric: fc.tuple(fc.constantFrom("<", ">=", "="), fc.constantFrom(0, 1)) }),
);
const list = fc.array(operator, { minLength: 1, maxLength: 2 });
const fields = fc.dictionary(key, fc.oneof(list, list, fc.dictionary(key, list, { minKeys: 1, maxKeys: 2 })), {
  minKeys: 1,
  maxKeys: 3,
  noNullPrototype: true,
});
const branched = withBranches(fields);
const pattern = withBranches(branched) as fc.Arbitrary<Fields>;

function withBranches<T extends object>(one: fc.Arbitrary<T>): fc.Arbitrary<object> {
  const branches = fc.option(fc.array(one, { minLength: 2, maxLength: 2 }), { freq: 2 });
  return fc.tuple(fields, branches).map(([plain, $or]) => ($or === null ? plain : { ...plain, $or }));
}

test("there is a reason exactly where the pattern does not match, and each named field fails by itself", () => {
  fc.assert(
    fc.property(pattern, fc.array(event, { minLength: 1, maxLength: 3 }), (source, events) => {
      const mismatch = compileMismatch(source as Record<string, unknown>);
      for (const each of events) {
        const found = mismatch(each as object);
        expect(found === undefined).toBe(naiveMatches(source, each));
        if (found === undefined) continue;
        expect(found.fields.length + found.together.length).toBeGreaterThan(0);
        expect(describeMismatch(found)).toMatch(/wanted/);
        for (const { field } of found.fields) {
          const tests = testsOf(source as Tree, "").filter(([path]) => path === field);
          expect(tests.some(([path, entries]) => !naiveMatches({ [path]: entries }, each))).toBe(true);
        }
      }
    }),
    { numRuns: 150 },
  );
});

type Tree = { [key: string]: Tree | Fields };

/** Every field's list that stands somewhere in the pattern. */
function testsOf(tree: Tree, prefix: string): [string, Fields][] {
  return Object.entries(tree).flatMap(([key, value]): [string, Fields][] => {
    if (key === "$or") return (value as unknown as Tree[]).flatMap((branch) => testsOf(branch, prefix));
    return Array.isArray(value) ? [[prefix + key, value]] : testsOf(value as Tree, `${prefix}${key}.`);
  });
}
