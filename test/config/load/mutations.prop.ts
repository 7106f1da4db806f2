// Whatever happens to a text, reading it gives a configuration, a pattern or findings with places,
// and never anything else.
import fc from "fast-check";
import { expect, test } from "vitest";
import { judgeConfig, judgePattern, OTHER } from "../lint/judge.ts";
import { writeFiles } from "../workspace.ts";
import { BOMBS } from "./bombs.ts";
import { mutate, mutation, PATTERNS, VALID } from "./mutation.ts";

const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });

test("mutated files give findings with places, never another error", async () => {
  const folder = await writeFiles({});
  expect(await judgeConfig(folder, VALID)).toBe("accepted");
  await fc.assert(
    fc.asyncProperty(mutations, fc.boolean(), async (changes, included) => {
      if (included) await judgeConfig(folder, mutate(OTHER, changes), VALID);
      else await judgeConfig(folder, mutate(VALID, changes));
    }),
    { numRuns: 100 },
  );
});

test("mutated patterns are accepted or refused with a reason", () => {
  for (const pattern of PATTERNS) expect(judgePattern(pattern)).toBe("accepted");
  fc.assert(
    fc.property(fc.constantFrom(...PATTERNS), mutations, (pattern, changes) => {
      judgePattern(mutate(pattern, changes));
    }),
    { numRuns: 1_000 },
  );
});

test.each(BOMBS)("%s end in findings or are read", async (_, text) => {
  await judgeConfig(await writeFiles({}), text);
});
