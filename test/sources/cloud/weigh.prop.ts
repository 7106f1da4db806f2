// What an answer weighs is what it holds, wherever it is cut in parts: nothing in a text counts, and
// nothing escapes being counted.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createScale } from "../../../lib/sources/cloud/weigh.ts";

function weigh(text: string, cuts: readonly number[]): string | undefined {
  const bytes = Buffer.from(text);
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  const scale = createScale();
  let answer: string | undefined;
  for (const [at, place] of [...places, bytes.length].entries()) {
    answer ??= scale(bytes.subarray(places[at - 1] ?? 0, place));
  }
  return answer;
}

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const odd = fc.string({ unit: fc.constantFrom('"', "\\", ",", "[", "]", "{", "}", "a", "é"), maxLength: 30 });
const full = (values: number) => `[${",".repeat(values - 1)}`;

test("texts weigh nothing, whatever they hold and wherever they are cut", () => {
  const values = fc.array(odd, { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(values, cuts, (texts, cuts) => {
      const json = JSON.stringify(texts);
      // `[` and the separators of the texts.
      const rest = 100_000 - texts.length;
      expect(weigh(json + full(rest), cuts)).toBeUndefined();
      expect(weigh(json + full(rest + 1), cuts)).toContain("more than 100000 values");
    }),
    { numRuns: 60 },
  );
});

test.each([
  ["a thousand levels", "[".repeat(1_000), undefined],
  ["one level more", "[".repeat(1_001), "deeper than 1000 levels"],
  ["levels of both kinds", '{"a":['.repeat(501), "deeper than 1000 levels"],
  ["brackets in texts", JSON.stringify("[{".repeat(5_000)), undefined],
  ["a list beside a list beside a list", "[[],[]]".repeat(30_000), "more than 100000 values"],
  ["millions of empty objects", `[${"{},".repeat(1_000_000)}{}]`, "more than 100000 values"],
])("%s", (_name, text, said) => {
  if (said === undefined) expect(weigh(text, [])).toBeUndefined();
  else expect(weigh(text, [])).toContain(said);
});
