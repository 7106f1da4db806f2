// The ways in which the story is watched, by one poller or by several that share one state, and where they die: for the
// quick tests and the long ones.
import { createRandom } from "../../lib/simulator/random.ts";
import { stateFile, withItems } from "./backends.ts";
import type { Call } from "./conductor.ts";
import { differentPoints, type Point, type Scene } from "./crash-run.ts";
import { asDaemons, asFunctions, inRounds } from "./watches.ts";

const small = () => withItems(stateFile(), 16);

export const WATCHES: Omit<Scene, "file">[] = [
  { name: "rounds over a state file", watch: inRounds, open: stateFile },
  { name: "rounds that exceed commits", watch: inRounds, open: () => withItems(stateFile(), 16) },
  { name: "a daemon", watch: asDaemons(1), open: stateFile },
  { name: "functions", watch: asFunctions(1), open: () => ({ ...stateFile(), knowsDeaths: false }) },
];

export const OVERLAPS: Omit<Scene, "file">[] = [
  { name: "two daemons on one state file", watch: asDaemons(2), open: stateFile, pace: "slow" },
  {
    name: "every function twice at once",
    watch: asFunctions(2),
    open: () => ({ ...stateFile(), knowsDeaths: false }),
  },
  { name: "two daemons that hang now and then", watch: asDaemons(2), open: stateFile, pace: "strained" },
  {
    name: "three that hang, with small commits",
    watch: asDaemons(3),
    open: small,
    pace: "strained",
  },
  {
    name: "functions that hang, with small commits",
    watch: asFunctions(2),
    open: small,
    pace: "strained",
  },
];

/** One death, and two of them, anywhere. */
export function someDeaths(calls: readonly Call[], seed: number): Point[][] {
  const random = createRandom(seed);
  const points = differentPoints(calls);
  return [[random.pick(points)], [random.pick(points), random.pick(points)]];
}
