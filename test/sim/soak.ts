// The long part of the seeded simulation: `npm run soak`, by default 100,000 steps; `npm run soak -- 20000 500` for 20,000 steps from
// seed 500 on. Ends with exit 1 and the command that repeats it at the first seed that breaks a promise.
import { runSimulation } from "./simulation.ts";

const STEPS_A_SEED = 200;
const [total = "100000", firstSeed = "1"] = process.argv.slice(2);
const sums = { steps: 0, events: 0, deliveries: 0, crashes: 0, repeats: 0 };

for (let seed = Number(firstSeed); sums.steps < Number(total); seed++) {
  const run = await runSimulation({ seed, steps: STEPS_A_SEED });
  sums.steps += STEPS_A_SEED;
  sums.events += run.events;
  sums.deliveries += run.deliveries;
  sums.crashes += run.crashes;
  sums.repeats += run.repeats;
  console.log(`seed ${seed} (${run.profile.mode}): ${JSON.stringify(sums)}`);
  if (run.violations.length === 0) continue;
  console.error(run.violations.join("\n"));
  console.error(`again: SEED=${seed} STEPS=${STEPS_A_SEED} npx vitest run test/sim/simulation.test.ts`);
  process.exit(1);
}
