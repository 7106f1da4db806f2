// A quick part of the simulation; `npm run soak` is the long one.
import { expect, it } from "vitest";
import { runSimulation } from "./simulation.ts";
import { describeFailure } from "./simulation-shrink.ts";

const SEEDS = [1, 2];
const STEPS = 60;
/** One that is given up would go on beside the next one. ms */
const PATIENCE = 600_000;

it.each(SEEDS)(
  "no event is missed and none notified twice, whatever goes wrong: seed %i",
  async (seed) => {
    const result = await runSimulation({ seed, steps: STEPS });
    expect(result.violations, describeFailure({ result, without: [] })).toEqual([]);
    expect(result.events).toBeGreaterThan(0);
  },
  PATIENCE,
);

it(
  "gives the same run for the same seed",
  async () => {
    const lines: string[][] = [[], []];
    for (const own of lines) await runSimulation({ seed: 7, steps: 15, trace: (line) => own.push(line) });
    expect(lines[0]).toEqual(lines[1]);
    expect(lines[0]!.length).toBeGreaterThan(100);
  },
  PATIENCE,
);
