// Extraction: named groups become values, numbers where nothing is lost; what is wrong with a pattern is said in words.
import { expect, test } from "vitest";
import { compileExtract } from "../../lib/rules/extract.ts";

function extract(text: unknown, ...patterns: string[]): Record<string, string | number> {
  return compileExtract(patterns.map((pattern) => ({ field: "message", pattern })))({ message: text }).extracted;
}

test.each<[sentence: string, text: unknown, patterns: string[], extracted: object]>([
  [
    "every named group becomes a value",
    "nodes changed to 3/5",
    ["to (?<available>\\d+)/(?<abnormal>\\d+)"],
    { available: 3, abnormal: 5 },
  ],
  ["Python's way to name a group is read too", "exit 137", ["exit (?P<code>\\d+)"], { code: 137 }],
  ["the first match counts", "a1 a2", ["a(?<n>\\d)"], { n: 1 }],
  ["a text that does not match gives nothing", "nothing here", ["(?<n>\\d+)"], {}],
  ["a group that took no part is absent", "left", ["(?<a>left)|(?<b>right)"], { a: "left" }],
  ["an empty group is empty text", "x=", ["x=(?<v>\\d*)"], { v: "" }],
  ["later patterns win", "a1 b2", ["a(?<n>\\d)", "b(?<n>\\d)"], { n: 2 }],
  ["a later pattern that does not match takes nothing away", "a1", ["a(?<n>\\d)", "b(?<n>\\d)"], { n: 1 }],
  ["leading zeros stay text", "id 007", ["id (?<id>\\d+)"], { id: "007" }],
  ["zero is a number", "exit 0", ["exit (?<id>\\d+)"], { id: 0 }],
  ["a decimal fraction is a number", "used 98.50%", ["(?<used>[\\d.]+)%"], { used: 98.5 }],
  ["a sign is read", "at -4.5 and -0", ["(?<a>-[\\d.]+) and (?<b>-0)"], { a: -4.5, b: 0 }],
  [
    "more digits than a number holds stay text",
    "job 1234567890123456",
    ["job (?<id>\\d+)"],
    { id: "1234567890123456" },
  ],
  [
    "powers, points and signs alone stay text",
    "1e5 1. +1 .5",
    ["(?<a>\\S+) (?<b>\\S+) (?<c>\\S+) (?<d>\\S+)"],
    { a: "1e5", b: "1.", c: "+1", d: ".5" },
  ],
  [
    "letters beyond ASCII are whole",
    "Modell 😀 grün",
    ["Modell (?<face>.) gr(?<rest>\\pL+)"],
    { face: "😀", rest: "ün" },
  ],
  ["case is ignored where asked", "EXIT 1", ["(?i)exit (?<code>\\d)"], { code: 1 }],
  ["a number is read as its text", 404, ["^(?<hundreds>\\d)"], { hundreds: 4 }],
  ["lists, objects, null and missing fields give nothing", ["a"], ["(?<a>.)"], {}],
  ["null gives nothing", null, ["(?<a>.)"], {}],
  ["a missing field gives nothing", undefined, ["(?<a>.)"], {}],
  [
    "names of an object's own parts are names like any other",
    "x",
    ["(?<constructor>x)(?<toString>y)?"],
    { constructor: "x" },
  ],
])("%s", (_, text, patterns, extracted) => {
  expect(extract(text, ...patterns)).toEqual(extracted);
});

test("fields are dotted paths, and keys that hold dots are found", () => {
  const specs = [
    { field: "resource.name", pattern: "^(?<team>[a-z]+)-" },
    { field: "data.exit.code", pattern: "(?<code>\\d+)" },
  ];
  const event = { resource: { name: "vision-7" }, data: { "exit.code": 137 } };
  expect(compileExtract(specs)(event)).toEqual({ extracted: { team: "vision", code: 137 }, failed: 0 });
});

test.each<[sentence: string, pattern: string, message: string]>([
  ["an open group", "(?<a>x", '[1].pattern: is no RE2 regular expression: missing closing ): "(?<a>x"'],
  ["a reference back", "(?<a>x)\\1", 'invalid escape sequence: "\\1"; it knows no references back to a group'],
  ["a look-ahead", "(?<a>x)(?!y)", "it knows no look-ahead and no look-behind"],
  ["a look-behind", "(?<=y)(?<a>x)", "it knows no look-ahead and no look-behind"],
  ["a name of other letters", "(?<a-b>x)", "a name is of letters, digits and _"],
  ["a name given twice", "(?<a>x)(?<a>y)", 'duplicate capture group name: "a"'],
  ["no named group", "(x)", "[1].pattern: names no group: write (?<name>…)"],
  ["an empty pattern", "", "names no group"],
  ["a name that objects keep for themselves", "(?<__proto__>x)", "take another name"],
  ["too many characters", `(?<a>${"x".repeat(1000)})`, "is longer than 1000 characters"],
  ["too many groups", `(?<a>${"(x)".repeat(30)})`, "has more than 30 groups"],
  ["repetitions of repetitions", "(?<a>(\\pL{0,30}){0,30})", "is too large: shorten it"],
  ["more repetitions than RE2 counts", "(?<a>((x{100}){100}){100})", "invalid repeat count"],
  ["very deep nesting", `${"(?:".repeat(240)}(?<a>${"*".repeat(3)})${")".repeat(240)}`, "is no RE2 regular expression"],
])("%s is refused with its place and reason", (_, pattern, message) => {
  const specs = [
    { field: "message", pattern: "(?<ok>x)" },
    { field: "message", pattern },
  ];
  expect(() => compileExtract(specs)).toThrow(message);
});
