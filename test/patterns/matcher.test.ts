// Many rules against one event: order, buckets by exact values, shared tests, and errors that name the rule.
import { expect, test } from "vitest";
import { createMatcher, InvalidPatternError } from "../../lib/patterns/matcher.ts";

const rules = [
  { id: "any", when: { source: [{ exists: true }] } },
  { id: "error", when: { source: ["service-events"], level: ["error"] } },
  { id: "warning", when: { source: ["service-events"], level: ["warning", "error"] } },
  { id: "either", when: { $or: [{ source: ["pool-events"] }, { level: ["error"] }] } },
  { id: "text", when: { source: ["service-events"], text: [{ wildcard: "*image*" }] } },
  { id: "quiet", when: { level: ["normal"] } },
  { id: "silent", when: { late: [{ exists: false }] } },
];

test.each([
  [
    "several rules match",
    { source: "service-events", level: "error", text: "pull image" },
    ["any", "error", "warning", "either", "text", "silent"],
  ],
  [
    "a rule whose two branches match is named once",
    { source: "pool-events", level: "error" },
    ["any", "either", "silent"],
  ],
  ["rules with a value that the event lacks are left out", { source: "x", level: "normal", late: 1 }, ["any", "quiet"]],
  ["an empty event meets only absences", {}, ["silent"]],
  ["a list of values meets each bucket", { level: ["normal", "error", "error"], late: 0 }, ["either", "quiet"]],
])("%s", (_, event, ids) => {
  expect(createMatcher(rules).match(event)).toEqual(ids);
});

test("no rules match nothing", () => {
  expect(createMatcher([]).match({ a: 1 })).toEqual([]);
});

test("events do not leave traces in later ones", () => {
  const { match } = createMatcher(rules);
  const first = match({ source: "service-events", level: "error" });
  match({ level: "normal", late: 3 });
  expect(match({ source: "service-events", level: "error" })).toEqual(first);
});

test("an invalid rule is named with the place and the reason", () => {
  const build = () => createMatcher([...rules, { id: "broken", when: { level: "error" } }]);
  expect(build).toThrow(InvalidPatternError);
  expect(build).toThrow(
    expect.objectContaining({
      ruleId: "broken",
      path: ["level"],
      reason: expect.stringContaining('write ["error"]'),
      message: expect.stringMatching(/^rule broken: level: /),
    }),
  );
});

test("of ten thousand rules, each for its own resource, the one is found", () => {
  const many = Array.from({ length: 10_000 }, (_, n) => ({
    id: `r${n}`,
    when: { source: ["service-events"], resource: { id: [`id-${n}`] }, text: [{ wildcard: `*${n}*a*` }] },
  }));
  const { match } = createMatcher(many);
  const event = { source: "service-events", resource: { id: "id-77" }, text: `${"0123456789".repeat(1000)} 77 a` };
  expect(match(event)).toEqual(["r77"]);
});

test("rules that overlap on one field are each found: exact, beginnings of beginnings, ends, wildcards, exclusions, ranges", () => {
  const words = Array.from({ length: 30 }, (_, n) => `part${n}`);
  const { match } = createMatcher([
    { id: "exact", when: { a: ["part7 and part8"] } },
    { id: "start", when: { a: [{ prefix: "part7" }] } },
    { id: "shorter", when: { a: [{ prefix: "par" }] } },
    { id: "none", when: { a: [{ prefix: "" }] } },
    { id: "end", when: { a: [{ suffix: "part8" }] } },
    { id: "case", when: { a: [{ suffix: { "equals-ignore-case": "PART8" } }] } },
    { id: "not", when: { a: [{ "anything-but": { prefix: "part7 and" } }] } },
    { id: "other", when: { a: [{ "anything-but": ["part7"] }] } },
    { id: "range", when: { a: [{ numeric: [">=", 5, "<", 6] }] } },
    ...words.map((word) => ({ id: word, when: { a: [{ wildcard: `*${word} *` }] } })),
  ]);
  expect(match({ a: "part7 and part8" })).toEqual([
    ...["exact", "start", "shorter", "none", "end", "case", "other", "part7"],
  ]);
  expect(match({ a: "part12 part12 part13 " })).toEqual(["shorter", "none", "not", "other", "part12", "part13"]);
  expect(match({ a: 5 })).toEqual(["not", "other", "range"]);
  expect(match({ a: ["part7", 5.5] })).toEqual(["start", "shorter", "none", "not", "other", "range"]);
});

test("fields are the event's own: what every object inherits is none of them", () => {
  const paths = ["__proto__", "constructor", "toString", "a.__proto__", "a.constructor", "constructor.name", "a.b.c"];
  const { match } = createMatcher(paths.map((id) => ({ id, when: { [id]: [{ exists: true }, null] } })));
  expect(match({ a: {} })).toEqual([]);
  expect(match(JSON.parse('{"__proto__": 1, "a": {"constructor": null}, "constructor": {"name": "x"}}'))).toEqual([
    ...["__proto__", "a.constructor", "constructor.name"],
  ]);
  for (const event of [{ "a.b.c": 1 }, { a: { "b.c": 1 } }, { "a.b": { c: 1 } }, { a: { b: { c: 1 } } }])
    expect(match(event)).toEqual(["a.b.c"]);
});

test("a wildcard of a hundred thousand parts and a text that repeats one are matched", () => {
  const rules = Array.from({ length: 20 }, (_, n) => ({
    id: `r${n}`,
    when: { a: [{ wildcard: `*${n}${"a*".repeat(n)}b*` }] },
  }));
  const many = { id: "many", when: { a: [{ wildcard: `${"*a".repeat(100_000)}*` }] } };
  const { match } = createMatcher([...rules, many]);
  expect(match({ a: "a".repeat(100_000) })).toEqual(["many"]);
  expect(match({ a: `0b${"a".repeat(99_999)}` })).toEqual(["r0"]);
});
