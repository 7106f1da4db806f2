// Mutated configurations and patterns by the hundred thousand: each is read or refused with a place, within 100 ms of
// work. CONFIGURATIONS, PATTERNS: how many of each.
import fc from "fast-check";
import { expect, test } from "vitest";
import { SEED } from "../../support/seed.ts";
import { judgeConfig, judgePattern, OTHER } from "../lint/judge.ts";
import { writeFiles } from "../workspace.ts";
import { BOMBS } from "./bombs.ts";
import { mutate, mutation, PATTERNS, VALID } from "./mutation.ts";

const DAY = 86_400_000;
const LIMIT_MS = 100;
const BATCH = 1_000;
const mutations = fc.array(mutation, { minLength: 1, maxLength: 6 });

interface Tally {
  accepted: number;
  refused: number;
  slowest: number;
}

/**
 * Judges a text by the time its thread works: others on the machine are no fault of it, nor is one
 * collection of garbage.
 */
async function timed(
  text: string,
  tally: Tally,
  judge: () => "accepted" | "refused" | Promise<"accepted" | "refused">,
) {
  let least = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 10 && least > LIMIT_MS / 2; attempt++) {
    const before = process.threadCpuUsage();
    let verdict: "accepted" | "refused";
    try {
      verdict = await judge();
    } catch (error) {
      throw new Error(`${error instanceof Error ? error.stack : error}\n${JSON.stringify(text.slice(0, 5_000))}`);
    }
    const { user, system } = process.threadCpuUsage(before);
    least = Math.min(least, (user + system) / 1_000);
    if (attempt === 0) tally[verdict]++;
  }
  tally.slowest = Math.max(tally.slowest, least);
  expect(least, JSON.stringify(text.slice(0, 5_000))).toBeLessThan(LIMIT_MS);
}

/** `count` lists of mutations, in batches. */
function* mutationLists(count: number) {
  for (let done = 0; done < count; done += BATCH)
    yield* fc.sample(mutations, { numRuns: Math.min(BATCH, count - done), seed: SEED * 1_000_003 + done });
}

function report(what: string, { accepted, refused, slowest }: Tally): void {
  console.log(
    `${accepted + refused} ${what}: ${accepted} accepted, ${refused} refused, the slowest took ${slowest.toFixed(1)} ms`,
  );
}

test(
  "configurations",
  async () => {
    const folder = await writeFiles({});
    const tally = { accepted: 0, refused: 0, slowest: 0 };
    let number = 0;
    for (const changes of mutationLists(Number(process.env["CONFIGURATIONS"] ?? 200_000))) {
      const included = number++ % 8 === 0;
      const text = mutate(included ? OTHER : VALID, changes);
      await timed(text, tally, () => judgeConfig(folder, text, included ? VALID : undefined));
      if (number % 10_000 === 0) report("configurations so far", tally);
    }
    report("configurations", tally);
  },
  DAY,
);

test(
  "patterns",
  async () => {
    const tally = { accepted: 0, refused: 0, slowest: 0 };
    let number = 0;
    for (const changes of mutationLists(Number(process.env["PATTERNS"] ?? 800_000))) {
      const text = mutate(PATTERNS[number++ % PATTERNS.length]!, changes);
      await timed(text, tally, () => judgePattern(text));
    }
    report("patterns", tally);
  },
  DAY,
);

test.each(BOMBS)(
  "%s",
  async (name, text) => {
    const folder = await writeFiles({});
    const tally = { accepted: 0, refused: 0, slowest: 0 };
    await timed(text, tally, () => judgeConfig(folder, text));
    report(name, tally);
  },
  DAY,
);
