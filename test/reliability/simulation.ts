// One run of the simulation: a seed, a number of steps, and what was wrong. The same seed always gives the same run.
import type { OpenedConfig } from "../../lib/app/open-config.ts";
import { DEMO_CREDENTIALS } from "../../lib/simulator/auth.ts";
import { createRandom } from "../../lib/simulator/random.ts";
import { type Backend, stateFile } from "./backends.ts";
import { sendByFetch } from "./network-fetch.ts";
import { createAccidents } from "./simulation-accidents.ts";
import { createCloud } from "./simulation-cloud.ts";
import { LATENESS, LOOKBACK, openConfigs } from "./simulation-config.ts";
import { createDriver, nextBeat } from "./simulation-drivers.ts";
import { judge } from "./simulation-judge.ts";
import { currentProcess, type Machine } from "./simulation-process.ts";
import { drawProfile, type Profile, type Rates } from "./simulation-profile.ts";
import { createReceiver } from "./simulation-receiver.ts";
import { createVirtualTime } from "./simulation-time.ts";
import { createWitness } from "./simulation-witness.ts";
import { createStage } from "./simulation-world.ts";

/** 2026-11-20T10:00:00Z */
const START = Date.parse("2026-11-20T10:00:00Z");
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** After the last fault: lateness, the longest Retry-After and back-off, and the times groups wait. */
const REST = 100 * MINUTE;

export interface RunOptions {
  seed: number;
  steps: number;
  /** Kinds of faults of the seed's own that are left out. */
  without?: readonly (keyof Rates)[];
  /** Where the processes keep their state; default: a state file. */
  open?: () => Backend | Promise<Backend>;
  /** Gets everything that goes on. */
  trace?: (line: string) => void;
}

export interface RunResult {
  seed: number;
  steps: number;
  profile: Profile;
  /** The step after which the first violation was found; `steps` when only the judge found it. */
  failedAt: number | undefined;
  violations: string[];
  happened: number;
  /** What had to be found by all means. */
  due: number;
  events: number;
  deliveries: number;
  /** Notifications that came twice, under the same id. */
  repeats: number;
  crashes: number;
  /** ms */
  virtualTime: number;
}

let configs: Promise<OpenedConfig[]> | undefined;
sendByFetch(() => currentProcess() !== undefined);

export async function runSimulation(options: RunOptions): Promise<RunResult> {
  configs ??= openConfigs();
  const opened = await configs;
  const backend = await (options.open ?? stateFile)();
  const network = globalThis.fetch;
  try {
    return await run(options, opened, backend, network);
  } finally {
    globalThis.fetch = network;
    await backend.close();
  }
}

async function run(
  { seed, steps, without = [], trace }: RunOptions,
  configs: OpenedConfig[],
  backend: Backend,
  network: typeof fetch,
): Promise<RunResult> {
  const root = createRandom(seed);
  const profile = drawProfile(root.fork("profile"));
  for (const kind of without) profile.rates[kind] = 0;
  const { rates, clockError } = profile;
  const time = createVirtualTime(START);
  const margin = 2 * clockError;
  const shown = Object.fromEntries(
    Object.entries(LATENESS).map(([kind, ms]) => [kind, ms - margin]),
  ) as typeof LATENESS;
  const spoiling = root.fork("spoiling");
  const stage = createStage(root.fork("world"), START, DEMO_CREDENTIALS.projectId, {
    lateness: shown,
    spoils: () => spoiling.chance(rates.spoilt),
  });
  const countsOnly = profile.switches.cloudEyeDetail === "absent" || rates.detailFlips > 0;
  const witness = createWitness({
    truth: stage.truth,
    lateness: LATENESS,
    countsOnly,
    exactMemory: !countsOnly,
    clockError: margin,
  });
  const cloud = createCloud(root.fork("cloud"), profile, time, stage);
  const receiver = createReceiver(root.fork("receiver"), profile, time, witness);
  const store = backend.open(() => time.now() + machine.skew);
  const bell = root.fork("bell");
  const machine: Machine = {
    time,
    random: root.fork("machine"),
    profile,
    store,
    witness,
    skew: 0,
    stormy: true,
    fates: [],
    crashes: 0,
    processes: new Set(),
    rung(groups, round) {
      if (!bell.chance(rates.lostRing)) time.at(time.now() + bell.int(0, 500), () => driver.rung(groups, round));
    },
    log: (process, level, message, fields) => trace?.(`  ${process} ${level} ${message} ${JSON.stringify(fields)}`),
  };
  const driver = createDriver(machine, configs[0]!);
  globalThis.fetch = async (input, init = {}) => {
    const process = currentProcess();
    // Something else that the worker does.
    if (process === undefined) return network(input, init);
    const url = new URL(String(input));
    return process.gate(async () => {
      const response =
        url.host === "cloud.test" ? await cloud.fetch(url, init) : await receiver.fetch(url, init, process);
      trace?.(`  ${process.id} ${init.method} ${url.pathname}${url.search} ${response.status}`);
      return response;
    });
  };

  const accidents = createAccidents({ machine, cloud, driver, configs, random: root.fork("accidents") });
  let minute = 0;
  async function passTo(until: number): Promise<void> {
    while (time.now() < until) {
      const next = Math.min(until, nextBeat(time.now()));
      await time.advance(next);
      if (next % MINUTE === 0 && next >= accidents.downUntil()) driver.beat(minute++);
    }
    await time.advance(until);
  }

  const chances = root.fork("steps");

  let failedAt: number | undefined;
  let due = 0;
  for (let step = 1; step <= steps && failedAt === undefined; step++) {
    const what = Array.from({ length: chances.pick([0, 1, 1, 2, 4]) }, () => stage.happen(time.now()));
    what.push(...accidents.strike(step));
    trace?.(`step ${step} ${new Date(time.now()).toISOString()} ${what.join("; ")}`);
    const longest = chances.chance(0.02) ? 30 * MINUTE : 2 * MINUTE;
    await passTo(time.now() + chances.int(0, longest));
    if (witness.violations.length > 0) failedAt = step;
  }

  if (failedAt === undefined) {
    trace?.("rest");
    cloud.stormy = false;
    receiver.stormy = false;
    machine.stormy = false;
    accidents.end();
    await passTo(time.now() + REST);
    due = judge({
      truth: stage.truth,
      witness,
      accepted: receiver.accepted,
      incidents: receiver.incidents,
      lateness: shown,
      lookback: LOOKBACK,
      clockError: margin,
      countsOnly,
    });
    if (witness.violations.length > 0) failedAt = steps;
  }
  // Nothing of this run may go on beside the next one.
  for (const process of machine.processes) process.die();
  await time.advance(time.now() + HOUR);
  await store.close();
  return {
    seed,
    steps,
    profile,
    failedAt,
    violations: witness.violations,
    happened: stage.truth.occurrences.length,
    due,
    events: witness.events.size,
    deliveries: receiver.accepted.length,
    repeats: receiver.repeats,
    crashes: machine.crashes,
    virtualTime: time.now() - START,
  };
}
