// `npm run soak`: the long proof. The simulation over many seeds, the real command under kill -9, the crash matrix at
// every call, hostile input ten thousand times, and broken input by the million. Exit 1 on any violation.
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { describeHostile, runHostile } from "../hostile/soak.ts";
import { type KillReport, runKills } from "./kill.ts";
import { type RunResult, runSimulation } from "./simulation.ts";
import type { Rates } from "./simulation-profile.ts";
import { describeFailure, shrink } from "./simulation-shrink.ts";

/** Of one seed. */
const STEPS = 250;
const PROGRESS_SEEDS = 10;

const USAGE = `npm run soak [-- options]
  --steps N      steps of the simulation in all, ${STEPS} a seed (default 100000)
  --from N       the first seed (default 1)
  --seed N       this seed alone, with --steps steps
  --without A,B  leave out these kinds of faults
  --trace        print everything that goes on in it
  --kills N      kills of the real command (default 100)
  --matrix N     seeds of the crash matrix, besides a death at each call (default 100; 0 leaves it out)
  --late N       histories with late input for each kind of rule and each way it ends (default 2000)
  --hostile N    attacks by what answers, is read or receives (default 10000)
  --texts N      broken configurations and patterns, one to four (default 1000000)
  --help
`;

const { values } = parseArgs({
  options: {
    steps: { type: "string", default: "100000" },
    from: { type: "string", default: "1" },
    seed: { type: "string" },
    without: { type: "string", default: "" },
    trace: { type: "boolean", default: false },
    kills: { type: "string", default: "100" },
    matrix: { type: "string", default: "100" },
    late: { type: "string", default: "2000" },
    hostile: { type: "string", default: "10000" },
    texts: { type: "string", default: "1000000" },
    help: { type: "boolean", default: false },
  },
});

if (values.help) process.stdout.write(USAGE);
else if (values.seed === undefined) process.exitCode = await soak();
else process.exitCode = await repeat(Number(values.seed));

async function repeat(seed: number): Promise<number> {
  const without = values.without.split(",").filter((kind) => kind !== "") as (keyof Rates)[];
  const trace = values.trace ? { trace: (line: string) => void process.stdout.write(`${line}\n`) } : {};
  const result = await runSimulation({ seed, steps: Number(values.steps), without, ...trace });
  say(result.failedAt === undefined ? `seed ${seed}: nothing wrong` : describeFailure({ result, without }));
  return result.failedAt === undefined ? 0 : 1;
}

async function soak(): Promise<number> {
  const { steps, kills, matrix, late, hostile, texts } = amounts();
  let wrong = steps > 0 ? await simulate(steps) : 0;
  if (kills > 0) {
    const report = await runKills({ kills, say });
    describeKills(report);
    wrong += report.violations.length;
  }
  if (matrix > 0) wrong += runFile("test/sim/crash.soak.ts", { SEEDS: matrix });
  if (late > 0) wrong += runFile("test/rules/live.soak.ts", { RUNS: late });
  if (hostile > 0) {
    const report = await runHostile(hostile, Number(values.from), say);
    say(describeHostile(report));
    wrong += report.failed.length;
  }
  const configurations = Math.floor(texts / 5);
  const counts = { CONFIGURATIONS: configurations, PATTERNS: texts - configurations };
  if (texts > 0) wrong += runFile("test/config/load/mutations.soak.ts", counts);
  return wrong === 0 ? 0 : 1;
}

function amounts() {
  const { steps, kills, matrix, late, hostile, texts } = values;
  return {
    steps: Number(steps),
    kills: Number(kills),
    matrix: Number(matrix),
    late: Number(late),
    hostile: Number(hostile),
    texts: Number(texts),
  };
}

/** Runs a file of long tests with these counts; 0 where all of it passes. */
function runFile(file: string, counts: Record<string, number>): number {
  const root = join(import.meta.dirname, "../..");
  const env = Object.fromEntries(Object.entries(counts).map(([name, count]) => [name, `${count}`]));
  const vitest = join(root, "node_modules/vitest/vitest.mjs");
  const { status } = spawnSync(
    process.execPath,
    [vitest, "run", "--config", "test/sim/soak.config.ts", "--reporter=verbose", file],
    { cwd: root, stdio: "inherit", env: { ...process.env, ...env } },
  );
  return status === 0 ? 0 : 1;
}

/** Returns how many seeds failed. */
async function simulate(steps: number): Promise<number> {
  const first = Number(values.from);
  const count = Math.ceil(steps / STEPS);
  const sums = { steps: 0, happened: 0, due: 0, events: 0, deliveries: 0, repeats: 0, crashes: 0, virtualTime: 0 };
  const failed: number[] = [];
  const began = performance.now();
  for (let seed = first; seed < first + count; seed++) {
    const result: RunResult = await runSimulation({ seed, steps: STEPS });
    for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += result[key];
    if (result.failedAt !== undefined) {
      failed.push(seed);
      say(describeFailure(await shrink(result)));
    }
    const done = seed - first + 1;
    if (done % PROGRESS_SEEDS === 0 || done === count) {
      const seconds = Math.round((performance.now() - began) / 1000);
      say(`${sums.steps} of ${count * STEPS} steps, ${done} seeds, ${failed.length} failed, ${seconds} s`);
    }
  }
  const days = Math.round(sums.virtualTime / 86_400_000);
  say(
    [
      `simulation: seeds ${first} to ${first + count - 1}, ${sums.steps} steps, ${days} days of virtual time`,
      `  ${sums.happened} occurrences, ${sums.due} of them owed, ${sums.events} events evaluated`,
      `  ${sums.deliveries} notifications taken, ${sums.repeats} repeated under the same id, ${sums.crashes} processes killed`,
      `  failed seeds: ${failed.length === 0 ? "none" : failed.join(", ")}`,
    ].join("\n"),
  );
  return failed.length;
}

function describeKills({ kills, events, notifications, repeats, violations }: KillReport): void {
  say(
    [
      `kill -9: ${kills} kills of the real command, ${events} events, ${notifications} notifications, ${repeats} repeated under the same id`,
      ...(violations.length === 0 ? ["  nothing wrong"] : violations.map((what) => `  ${what}`)),
    ].join("\n"),
  );
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
