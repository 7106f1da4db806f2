// Several pollers over one state, interleaved at every call as the seed has it: a second daemon on the state file,
// overlapping invocations. Alone, with deaths, and with calls that hang for longer than claims and leases last.
// Here with one death each; crash.soak.ts tries one and two of them for each of many seeds.
import { describe, it } from "vitest";
import { expectRight } from "./crash-run.ts";
import { OVERLAPS, someDeaths } from "./crash-scenes.ts";

const file = "--config test/reliability/soak.config.ts test/reliability/crash-overlap.soak.ts";

describe("pollers that overlap notify everything once", () => {
  it.each(OVERLAPS)(
    "$name",
    (scene) => {
      const deaths = scene.pace === "strained" ? 0 : 1;
      return expectRight({ ...scene, file }, [1], (...run) => someDeaths(...run).slice(0, deaths));
    },
    600_000,
  );
});
