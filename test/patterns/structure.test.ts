// Patterns over whole events: nested and dotted fields, $or, arrays of objects, and events made to do harm.
import { expect, test } from "vitest";
import { compilePattern } from "../../lib/patterns/pattern.ts";

type Case = [sentence: string, pattern: object, event: object, matches: boolean];

const FIELDS: Case[] = [
  ["all fields must match", { a: ["x"], b: ["y"] }, { a: "x", b: "y" }, true],
  ["one field that differs decides", { a: ["x"], b: ["y"] }, { a: "x", b: "z" }, false],
  ["fields that are not named do not count", { a: ["x"] }, { a: "x", b: "z" }, true],
  ["a nested field", { resource: { id: ["r1"] } }, { resource: { id: "r1" } }, true],
  ["a nested field is not found at the top", { resource: { id: ["r1"] } }, { id: "r1" }, false],
  ["a dotted field is a nested one", { "resource.id": ["r1"] }, { resource: { id: "r1" } }, true],
  ["a nested field is a dotted one", { resource: { id: ["r1"] } }, { "resource.id": "r1" }, true],
  ["a key of the event may hold some of the dots", { a: { b: { c: [1] } } }, { "a.b": { c: 1 } }, true],
  ["values under both spellings count", { "a.b": [2] }, { a: { b: 1 }, "a.b": 2 }, true],
  ["the same field twice: the later counts", { "a.b": [1], a: { b: [2] } }, { a: { b: 1 } }, false],
  ["a field named like an operator", { prefix: ["x"] }, { prefix: "x" }, true],
  ["a field named like a method", { constructor: ["x"] }, {}, false],
  ["a field named __proto__", JSON.parse('{"__proto__":["x"]}'), JSON.parse('{"__proto__":"x"}'), true],
  ["an inherited field is none", { toString: [{ exists: true }] }, {}, false],
  ["a scalar where the pattern goes deeper", { a: { b: [{ exists: false }] } }, { a: 1 }, true],
  ["an event that is a list has no fields", { a: [{ exists: false }] }, [{ a: 1 }], true],
];

const OR: Case[] = [
  ["the first branch", { $or: [{ a: [1] }, { b: [2] }] }, { a: 1 }, true],
  ["the second branch", { $or: [{ a: [1] }, { b: [2] }] }, { b: 2 }, true],
  ["no branch", { $or: [{ a: [1] }, { b: [2] }] }, { a: 2, b: 1 }, false],
  ["a field beside it must hold too", { c: [3], $or: [{ a: [1] }, { b: [2] }] }, { a: 1 }, false],
  ["a branch needs all of its fields", { $or: [{ a: [1], c: [3] }, { b: [2] }] }, { a: 1 }, false],
  ["below a field", { r: { $or: [{ a: [1] }, { b: [2] }] } }, { r: { b: 2 } }, true],
  ["below a field it does not look at the top", { r: { $or: [{ a: [1] }, { b: [2] }] } }, { b: 2 }, false],
  ["inside a branch", { $or: [{ a: [1], $or: [{ b: [1] }, { c: [1] }] }, { d: [1] }] }, { a: 1, c: 1 }, true],
  [
    "twice in one pattern",
    { $or: [{ a: [1] }, { b: [1] }], x: { $or: [{ c: [1] }, { d: [1] }] } },
    { b: 1, x: { d: 1 } },
    true,
  ],
  ["a branch replaces the field beside it", { a: [1], $or: [{ a: [2] }, { b: [1] }] }, { a: 2 }, true],
  ["the other branch keeps the field beside it", { a: [1], $or: [{ a: [2] }, { b: [1] }] }, { a: 2, b: 1 }, true],
  ["the field after it replaces the branches", { $or: [{ a: [2] }, { b: [1] }], a: [1] }, { a: 2 }, false],
  [
    "a field of a branch may have any name that is no word of the language",
    { $or: [{ html: [1] }, { like: [1] }] },
    { html: 1 },
    true,
  ],
  ["with absence in a branch", { $or: [{ a: [{ exists: false }] }, { a: ["x"] }] }, {}, true],
];

