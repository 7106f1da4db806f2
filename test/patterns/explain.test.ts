// Why a pattern does not match, in words: the first field that fails, its value, and what was wanted.
import { describe, expect, test } from "vitest";
import { compileMismatch } from "../../lib/patterns/explain.ts";
import { describeMismatch } from "../../lib/patterns/words.ts";

function why(pattern: Record<string, unknown>, event: object): string | undefined {
  const mismatch = compileMismatch(pattern)(event);
  return mismatch && describeMismatch(mismatch);
}

describe("the field", () => {
  test.each([
    ["a pattern that matches has no reason", { a: ["x"] }, { a: "x" }, undefined],
    [
      "the first field in the pattern's order",
      { level: ["error"], a: ["x"] },
      { a: "y", level: "normal" },
      `level is "normal", wanted "error"`,
    ],
    [
      "a field that holds is passed over",
      { level: ["error"], a: ["x"] },
      { a: "y", level: "error" },
      `a is "y", wanted "x"`,
    ],
    [
      "a nested field by its path",
      { resource: { id: ["s"] } },
      { resource: { id: "t" } },
      `resource.id is "t", wanted "s"`,
    ],
    ["one that the event lacks", { a: { b: [1] } }, { a: {} }, "a.b is missing, wanted 1"],
    ["null is a value", { reason: ["x"] }, { reason: null }, `reason is null, wanted "x"`],
    [
      "what is absent beside one element matches, though another element has it",
      { b: ["x"], "b.a": [{ exists: false }] },
      { b: [["x"], { a: "y" }] },
      undefined,
    ],
    ["a list has several", { a: ["z"] }, { a: ["x", "y"] }, `a has "x" and "y", wanted "z"`],
    [
      "of alternatives the one with the fewest failing fields",
      {
        $or: [
          { a: ["x"], b: ["x"] },
          { a: ["y"], b: ["y"] },
        ],
      },
      { a: "y", b: "z" },
      `b is "z", wanted "y"`,
    ],
    [
      "of equally near ones the one that holds longest",
      {
        $or: [
          { a: ["x"], b: ["y"] },
          { a: ["y"], b: ["x"] },
        ],
      },
      { a: "y", b: "y" },
      `b is "y", wanted "x"`,
    ],
    [
      "the first field in the order of its own alternative",
      {
        $or: [
          { a: ["x"], c: ["x"], b: ["x"] },
          { a: ["y"], b: ["x"], c: ["x"] },
        ],
      },
      { a: "y", b: "z", c: "z" },
      `b is "z", wanted "x"`,
    ],
    [
      "fields around alternatives in their order",
      { a: ["y"], $or: [{ b: ["x"] }, { c: ["x"] }], d: ["x"], $: ["x"] },
      { a: "y", b: "x", d: "z", $: "z" },
      `d is "z", wanted "x"`,
    ],
    ["a field that holds other fields", { a: ["x"] }, { a: { b: "x" } }, `a holds no value of its own, wanted "x"`],
    ["an empty list", { a: ["x"] }, { a: [] }, `a holds no value of its own, wanted "x"`],
    [
      "fields that hold only in different elements of a list",
      { level: ["error"], list: { a: ["x"], b: ["y"] } },
      { level: "error", list: [{ a: "x" }, { b: "y" }] },
      "no single element of the event's lists has list.a and list.b together as wanted",
    ],
  ])("%s", (_, pattern, event, reason) => {
    expect(why(pattern, event)).toBe(reason);
  });
});

describe("what was wanted", () => {
  test.each([
    ["values", ["error", "critical", 5, true, null], `"error", "critical", 5, true or null`],
    ["exactly", [{ exactly: "10.0.0.1" }], `exactly "10.0.0.1"`],
    ["in any case", [{ "equals-ignore-case": "A" }], `"A" in any case`],
    ["prefix", [{ prefix: "a" }], `a text that begins with "a"`],
    ["suffix in any case", [{ suffix: { "equals-ignore-case": "a" } }], `a text that ends with "a" in any case`],
    ["wildcard", [{ wildcard: "*oom*" }], `a text like "*oom*"`],
    ["a range", [{ numeric: [">", 0, "<=", 5] }], "a number above 0 and of at most 5"],
    ["a lower bound", [{ numeric: [">=", 5] }], "a number of at least 5"],
    ["an upper bound", [{ numeric: ["<", 5] }], "a number below 5"],
    ["one number", [{ numeric: ["=", 5] }], "a number equal to 5"],
    ["an address", [{ cidr: "10.0.0.0/24" }], "an address in 10.0.0.0/24"],
    ["anything but", [{ "anything-but": ["is", "this"] }], `anything but "is" or "this"`],
    ["anything but a prefix", [{ "anything-but": { prefix: "is" } }], `anything but a text that begins with "is"`],
    ["its absence", [{ exists: false }], "that it is missing"],
    ["one of many", [1, 2, 3, 4, 5, 6, 7, 8], "1, 2, 3, 4, 5, 6 or 2 others"],
  ])("%s", (_, entries, words) => {
    expect(why({ a: entries }, { a: "is" })).toBe(`a is "is", wanted ${words}`);
  });

  test("that there is any value", () => {
    expect(why({ a: [{ exists: true }] }, {})).toBe("a is missing, wanted any value");
  });
});
