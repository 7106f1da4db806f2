// Patterns that are refused: each with the place that is wrong and words that name the reason.
import { expect, test } from "vitest";
import { PatternError } from "../../lib/patterns/error.ts";
import { compilePattern, parsePatternText } from "../../lib/patterns/pattern.ts";

type Case = [sentence: string, pattern: unknown, path: (string | number)[], reason: RegExp];

const inField = (entry: unknown): object => ({ f: [entry] });
const within = (depth: number): object => (depth === 0 ? { f: ["x"] } : { f: within(depth - 1) });
const branches = (count: number, prefix: string): object[] =>
  Array.from({ length: count }, (_, n) => ({ [`${prefix}${n}`]: [1] }));

const SHAPE: Case[] = [
  ["a list", [{ f: [1] }], [], /must be an object of fields, not a list/],
  ["a string", "source", [], /not "source"/],
  ["null", null, [], /not null/],
  ["nothing", undefined, [], /not undefined/],
  ["no fields", {}, [], /is empty/],
  ["no fields below a field", { a: { b: {} } }, ["a", "b"], /is empty/],
  ["a value without its list", { level: "error" }, ["level"], /write \["error"\]/],
  ["a number without its list", { a: { count: 5 } }, ["a", "count"], /write \[5\]/],
  ["null without its list", { reason: null }, ["reason"], /write \[null\]/],
  ["an operator without its list", { text: { prefix: "a" } }, ["text", "prefix"], /write \[{ "prefix": "a" }\]/],
  ["an empty list", { level: [] }, ["level"], /list is empty/],
  ["an empty list of a field without name", { a: { "": [] } }, ["a", ""], /list is empty/],
  ["a list in a list", inField(["x"]), ["f", 0], /not a list/],
  ["a number that JSON cannot hold", inField(Number.NaN), ["f", 0], /NaN/],
  ["an infinite number", inField(Number.POSITIVE_INFINITY), ["f", 0], /Infinity/],
  ["a hole in a list", { f: new Array(1) }, ["f", 0], /not undefined/],
  ["a hole in anything-but", inField({ "anything-but": new Array(1) }), ["f", 0, "anything-but", 0], /not undefined/],
  ["a hole in $or", { $or: new Array(2) }, ["$or", 0], /not undefined/],
  ["a value that is no JSON", inField(undefined), ["f", 0], /must be a string, a number/],
  ["too deep a nesting", within(101), [], /more than 100 levels/],
  ["too many fields", Object.fromEntries(Array.from({ length: 257 }, (_, n) => [n, [1]])), [], /more than 256 fields/],
];

const OPERATORS: Case[] = [
  [
    "an operator that does not exist",
    inField({ regex: "a" }),
    ["f", 0, "regex"],
    /there are exactly, equals-ignore-case/,
  ],
  [
    "an operator's name inherited by every object",
    inField({ constructor: "a" }),
    ["f", 0, "constructor"],
    /is no operator/,
  ],
  ["no operator", inField({}), ["f", 0], /is empty/],
  ["two operators in one entry", inField({ prefix: "a", suffix: "b" }), ["f", 0, "suffix"], /only one key/],
  ["exactly a number", inField({ exactly: 5 }), ["f", 0, "exactly"], /must be a string, not 5/],
  ["a prefix that is a number", inField({ prefix: 5 }), ["f", 0, "prefix"], /must be a string/],
  ["a prefix that is a list", inField({ prefix: ["a"] }), ["f", 0, "prefix"], /not a list/],
  [
    "a prefix of an unknown kind",
    inField({ prefix: { wildcard: "a" } }),
    ["f", 0, "prefix", "wildcard"],
    /equals-ignore-case/,
  ],
  ["a prefix of no kind", inField({ prefix: {} }), ["f", 0, "prefix"], /is empty/],
  ["a suffix that is null", inField({ suffix: null }), ["f", 0, "suffix"], /not null/],
  [
    "a suffix without case that is a number",
    inField({ suffix: { "equals-ignore-case": 1 } }),
    ["f", 0, "suffix", "equals-ignore-case"],
    /must be a string/,
  ],
  [
    "equals-ignore-case of a list",
    inField({ "equals-ignore-case": ["a"] }),
    ["f", 0, "equals-ignore-case"],
    /not a list/,
  ],
  ["a wildcard that is a number", inField({ wildcard: 5 }), ["f", 0, "wildcard"], /must be a string/],
  ["two stars in a row", inField({ wildcard: "a**b" }), ["f", 0, "wildcard"], /"\*\*" at position 2/],
  ["a backslash before another character", inField({ wildcard: "a\\d" }), ["f", 0, "wildcard"], /at position 2/],
  ["a backslash at the end", inField({ wildcard: "a\\" }), ["f", 0, "wildcard"], /at position 2/],
  ["exists neither true nor false", inField({ exists: "yes" }), ["f", 0, "exists"], /true or false, not "yes"/],
  ["the second entry of a list", { f: ["ok", { exists: 1 }] }, ["f", 1, "exists"], /true or false/],
];

