// Patterns over single values: exact values, prefix, suffix, equals-ignore-case and wildcard, one sentence per case.
import { expect, test } from "vitest";
import { compilePattern } from "../../lib/patterns/pattern.ts";

type Case = [sentence: string, operators: unknown[], value: unknown, matches: boolean];

const EXACT: Case[] = [
  ["a string equals itself", ["error"], "error", true],
  ["a string differs from one that only starts like it", ["error"], "errors", false],
  ["strings differ by case", ["error"], "Error", false],
  ["any value of the list will do", ["error", "critical"], "critical", true],
  ["the empty string equals itself", [""], "", true],
  ["the empty string is not null", [""], null, false],
  ["a string of digits is not the number", ["5"], 5, false],
  ["a number is not its string of digits", [5], "5", false],
  ["a number equals itself", [5], 5, true],
  ["a number equals its other spelling", [300], 3.0e2, true],
  ["zero equals negative zero", [0], -0, true],
  ["a number differs in the seventh decimal", [0.1234567], 0.1234568, false],
  ["a number with seven decimals equals itself", [0.1234567], 0.1234567, true],
  ["a number beyond the numeric range equals itself", [123456789012], 123456789012, true],
  ["true equals true", [true], true, true],
  ["true is not the string", [true], "true", false],
  ["false is not true", [false], true, false],
  ["null equals null", [null], null, true],
  ["null is not absence", [null], undefined, false],
  ["null is not the string", [null], "null", false],
  ["exactly is an exact string", [{ exactly: "error" }], "error", true],
  ["exactly knows case", [{ exactly: "error" }], "ERROR", false],
  ["a string with quotes equals itself", ['say "hi"'], 'say "hi"', true],
  ["an astral character equals itself", ["🚀"], "🚀", true],
  ["a lone surrogate equals itself", ["\ud800"], "\ud800", true],
  ["an accent written apart is another string", ["caf\u00e9"], "cafe\u0301", false],
  ["an address equals its other spelling", ["2001:db8::1"], "2001:0DB8:0:0:0:0:0:1", true],
  ["an address mapped into IPv6 equals the IPv4 one", ["10.0.0.1"], "::ffff:0a00:0001", true],
  ["an address equals one of IPv6 that begins so", ["10.0.0.1"], "a00:1::7", true],
  ["an address of IPv6 never equals its beginning", ["a00:1::"], "10.0.0.1", false],
  ["an address differs from its neighbour", ["10.0.0.1"], "10.0.0.2", false],
  ["what only looks like an address is plain text", ["10.0.0.256"], "10.0.0.256", true],
  ["a time of day is plain text", ["08:23"], "08:23", true],
  ["two gaps make no address", ["1::2::3"], "1:0:2::3", false],
];

const AFFIX: Case[] = [
  ["a prefix starts the string", [{ prefix: "prod-" }], "prod-7", true],
  ["a prefix equals the whole string", [{ prefix: "prod-" }], "prod-", true],
  ["a prefix is not found later", [{ prefix: "prod" }], "my-prod", false],
  ["a prefix is longer than the string", [{ prefix: "prod-" }], "prod", false],
  ["a prefix knows case", [{ prefix: "prod" }], "Prod-1", false],
  ["an empty prefix takes any string", [{ prefix: "" }], "x", true],
  ["an empty prefix takes the empty string", [{ prefix: "" }], "", true],
  ["an empty prefix takes no number", [{ prefix: "" }], 5, false],
  ["a prefix does not look into numbers", [{ prefix: "5" }], 55, false],
  ["a prefix without case", [{ prefix: { "equals-ignore-case": "PROD" } }], "prod-7", true],
  ["a prefix without case is not found later", [{ prefix: { "equals-ignore-case": "PROD" } }], "a prod", false],
  ["a suffix ends the string", [{ suffix: ".png" }], "a.png", true],
  ["a suffix equals the whole string", [{ suffix: ".png" }], ".png", true],
  ["a suffix is not found earlier", [{ suffix: ".png" }], "a.png.txt", false],
  ["a suffix knows case", [{ suffix: ".png" }], "a.PNG", false],
  ["a suffix does not look into numbers", [{ suffix: "5" }], 55, false],
  ["a suffix without case", [{ suffix: { "equals-ignore-case": ".png" } }], "a.PnG", true],
  ["a suffix without case is longer than the string", [{ suffix: { "equals-ignore-case": ".png" } }], "png", false],
];

