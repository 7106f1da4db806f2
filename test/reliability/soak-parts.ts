// The parts of the soak: what each runs, and how much of it the long form has.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describeHostile, runHostile } from "../hostile/soak.ts";
import { type KillReport, runKills } from "./kill.ts";
import { type RunResult, runSimulation } from "./simulation.ts";
import { describeFailure, shrink } from "./simulation-shrink.ts";

/** Of one seed of the simulation. */
const STEPS = 250;
const PROGRESS_SEEDS = 10;
const LONG_TESTS = ["--config", "test/reliability/soak.config.ts", "--reporter=verbose"];

/** Several parts at a time may be on one machine. */
const DRAWN = [".prop.ts", "--testTimeout=600000"];
/** How often each property of a rule's history is tried. */
const HISTORIES = { RUNS: 25 };

type Say = (text: string) => void;

interface Part {
  what: string;
  /** How many of them there are in the long form. */
  long: number;
  /** False on any violation. `from`: the first seed. */
  run(count: number, from: number, say: Say): Promise<boolean>;
}

export type PartName =
  | "steps"
  | "kills"
  | "matrix"
  | "crashes"
  | "packages"
  | "deaths"
  | "properties"
  | "late"
  | "files"
  | "attacks"
  | "hostile"
  | "texts"
  | "functions"
  | "shared";

export const PARTS: Record<PartName, Part> = {
  steps: { what: `steps of the simulation, ${STEPS} a seed`, long: 100_000, run: simulate },
  shared: {
    what: "seeds of the simulation over PostgreSQL, and as many over DynamoDB",
    long: 40,
    run: async (count, from) => runTests([...LONG_TESTS, "simulation-shared.soak.ts"], from, { SHARED: count }),
  },
  kills: { what: "kills of the real command", long: 100, run: kill },
  matrix: {
    what: "seeds of the crash matrix, besides a death at each call",
    long: 100,
    run: async (count, from) => runTests([...LONG_TESTS, "test/reliability/crash.soak.ts"], from, { SEEDS: count }),
  },
  crashes: {
    what: "times the scenes in which processes die or overlap, on each store, and with people on call",
    long: 1,
    async run(count, from) {
      for (let time = 0; time < count; time++) {
        if (!runTests([...LONG_TESTS, "test/reliability/crash-"], from + time)) return false;
      }
      return true;
    },
  },
  deaths: {
    what: "stories with a death or two anywhere",
    long: 200,
    run: async (count, from) => runTests([...LONG_TESTS, "test/reliability/deaths.soak.ts"], from, { DEATHS: count }),
  },
  properties: { what: "seeds of all property tests", long: 20, run: draw },
  late: {
    what: "histories with late input for each kind of rule and each way it ends",
    long: 2_000,
    run: async (count, from) => runTests([...LONG_TESTS, "test/rules/live.soak.ts"], from, { RUNS: count }),
  },
  files: {
    what: "random files of `lookout test` with late events",
    long: 1_000,
    run: async (count, from) => runTests([...LONG_TESTS, "rule-tests/late.soak.ts"], from, { FILES: count }),
  },
  functions: {
    what: "runs of the functions under everything that AWS does to them",
    long: 40,
    run: async (count, from) => runTests([...LONG_TESTS, "test/aws/exactness"], from, { RUNS: count }),
  },
  packages: {
    what: "times the packages: as npm installs one, as the Serverless Framework makes and AWS takes the other",
    long: 1,
    async run(count, from) {
      const files = ["e2e/package.soak.ts", "aws/serverless.soak.ts", "aws/stack.soak.ts"];
      for (let time = 0; time < count; time++) if (!runTests([...LONG_TESTS, ...files], from + time)) return false;
      return true;
    },
  },
  attacks: {
    what: "times the table of hostile input, from its own seeds",
    long: 1,
    async run(count, from) {
      for (let time = 0; time < count; time++) {
        if (!runTests([...LONG_TESTS, "test/hostile/hostile.soak.ts"], from + time)) return false;
      }
      return true;
    },
  },
  hostile: { what: "attacks by what answers, is read or receives", long: 10_000, run: attack },
  texts: {
    what: "broken configurations and patterns, one to four",
    long: 1_000_000,
    async run(count, from) {
      const CONFIGURATIONS = Math.floor(count / 5);
      const counts = { CONFIGURATIONS, PATTERNS: count - CONFIGURATIONS };
      return runTests([...LONG_TESTS, "test/config/load/mutations.soak.ts"], from, counts);
    },
  },
};

/** Runs vitest with this seed and these counts in the environment. */
function runTests(args: readonly string[], seed: number, counts: Record<string, number> = {}): boolean {
  const root = join(import.meta.dirname, "../..");
  const given = Object.entries({ LOOKOUT_SEED: seed, ...counts }).map(([name, count]) => [name, `${count}`]);
  const env = { ...process.env, ...Object.fromEntries(given) };
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  return spawnSync(process.execPath, [vitest, "run", ...args], { cwd: root, stdio: "inherit", env }).status === 0;
}

async function draw(count: number, from: number, say: Say): Promise<boolean> {
  const failed: number[] = [];
  for (let seed = from; seed < from + count; seed++) if (!runTests(DRAWN, seed, HISTORIES)) failed.push(seed);
  for (const seed of failed) say(`again: LOOKOUT_SEED=${seed} npx vitest run .prop.ts`);
  return failed.length === 0;
}

async function simulate(steps: number, from: number, say: Say): Promise<boolean> {
  const count = Math.ceil(steps / STEPS);
  const sums = { steps: 0, happened: 0, due: 0, events: 0, deliveries: 0, repeats: 0, crashes: 0, virtualTime: 0 };
  const failed: number[] = [];
  const began = performance.now();
  for (let seed = from; seed < from + count; seed++) {
    const result: RunResult = await runSimulation({ seed, steps: Math.min(STEPS, steps) });
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += result[key];
    if (result.failedAt !== undefined) {
      failed.push(seed);
      say(describeFailure(await shrink(result)));
    }
    const done = seed - from + 1;
    if (done % PROGRESS_SEEDS === 0 || done === count) {
      const seconds = Math.round((performance.now() - began) / 1000);
      say(`${sums.steps} of ${steps} steps, ${done} seeds, ${failed.length} failed, ${seconds} s`);
    }
  }
  const days = Math.round(sums.virtualTime / 86_400_000);
  say(
    [
      `simulation: seeds ${from} to ${from + count - 1}, ${sums.steps} steps, ${days} days of virtual time`,
      `  ${sums.happened} occurrences, ${sums.due} of them owed, ${sums.events} events evaluated`,
      `  ${sums.deliveries} notifications taken, ${sums.repeats} repeated under the same id, ${sums.crashes} processes killed`,
      `  failed seeds: ${failed.length === 0 ? "none" : failed.join(", ")}`,
    ].join("\n"),
  );
  return failed.length === 0;
}

async function kill(kills: number, seed: number, say: Say): Promise<boolean> {
  const report: KillReport = await runKills({ kills, seed, say });
  const { events, notifications, repeats, violations } = report;
  say(
    [
      `kill -9: ${report.kills} kills of the real command, ${events} events, ${notifications} notifications, ${repeats} repeated under the same id`,
      ...(violations.length === 0 ? ["  nothing wrong"] : violations.map((what) => `  ${what}`)),
    ].join("\n"),
  );
  return violations.length === 0;
}

async function attack(count: number, from: number, say: Say): Promise<boolean> {
  const report = await runHostile(count, from, say);
  say(describeHostile(report));
  return report.failed.length === 0;
}
