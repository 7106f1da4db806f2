// JSON documents are written in pieces, and together they are what JSON.stringify makes of the value.
import { expect, test } from "vitest";
import { createIo, jsonDocument } from "../../lib/cli/io.ts";
import { ioTo } from "../support/io.ts";

const many = Array.from({ length: 20_000 }, (_, n) => ({ n, text: `line ${n}\nand "more"`, list: [n, [], {}] }));
const values: [name: string, value: unknown][] = [
  ["a text", 'a "text"\n'],
  ["nothing", null],
  ["an empty list", []],
  ["an empty object", {}],
  ["an object that holds nothing but what is left out", { a: undefined }],
  ["lists in objects in lists", { a: { b: [{ c: [1, { d: [] }], e: {} }, [], null] }, f: [[[1]]] }],
  ["keys and texts that need escaping", { 'a"b\n': "\u2028\ud800", __proto__: { x: 1 } }],
  ["a long list", { before: 1, many, after: { many } }],
];

test.each(values)("%s", (_, value) => {
  const pieces: string[] = [];
  jsonDocument(createIo(ioTo((text) => void pieces.push(text))), value);
  // What steers a terminal is written as an escape, which is the same JSON.
  const expected = JSON.stringify(value, null, 2).replaceAll("\u2028", "\\u2028");
  expect(pieces.join("") === `${expected}\n`).toBe(true);
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(100_000);
});
