// Several pollers over one state, interleaved at every call as the seed has it: a second daemon on the state file, overlapping
// invocations. Alone, with deaths, and with calls that hang for longer than claims and leases last.
import { describe, it } from "vitest";
import { expectRight } from "./crash-run.ts";
import { OVERLAPS, someDeaths } from "./crash-scenes.ts";

const file = "test/sim/crash-overlap.test.ts";
const SEEDS = [1, 2];

describe("pollers that overlap tell everything once", () => {
  it.each(OVERLAPS)("$name", (scene) => expectRight({ ...scene, file }, SEEDS, someDeaths), 600_000);
});
