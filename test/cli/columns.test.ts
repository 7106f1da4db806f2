// Text is measured and cut by the columns that it takes on a terminal.

import { describe, expect, test } from "vitest";
import { oneLine, table } from "../../lib/cli/io.ts";
import { createRedactor } from "../../lib/config/secrets/redactor.ts";
import { columnsOf } from "../../lib/local/columns.ts";

describe("oneLine", () => {
  const cases: [sentence: string, text: string, width: number, cut: string][] = [
    ["keeps what fits", "训练失败", 8, "训练失败"],
    ["counts two columns for CJK", "训练失败", 7, "训练失…"],
    ["leaves a column free rather than cut a character in two", "训练失败", 6, "训练…"],
    ["counts two columns for fullwidth letters", "ＡＢＣ", 5, "ＡＢ…"],
    ["counts two columns for an emoji, however many it is made of", "👩‍💻👩‍💻x", 5, "👩‍💻👩‍💻x"],
    ["never cuts an emoji in two", "👩‍💻👩‍💻x", 4, "👩‍💻…"],
    ["counts nothing for combining marks, and keeps them with their letter", "e\u0301e\u0301e\u0301", 2, "e\u0301…"],
    ["leaves out what is invisible", "a\u200bb\u202ec\u{e0041}", 3, "abc"],
    ["makes one line of several", "a\n\tb\u001b[31m c", 20, "a b [31m c"],
  ];
  test.each(cases)("%s", (_, text, width, cut) => {
    expect(oneLine(text, width)).toBe(cut);
  });
});

test("a table's columns stay in line below CJK, emoji and combining marks", () => {
  const rows = ["pool", "资源池", "🔥 gpu", "cafe\u0301"].map((name) => [name, "|"]);
  const lines = table({ redactor: createRedactor() }, rows).trimEnd().split("\n");
  expect(lines.map((line) => columnsOf(line.slice(0, line.indexOf("|"))))).toEqual([8, 8, 8, 8]);
});
