// Attacks of every kind, against the command: the others are read and notified, no secret shows,
// memory and turns stay bounded.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Simulator } from "../../lib/simulator/server.ts";
import { QUICK } from "./attacks.ts";
import { type Subjects, startSubjects } from "./cases.ts";
import { startWorld } from "./stand.ts";

const SEED = 1;
/** What hangs takes half a minute each. */
const SIDE_BY_SIDE = 4;
const PEAK_BYTES = 340 * 1_048_576;
const TURN_MS = 100;

let sim: Simulator;
let subjects: Subjects;
beforeAll(async () => {
  sim = await startWorld();
  subjects = startSubjects(sim, SIDE_BY_SIDE);
});
afterAll(async () => {
  subjects.close();
  await sim.close();
});

describe.concurrent("one of ten that", () => {
  it.each(QUICK.map((attack, at) => ({ attack, seed: SEED + at, place: attack.at, does: attack.name })))(
    "is hostile at $place and $does",
    async ({ attack, seed }) => {
      const { wrong, leaks } = await subjects.run(attack, seed);
      expect({ wrong, leaks }).toEqual({ wrong: [], leaks: [] });
    },
  );
});

it("took no more memory and no longer turns than it may", () => {
  const { peakBytes, longestTurnMs } = subjects.measured();
  console.log(`peak ${Math.round(peakBytes / 1_048_576)} MB, longest turn ${Math.round(longestTurnMs)} ms`);
  expect(peakBytes).toBeLessThan(PEAK_BYTES);
  expect(longestTurnMs).toBeLessThan(TURN_MS);
});
