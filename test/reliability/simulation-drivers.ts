// How Lookout is run in one seed: by cron, as functions in a cloud, or as a daemon; overlapping
// where one run takes too long.
import type { App } from "../../lib/app/deps.ts";
import { reconcileRules } from "../../lib/app/evaluation/registry.ts";
import type { OpenedConfig } from "../../lib/app/open-config.ts";
import { ringOf, tick } from "../../lib/app/tick.ts";
import { pollKind } from "../../lib/aws/poll.ts";
import { createLocalBus, runDaemon } from "../../lib/local/daemon.ts";
import { runOnce } from "../../lib/local/once.ts";
import { SOURCE_KINDS } from "../../lib/model/source-kinds.ts";
import { isExcused, type Machine, type Process, runIn, startProcess } from "./simulation-process.ts";

const MINUTE = 60_000;

export interface Driver {
  /** A minute has passed: what is scheduled begins. */
  beat(minute: number): void;
  /** From now on with this configuration. */
  reload(config: OpenedConfig): void;
  /** Two begin the same at the same time; a second daemon on the same state. */
  overlap(): void;
  rung(groups: readonly string[], round: string | undefined): void;
}

type Job = (app: App, signal: AbortSignal) => Promise<unknown>;

export function createDriver(machine: Machine, first: OpenedConfig): Driver {
  return machine.profile.mode === "daemon" ? createDaemons(machine, first) : createScheduled(machine, first);
}

/** Every job by its beat, each in a process of its own, which is kept for the next one of its kind. */
function createScheduled(machine: Machine, first: OpenedConfig): Driver {
  const functions = machine.profile.mode === "functions";
  let config = first;
  const idle = new Map<string, Process[]>();

  const health: Job = (app, signal) => tick(app, signal, { health: {}, due: true });
  const jobs: [name: string, every: number, job: Job][] = functions
    ? [
        ...SOURCE_KINDS.map((kind): [string, number, Job] => [kind, 1, (app, signal) => pollKind(app, kind, signal)]),
        ["sweep", 1, (app, signal) => tick(app, signal, { timers: true, due: true })],
        ["health", 5, health],
      ]
    : [["once", 1, runOnce]];

  async function invoke(name: string, job: Job): Promise<void> {
    // A function's container serves on; a command ends with its process.
    let process = functions ? idle.get(name)?.pop() : undefined;
    while (process?.dead) process = idle.get(name)?.pop();
    const fresh = process === undefined;
    const used = process ?? startProcess(machine, config);
    used.stop = new AbortController();
    const served = config;
    await work(machine, used, async () => {
      if (functions && fresh) await reconcileRules(used.app);
      await job(used.app, used.stop.signal);
    });
    if (functions && !used.dead && served === config) idle.set(name, [...(idle.get(name) ?? []), used]);
    else machine.processes.delete(used);
  }

  return {
    beat(minute) {
      for (const [name, every, job] of jobs) if (minute % every === 0) void invoke(name, job);
    },
    overlap() {
      const [name, , job] = machine.random.pick(jobs);
      for (let i = 0; i < 2; i++) void invoke(name, job);
    },
    reload(next) {
      config = next;
      idle.clear();
    },
    rung(groups, round) {
      if (functions) void invoke("notify", (app, signal) => tick(app, signal, { rung: () => ringOf(groups, round) }));
    },
  };
}

/**
 * One process that runs on, and sometimes a second one on the same state; a dead one is started again at the next beat.
 */
function createDaemons(machine: Machine, first: OpenedConfig): Driver {
  let config = first;
  const alive = new Set<Process>();

  function start(): void {
    const bus = createLocalBus((ms, signal) => machine.time.sleep(ms, signal));
    const process = startProcess(machine, config, bus);
    alive.add(process);
    void process.died.then(() => alive.delete(process));
    void work(machine, process, () => runDaemon(process.app, bus, process.stop.signal)).then(() => {
      alive.delete(process);
      machine.processes.delete(process);
    });
  }
  return {
    beat() {
      const running = [...alive].filter(({ stop }) => !stop.signal.aborted);
      if (running.length === 0) start();
      // The second one was a mistake, which somebody notices after a while.
      else if (running.length > 1 && machine.random.chance(0.1)) running[0]!.stop.abort();
    },
    overlap: start,
    reload(next) {
      config = next;
      for (const { stop } of alive) stop.abort();
    },
    rung() {},
  };
}

/** Settles when the work has ended or its process has died. */
async function work(machine: Machine, process: Process, job: () => Promise<unknown>): Promise<void> {
  const done = runIn(process, job).catch((error: Error) => {
    if (!isExcused(error)) machine.witness.violation(`a use case failed: ${error.stack}`);
  });
  await Promise.race([done, process.died]);
}

/** When the next minute begins; ms. */
export function nextBeat(now: number): number {
  return Math.floor(now / MINUTE) * MINUTE + MINUTE;
}
