// What every hostile one must not bring about: the others are read and notified, no secret shows, memory and turns stay
// bounded.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Simulator } from "../../lib/simulator/server.ts";
import { type Attack, QUICK } from "./attacks.ts";
import { type Subjects, startSubjects } from "./cases.ts";
import { type HostileConfiguration, SOME } from "./configurations.ts";
import { startWorld } from "./stand.ts";

const SEED = 1;
const PEAK_BYTES = 300 * 1_048_576;
/** The bound is 100; the same work takes longer while both threads of a core are busy. */
const TURN_MS = 150;
/** Of a configuration as large as the bounds let it be: yaml and zod have no turns of their own. */
const READ_TURN_MS = 250;

/** Each case is drawn from a seed of its own, the same wherever it runs. */
export function nothingGivesWay(
  attacks: readonly Attack[],
  configurations: readonly HostileConfiguration[],
  sideBySide: number,
): void {
  let sim: Simulator;
  let subjects: Subjects;
  let readers: Subjects;
  beforeAll(async () => {
    sim = await startWorld();
    subjects = startSubjects(sim, sideBySide);
    readers = startSubjects(sim, 1);
  });
  afterAll(async () => {
    subjects.close();
    readers.close();
    await sim.close();
  });

  describe.concurrent("one of ten that", () => {
    it.each(
      attacks.map((attack) => ({ attack, seed: SEED + QUICK.indexOf(attack), place: attack.at, does: attack.name })),
    )("is hostile at $place and $does", async ({ attack, seed }) => {
      const { wrong, leaks } = await subjects.run(attack, seed);
      expect({ wrong, leaks }).toEqual({ wrong: [], leaks: [] });
    });
  });

  describe.concurrent("a configuration that", () => {
    it.each(configurations.map((one) => ({ configuration: one, seed: SEED + SOME.indexOf(one), does: one.name })))(
      "$does is read or refused, and shows no secret",
      async ({ configuration, seed }) => {
        const { wrong, leaks } = await readers.read(configuration, seed);
        expect({ wrong, leaks }).toEqual({ wrong: [], leaks: [] });
      },
    );
  });

  it.each<[of: string, subjects: () => Subjects, turnMs: number]>([
    ["attacks", () => subjects, TURN_MS],
    ["configurations", () => readers, READ_TURN_MS],
  ])("%s took no more memory and no longer turns than they may", (of, measuring, turnMs) => {
    const { peakBytes, peakOf, longestTurnMs, longestTurnOf } = measuring().measured();
    const memory = `peak ${Math.round(peakBytes / 1_048_576)} MB (${peakOf})`;
    console.log(`${of}: ${memory}, longest turn ${Math.round(longestTurnMs)} ms (${longestTurnOf})`);
    expect(peakBytes).toBeLessThan(PEAK_BYTES);
    expect(longestTurnMs).toBeLessThan(turnMs);
  });
}
