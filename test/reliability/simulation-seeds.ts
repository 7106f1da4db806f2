// What every seed of the simulation has to show, over any store.
import { expect, it } from "vitest";
import { type RunOptions, runSimulation } from "./simulation.ts";
import { describeFailure } from "./simulation-shrink.ts";

/** One that is given up would go on beside the next one. ms */
const PATIENCE = 3_600_000;

export function nothingWrong(seeds: readonly number[], steps: number, open?: RunOptions["open"]): void {
  it.each(seeds)(
    "no event is missed and none notified twice, whatever goes wrong: seed %i",
    async (seed) => {
      const result = await runSimulation({ seed, steps, ...(open && { open }) });
      expect(result.violations, describeFailure({ result, without: [] })).toEqual([]);
      expect(result.events).toBeGreaterThan(0);
    },
    PATIENCE,
  );
}