const team = {
  people: [
    { name: "Ada", role: "dev" },
    { name: "Bob", role: "ops", tags: ["x", "y"] },
  ],
};
const ARRAYS: Case[] = [
  ["both values come from one element", { people: { name: ["Bob"], role: ["ops"] } }, team, true],
  ["values of two elements are not combined", { people: { name: ["Ada"], role: ["ops"] } }, team, false],
  ["dotted fields follow the same rule", { "people.name": ["Ada"], "people.role": ["ops"] }, team, false],
  ["a list of plain values inside an element", { people: { name: ["Bob"], tags: ["y"] } }, team, true],
  ["two values of one plain list", { people: { tags: ["x"] }, "people.name": ["Bob"] }, team, true],
  ["the element that lacks the field", { people: { name: ["Ada"], tags: [{ exists: false }] } }, team, true],
  ["the element that has the field", { people: { name: ["Bob"], tags: [{ exists: false }] } }, team, false],
  [
    "an absence is judged by the fields before it",
    { people: { name: [{ exists: false }], role: ["ops"] } },
    team,
    false,
  ],
  [
    "different arrays are chosen freely",
    { a: { x: [1] }, b: { x: [2] } },
    { a: [{ x: 0 }, { x: 1 }], b: [{ x: 2 }] },
    true,
  ],
  [
    "nested arrays agree on the outer element",
    { a: { n: [1], b: { m: [2] } } },
    {
      a: [
        { n: 1, b: [{ m: 3 }] },
        { n: 2, b: [{ m: 2 }] },
      ],
    },
    false,
  ],
  [
    "nested arrays agree on the inner element",
    { a: { b: { m: [1], n: [1] } } },
    { a: [{ b: [{ m: 1 }, { n: 1 }] }, { b: [{ n: 1, m: 1 }] }] },
    true,
  ],
  ["lists in lists are arrays too", { a: { m: [1], n: [1] } }, { a: [[{ m: 1 }], [{ n: 1 }]] }, false],
  [
    "a value beside the array goes with any element",
    { a: { k: [1], b: { m: [1] } } },
    { a: { k: 1, b: [{ m: 0 }, { m: 1 }] } },
    true,
  ],
  [
    "a branch of $or is held to one element",
    { people: { $or: [{ name: ["Ada"], role: ["ops"] }, { name: ["Eve"] }] } },
    team,
    false,
  ],
];

test.each([...FIELDS, ...OR, ...ARRAYS])("%s: %j on %j is %s", (_, pattern, event, matches) => {
  expect(compilePattern(pattern).matches(event)).toBe(matches);
});

function nest(depth: number, innermost: unknown, wrap: (inner: unknown) => unknown): object {
  let value = innermost;
  for (let level = 0; level < depth; level++) value = wrap(value);
  return value as object;
}

test("an event nested a hundred thousand deep is judged without harm", () => {
  const pattern = compilePattern({ a: { b: [1] }, l: [1], x: [{ exists: false }] });
  const event = { a: nest(100_000, 1, (inner) => ({ a: inner })), l: nest(100_000, 1, (inner) => [inner, 2]) };
  expect(pattern.matches(event)).toBe(false);
});

test("arrays of many thousand objects are judged in linear time", () => {
  const rows = Array.from({ length: 30_000 }, (_, n) => ({ a: n, b: -n, c: [{ d: n }, { e: n }] }));
  const never = compilePattern({ rows: { a: [{ exists: true }], b: [{ exists: true }], c: { d: [7], e: [7] } } });
  const last = compilePattern({ rows: { a: [29_999], b: [-29_999], c: { d: [29_999] } }, other: { rows: { a: [1] } } });
  expect(never.matches({ rows })).toBe(false);
  expect(last.matches({ rows, other: { rows } })).toBe(true);
});

test("keys with dots that put many arrays on one path are given up on, not followed for ever", () => {
  const rows = (key: string): object[] => [{ e: 1 }, ...Array.from({ length: 500 }, () => ({ [key]: 1 }))];
  const event = { "p.q.r": rows("a"), "p.q": { r: rows("b") }, p: { "q.r": rows("c") } };
  expect(compilePattern({ "p.q.r": { a: [1], b: [1], c: [1] } }).matches(event)).toBe(true);
  expect(compilePattern({ "p.q.r": { a: [1], b: [1], c: [1], e: [1] } }).matches(event)).toBe(false);
});
