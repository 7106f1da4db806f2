// The compiled matcher against the naive interpreter, on patterns and events that are made to meet.
import fc from "fast-check";
import { expect, test } from "vitest";
import { PatternError } from "../../lib/patterns/error.ts";
import { compilePattern, parsePatternText } from "../../lib/patterns/pattern.ts";
import { compileSmall, event, pattern } from "./arbitraries.ts";
import { naiveMatches } from "./naive.ts";

test("a pattern matches what the naive interpreter says", () => {
  fc.assert(
    fc.property(pattern, fc.array(event, { minLength: 1, maxLength: 3 }), (source, events) => {
      const compiled = compileSmall(source);
      for (const each of events) expect(compiled.matches(each as object)).toBe(naiveMatches(source, each));
    }),
    { numRuns: 200 },
  );
});

test("whatever JSON is given as a pattern, it is compiled or refused by name", () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), pattern), fc.jsonValue(), (source, each) => {
      try {
        compilePattern(source).matches(each as object);
      } catch (error) {
        expect(error).toBeInstanceOf(PatternError);
      }
    }),
  );
});

test("whatever text is given as a pattern, it is parsed as JSON parses it or refused by name", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      try {
        expect(parsePatternText(text)).toEqual(JSON.parse(text));
      } catch (error) {
        expect(error).toBeInstanceOf(PatternError);
      }
    }),
  );
});
