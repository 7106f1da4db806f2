// Places in JSON texts: of values by their path, and of what makes a text no JSON.
import fc from "fast-check";
import { expect, test } from "vitest";
import { locateInJson } from "../../lib/patterns/json-place.ts";

test.each<[sentence: string, text: string, place: (string | number)[], at: string]>([
  ["the whole text", ' {"a": 1}', [], "1:2"],
  ["a field", '{"a": 1, "b": [2, 3]}', ["b"], "1:15"],
  ["an item", '{"a": 1,\n "b": [2, 3]}', ["b", 1], "2:11"],
  ["a field in an item", '{"$or": [{}, {"a": {"b": null}}]}', ["$or", 1, "a", "b"], "1:26"],
  ["the nearest around what is not there", '{"a": {"b": 1}}', ["a", "c", 0], "1:7"],
  ["a key with escapes", '{"\\u0061\\n": true}', ["a\n"], "1:14"],
  ["a word that is none", '{"a": x}', [], "1:7"],
  ["a comma that is missing", '["b" "c"]', [], "1:6"],
  ["a comma too many", '["b",]', [], "1:6"],
  ["a key that is no text", "{1: 2}", [], "1:2"],
  ["a colon that is missing", '{"a" 1}', [], "1:6"],
  ["a string that never ends", '{"a": "bc', [], "1:7"],
  ["a bracket of the other kind", '{"a": [1}', [], "1:9"],
  ["more after the end", "{}\n{}", [], "2:1"],
  ["an end too soon", '{"a": [1, ', [], "1:11"],
  ["nothing", "", [], "1:1"],
])("%s", (_, text, place, at) => {
  const { line, column } = locateInJson(text, place);
  expect(`${line}:${column}`).toBe(at);
});

test("deep texts need no stack", () => {
  expect(locateInJson("[".repeat(100_000), [])).toEqual({ line: 1, column: 100_001 });
});

test("every value of any JSON is found where it begins, and no cut text is taken for whole", () => {
  const spaced = fc.tuple(fc.json({ maxDepth: 4 }), fc.constantFrom(undefined, 2, "\t"));
  fc.assert(
    fc.property(spaced, fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), ([json, indent], share) => {
      const text = JSON.stringify(JSON.parse(json), null, indent);
      const lines = text.split("\n");
      const visit = (value: unknown, place: (string | number)[]): void => {
        const { line, column } = locateInJson(text, place);
        const rest = [lines[line - 1]!.slice(column - 1), ...lines.slice(line)].join("\n");
        const first = JSON.stringify(value)[0];
        expect(rest[0]).toBe(first);
        if (typeof value !== "object" || value === null) expect(rest.startsWith(JSON.stringify(value))).toBe(true);
        else
          for (const [key, part] of Object.entries(value))
            visit(part, [...place, Array.isArray(value) ? Number(key) : key]);
      };
      visit(JSON.parse(text), []);
      const cut = text.slice(0, Math.floor(share * text.length));
      const { line, column } = locateInJson(cut, []);
      expect(line).toBeGreaterThan(0);
      expect(column).toBeGreaterThan(0);
    }),
    { numRuns: 300 },
  );
});
