// Stories with one death or two anywhere: as many as DEATHS says, each of a watch and a seed that are drawn.
import { it } from "vitest";
import { createRandom } from "../../lib/simulator/random.ts";
import { SEED } from "../support/seed.ts";
import { expectRight } from "./crash-run.ts";
import { OVERLAPS, someDeaths, WATCHES } from "./crash-scenes.ts";

/** There a story of the same name is run again. */
const file = "--config test/reliability/soak.config.ts crash.soak";
const random = createRandom(SEED);
const drawn = Array.from({ length: Number(process.env["DEATHS"] ?? 200) }, () => {
  const scene = random.pick([...WATCHES, ...OVERLAPS]);
  return { ...scene, seed: random.int(1, 1_000_000), deaths: random.int(1, 2) };
});

it.each(drawn)("$name, seed $seed, $deaths died", async ({ seed, deaths, ...scene }) => {
  await expectRight({ ...scene, file }, [seed], (...run) => someDeaths(...run).slice(deaths - 1, deaths));
});