const ANYTHING_BUT: Case[] = [
  ["anything-but null", inField({ "anything-but": null }), ["f", 0, "anything-but"], /not null/],
  ["anything-but true", inField({ "anything-but": true }), ["f", 0, "anything-but"], /not true/],
  ["anything-but an empty list", inField({ "anything-but": [] }), ["f", 0, "anything-but"], /list is empty/],
  ["strings and numbers mixed", inField({ "anything-but": ["a", 1] }), ["f", 0, "anything-but", 1], /cannot be mixed/],
  ["null in the list", inField({ "anything-but": ["a", null] }), ["f", 0, "anything-but", 1], /not null/],
  [
    "anything-but a number beyond all doubles",
    inField({ "anything-but": Number.POSITIVE_INFINITY }),
    ["f", 0, "anything-but"],
    /no number that an event can hold/,
  ],
  [
    "an operator that it does not take",
    inField({ "anything-but": { numeric: ["=", 1] } }),
    ["f", 0, "anything-but", "numeric"],
    /takes values/,
  ],
  ["no operator inside", inField({ "anything-but": {} }), ["f", 0, "anything-but"], /is empty/],
  [
    "an empty prefix inside",
    inField({ "anything-but": { prefix: "" } }),
    ["f", 0, "anything-but", "prefix"],
    /every string/,
  ],
  [
    "an empty suffix in a list inside",
    inField({ "anything-but": { suffix: ["a", ""] } }),
    ["f", 0, "anything-but", "suffix", 1],
    /every string/,
  ],
  [
    "a prefix without case inside",
    inField({ "anything-but": { prefix: { "equals-ignore-case": "a" } } }),
    ["f", 0, "anything-but", "prefix"],
    /must be a string/,
  ],
  [
    "numbers in a list inside",
    inField({ "anything-but": { wildcard: [1] } }),
    ["f", 0, "anything-but", "wildcard", 0],
    /must be a string/,
  ],
  [
    "a wildcard with two stars inside",
    inField({ "anything-but": { wildcard: ["a", "**"] } }),
    ["f", 0, "anything-but", "wildcard", 1],
    /"\*\*"/,
  ],
  [
    "an empty list inside",
    inField({ "anything-but": { prefix: [] } }),
    ["f", 0, "anything-but", "prefix"],
    /list is empty/,
  ],
];

const NUMERIC: Case[] = [
  ["numeric without a list", inField({ numeric: 5 }), ["f", 0, "numeric"], /takes a list/],
  ["an empty numeric", inField({ numeric: [] }), ["f", 0, "numeric", 0], /must be one of/],
  ["an unknown comparison", inField({ numeric: ["==", 1] }), ["f", 0, "numeric", 0], /not "=="/],
  ["a comparison without number", inField({ numeric: [">"] }), ["f", 0, "numeric", 1], /a number is missing/],
  ["a comparison with text", inField({ numeric: ["=", "1"] }), ["f", 0, "numeric", 1], /must be a number, not "1"/],
  [
    "a number beyond all doubles",
    inField({ numeric: ["<", Number.POSITIVE_INFINITY] }),
    ["f", 0, "numeric", 1],
    /no number that an event can hold/,
  ],
  [
    "an upper bound first",
    inField({ numeric: ["<", 5, ">", 1] }),
    ["f", 0, "numeric", 2],
    /starts with its lower bound/,
  ],
  ["something after equals", inField({ numeric: ["=", 5, "<", 6] }), ["f", 0, "numeric", 2], /nothing may follow/],
  ["two lower bounds", inField({ numeric: [">", 1, ">=", 2] }), ["f", 0, "numeric", 2], /after ">"/],
  ["an upper bound without number", inField({ numeric: [">", 1, "<"] }), ["f", 0, "numeric", 3], /a number is missing/],
  ["more than a range", inField({ numeric: [">", 1, "<", 2, "<", 3] }), ["f", 0, "numeric", 4], /nothing may follow/],
  ["bounds in reverse", inField({ numeric: [">", 2, "<", 1] }), ["f", 0, "numeric"], /must be less than/],
  [
    "a bound above which there is no number",
    inField({ numeric: [">", Number.MAX_VALUE] }),
    ["f", 0, "numeric"],
    /less than/,
  ],
  [
    "a bound below which there is no number",
    inField({ numeric: ["<", -Number.MAX_VALUE] }),
    ["f", 0, "numeric"],
    /less than/,
  ],
  ["bounds that are equal", inField({ numeric: [">=", 1, "<=", 1] }), ["f", 0, "numeric"], /must be less than/],
];

