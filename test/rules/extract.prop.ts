// Extraction over any text and any pattern: it ends, it throws nothing, and a number that comes out
// is the text that went in.
import fc from "fast-check";
import { expect, test } from "vitest";
import { PatternError } from "../../lib/patterns/error.ts";
import { compileExtract } from "../../lib/rules/extract.ts";

const HOSTILE = [
  "(?<x>(a+)+)$",
  "(?<x>(a|aa)+)$",
  "(?<x>(a|a?)+)$",
  "^(?<x>(a*)*)b?$",
  "(?<x>.*a.*a.*a.*a.*a)$",
  "(?<x>([a-z]+)*)\\d$",
  "(?<x>(.*)(.*)(.*)(.*)(.*)[^a-z])",
  "(?<x>(a{0,9}){0,9})c$",
];

test.each(HOSTILE)("%s ends on 16 KB that a backtracking engine would never leave", (pattern) => {
  const run = compileExtract([{ field: "text", pattern }]);
  for (const end of ["", "b", "!"]) expect(run({ text: `${"a".repeat(16_000)}${end}` }).failed).toBe(0);
});

test("any text as a pattern is accepted or refused with a reason", () => {
  const piece = fc.constantFrom(
    ..."(?<n>a|b)*+{1,9}[^x-z]\\d\\pL$^.?:P=!i&~\u{1f600}".split(""),
    "(?<n>",
    "(?:",
    "{0,30}",
    "\\pL",
    "[[:alpha:]]",
    "\\Q",
  );
  const pattern = fc.oneof(
    fc.array(piece, { maxLength: 40 }).map((parts) => `(?<m>${parts.join("")})`),
    fc.string({ unit: "binary" }),
  );
  fc.assert(
    fc.property(pattern, fc.string({ unit: "binary", maxLength: 200 }), (written, text) => {
      try {
        expect(compileExtract([{ field: "text", pattern: written }])({ text }).failed).toBe(0);
      } catch (error) {
        if (!(error instanceof PatternError)) throw error;
        expect(error.reason).not.toBe("");
      }
    }),
    { numRuns: 500 },
  );
});

test("whatever digits come, a number has the value of its text, and text that is no plain number stays", () => {
  const run = compileExtract([{ field: "text", pattern: "^(?<v>.*)$" }]);
  fc.assert(
    fc.property(fc.stringMatching(/^-?\d{1,20}(\.\d{1,6})?$/), (text) => {
      const { v } = run({ text }).extracted;
      if (typeof v === "number") expect(scaled(String(v))).toBe(scaled(text));
      else expect(v).toBe(text);
    }),
    { numRuns: 500 },
  );
});

/** A million times the decimal, exactly. */
function scaled(decimal: string): bigint {
  const [whole = "", fraction = ""] = decimal.split(".");
  return BigInt(whole + fraction.padEnd(6, "0"));
}
