// Test files with events that are found late, drawn at random: whatever the rule, no alert is missed and none pages for
// nothing, and nearly all are as if everything had been found in order. `npm run soak` plays many more.
import { expect, it } from "vitest";
import { createRandom } from "../../../../lib/simulator/random.ts";
import { folderWith } from "../../../support/cli.ts";
import { SEED } from "../../../support/seed.ts";
import { drawEvents, playLate, type Verdict } from "./late-cases.ts";

/** Test files; each has 45 rules. */
const FILES = Number(process.env["FILES"] ?? 4);
/** Of the alerts of a rule and key, so many are those of sorted input, or span them and were notified before. */
const LEAST = 0.97;

it("late events miss no alert and page nobody for nothing", async () => {
  const folder = await folderWith({});
  const random = createRandom(SEED);
  const verdicts: Verdict[] = [];
  for (let file = 1; file <= FILES; file++) {
    const events = drawEvents(random);
    const verdict = await playLate(folder, events);
    expect(verdict.wrong, JSON.stringify(events)).toEqual([]);
    verdicts.push(verdict);
  }
  const right = verdicts.reduce((sum, { same, kept }) => sum + same + kept, 0);
  const other = verdicts.flatMap((verdict) => verdict.other);
  console.log(`${right + other.length} rules and keys, ${other.length} otherwise than in order`);
  expect(right / (right + other.length), other.join("\n")).toBeGreaterThanOrEqual(LEAST);
}, 3_600_000);