const CIDR: Case[] = [
  ["a range that is a number", inField({ cidr: 10 }), ["f", 0, "cidr"], /not 10/],
  ["a range without bits", inField({ cidr: "10.0.0.0" }), ["f", 0, "cidr"], /one "\/"/],
  ["a range with two slashes", inField({ cidr: "10.0.0.0/8/8" }), ["f", 0, "cidr"], /one "\/"/],
  ["a range of no address", inField({ cidr: "10.0.0/8" }), ["f", 0, "cidr"], /no IPv4 or IPv6 address/],
  ["a range of a name", inField({ cidr: "localhost/8" }), ["f", 0, "cidr"], /no IPv4 or IPv6 address/],
  ["bits that are no number", inField({ cidr: "10.0.0.0/x" }), ["f", 0, "cidr"], /from 0 to 31/],
  ["as many bits as the IPv4 address", inField({ cidr: "10.0.0.1/32" }), ["f", 0, "cidr"], /single address/],
  ["as many bits as the IPv6 address", inField({ cidr: "::1/128" }), ["f", 0, "cidr"], /from 0 to 127/],
];

const OR: Case[] = [
  ["$or of an object", { $or: { a: [1] } }, ["$or"], /at least two objects/],
  ["$or of one branch", { $or: [{ a: [1] }] }, ["$or"], /at least two/],
  ["$or of values", { $or: ["a", "b"] }, ["$or", 0], /must be an object of fields, not "a"/],
  ["$or with an empty branch", { r: { $or: [{ a: [1] }, {}] } }, ["r", "$or", 1], /is empty/],
  [
    "an operator's name as a field in $or",
    { $or: [{ prefix: ["a"] }, { b: [1] }] },
    ["$or", 0, "prefix"],
    /word of the pattern language/,
  ],
  [
    "a word kept for later, deep in $or",
    { $or: [{ a: [1] }, { b: { regex: [1] } }] },
    ["$or", 1, "b", "regex"],
    /word of the pattern/,
  ],
  ["an error inside a branch", { $or: [{ a: [1] }, { b: "x" }] }, ["$or", 1, "b"], /write \["x"\]/],
  [
    "too many combinations",
    { a: { $or: branches(40, "a") }, b: { $or: branches(40, "b") } },
    ["b", "$or"],
    /more than 1000/,
  ],
];

test.each([...SHAPE, ...OPERATORS, ...ANYTHING_BUT, ...NUMERIC, ...CIDR, ...OR])(
  "refused: %s",
  (_, pattern, path, reason) => {
    const error = errorOf(() => compilePattern(pattern));
    expect(error.path).toEqual(path);
    expect(error.reason).toMatch(reason);
  },
);

test("the message names the place as a person would", () => {
  const error = errorOf(() => compilePattern({ $or: [{ a: [1] }, { resource: { id: ["x", { prefix: 1 }] } }] }));
  expect(error.message).toBe("$or[1].resource.id[1].prefix: must be a string, not 1");
});

test("a pattern that contains itself is refused", () => {
  const pattern: Record<string, unknown> = {};
  pattern["a"] = pattern;
  expect(errorOf(() => compilePattern(pattern)).reason).toMatch(/100 levels/);
});

test.each([
  ["text that is no JSON", '{"a": [1,]}', /not valid JSON/],
  ["a number too large", '{"a": [{"numeric": ["<", 1e400]}]}', /1e400/],
  ["a number too small", '{"a": [{"numeric": ["=", 1e-400]}]}', /1e-400/],
  ["a number with too many digits", '{"a": [9007199254740993]}', /9007199254740993/],
])("refused as text: %s", (_, text, reason) => {
  expect(errorOf(() => parsePatternText(text)).reason).toMatch(reason);
});

test("a number that loses digits is named with its place in the text", () => {
  const text = '{"a":{"$or":[{"b":["x"]},{"c":["y",{"numeric":[">",9007199254740993]}]}]},"d":[1e400]}';
  const { path, message } = errorOf(() => parsePatternText(text));
  expect(path).toEqual(["a", "$or", 1, "c", 1, "numeric", 1]);
  expect(message).toMatch(/^a\.\$or\[1\]\.c\[1\]\.numeric\[1\]: the number "9007199254740993" is too large/);
});

test.each(["0", "-0.0", "300.0", "3.00e2", "0.000001", "1E-6", "27.807807921694092", "1e21"])(
  "kept as text: the number %s",
  (text) => {
    expect(parsePatternText(`{"a":[${text}]}`)).toEqual({ a: [Number(text)] });
  },
);

function errorOf(run: () => unknown): PatternError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(PatternError);
    return error as PatternError;
  }
  throw new Error("nothing was refused");
}
