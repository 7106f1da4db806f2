// Several pollers over one state, interleaved at every call as the seed has it: a second daemon on the state file,
// overlapping invocations. Alone, with deaths, and with calls that hang for longer than claims and leases last.
// With one death for the first seed and two for the second; crash.soak.ts tries both for each of many seeds.
import { describe, it } from "vitest";
import type { Call } from "./conductor.ts";
import { expectRight, type Point } from "./crash-run.ts";
import { OVERLAPS, someDeaths } from "./crash-scenes.ts";

const file = "test/sim/crash-overlap.test.ts";
const SEEDS = [1, 2];

describe("pollers that overlap tell everything once", () => {
  it.each(OVERLAPS)("$name", (scene) => expectRight({ ...scene, file }, SEEDS, deathsOf), 600_000);
});

/** As many deaths as the seed's number. */
function deathsOf(calls: readonly Call[], seed: number): Point[][] {
  return someDeaths(calls, seed).filter((deaths) => deaths.length === seed);
}