const IGNORE_CASE: Case[] = [
  ["case does not count", [{ "equals-ignore-case": "Failed" }], "fAILED", true],
  ["length still counts", [{ "equals-ignore-case": "Failed" }], "failed!", false],
  ["a shorter string differs", [{ "equals-ignore-case": "Failed" }], "faile", false],
  ["letters beyond ASCII have case too", [{ "equals-ignore-case": "GRÖẞE" }], "größe", true],
  ["a letter may grow in upper case", [{ "equals-ignore-case": "straße" }], "STRASSE", true],
  ["the grown letter is not turned back", [{ "equals-ignore-case": "STRASSE" }], "straße", false],
  ["characters without case equal themselves", [{ "equals-ignore-case": "创建 1" }], "创建 1", true],
  ["an astral character equals itself", [{ "equals-ignore-case": "🚀a" }], "🚀A", true],
  ["the empty string equals itself", [{ "equals-ignore-case": "" }], "", true],
  ["booleans are no strings", [{ "equals-ignore-case": "TRUE" }], true, false],
];

const WILDCARD: Case[] = [
  ["a star stands for any text", [{ wildcard: "pull*image" }], "pull the image", true],
  ["a star stands for no text", [{ wildcard: "pull*image" }], "pullimage", true],
  ["a star spans lines", [{ wildcard: "a*b" }], "a\n\nb", true],
  ["without a star the text is exact", [{ wildcard: "abc" }], "abc", true],
  ["without a star nothing may follow", [{ wildcard: "abc" }], "abcd", false],
  ["a star alone takes any string", [{ wildcard: "*" }], "", true],
  ["a star alone takes no number", [{ wildcard: "*" }], 1, false],
  ["a star alone takes no null", [{ wildcard: "*" }], null, false],
  ["a leading star finds the end", [{ wildcard: "*failed" }], "job failed", true],
  ["a leading star finds no middle", [{ wildcard: "*failed" }], "failed job", false],
  ["stars on both sides find a part", [{ wildcard: "*oom*" }], "killed: oom!", true],
  ["the last part is found at the end, not earlier", [{ wildcard: "a*b*b" }], "abxb", true],
  ["one text does not serve two parts", [{ wildcard: "ab*ba" }], "aba", false],
  ["a middle part does not reach into the last", [{ wildcard: "*ab*b" }], "ab", false],
  ["parts come in order", [{ wildcard: "*one*two*" }], "two one", false],
  ["an earlier false start is overcome", [{ wildcard: "*aab" }], "aaab", true],
  ["an escaped star is a star", [{ wildcard: "5\\*5" }], "5*5", true],
  ["an escaped star stands for nothing else", [{ wildcard: "5\\*5" }], "5x5", false],
  ["an escaped backslash is a backslash", [{ wildcard: "C:\\\\*" }], "C:\\temp", true],
  ["a star may follow an escaped one", [{ wildcard: "\\**" }], "*abc", true],
  ["wildcards know case", [{ wildcard: "*Failed*" }], "it failed", false],
  ["other special characters mean themselves", [{ wildcard: "a.c?*" }], "abcd", false],
  ["an astral character is found whole", [{ wildcard: "*🚀" }], "go 🚀", true],
];

test.each([...EXACT, ...AFFIX, ...IGNORE_CASE, ...WILDCARD])("%s: %j on %j is %s", (_, operators, value, matches) => {
  expect(compilePattern({ field: operators }).matches({ field: value })).toBe(matches);
});

test("a wildcard with many stars is judged at once on text made to slow it down", () => {
  const pattern = compilePattern({ text: [{ wildcard: `*${"a*".repeat(200)}b` }] });
  expect(pattern.matches({ text: "a".repeat(100_000) })).toBe(false);
});
