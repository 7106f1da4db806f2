// Processes that can die: every port of the application goes through a gate at which the process may be stopped for
// ever, before or after the call, as by kill -9.
import { AsyncLocalStorage } from "node:async_hooks";
import { createApp } from "../../lib/app/app.ts";
import type { App, Bus } from "../../lib/app/deps.ts";
import type { OpenedConfig } from "../../lib/app/open-config.ts";
import { Superseded } from "../../lib/app/persistence/superseded.ts";
import { PollFailed } from "../../lib/aws/poll.ts";
import type { Clock } from "../../lib/model/clock.ts";
import type { Random } from "../../lib/simulator/random.ts";
import { type Store, StoreConflict, StoreError } from "../../lib/store/port.ts";
import type { Profile } from "./simulation-profile.ts";
import type { VirtualTime } from "./simulation-time.ts";
import type { Witness } from "./simulation-witness.ts";

export interface Process {
  id: string;
  app: App;
  dead: boolean;
  /** The store has refused it something: what it sent may not be on record. */
  stumbled: boolean;
  /** Resolves when it dies. */
  died: Promise<void>;
  die(): void;
  /** SIGTERM, a deadline or a reload. */
  stop: AbortController;
  /** A call of a port, at which the process may die; never settles once it is dead. */
  gate<T>(work: () => Promise<T>): Promise<T>;
}

/** The machine that all processes run on. */
export interface Machine {
  time: VirtualTime;
  random: Random;
  profile: Profile;
  store: Store;
  witness: Witness;
  /** ms by which the local clock is ahead. */
  skew: number;
  stormy: boolean;
  processes: Set<Process>;
  /** What will befall whoever makes the n-th call from now, before or after it. */
  fates: { calls: number; end: "before" | "after" | "stop" }[];
  crashes: number;
  /** The doorbell rings. */
  rung(groups: readonly string[], round: string | undefined): void;
  log(process: string, level: string, message: string, fields: object): void;
}

const running = new AsyncLocalStorage<Process>();

/** Whose call this is. */
export function currentProcess(): Process | undefined {
  return running.getStore();
}

/** Runs work as the process's own; never settles once it is dead. */
export function runIn<T>(process: Process, work: () => Promise<T>): Promise<T> {
  return running.run(process, work);
}

/** A new process over the machine's store; `bus`: its own doorbell instead of the machine's. */
export function startProcess(machine: Machine, config: OpenedConfig, bus?: Bus): Process {
  const { promise: died, resolve: buried } = Promise.withResolvers<void>();
  const id = `p${machine.random.hex(6)}`;
  const random = machine.random.fork(id);
  const clock: Clock = {
    now: () => machine.time.now() + machine.skew,
    async sleep(ms, signal) {
      await machine.time.sleep(ms, signal);
      await alive(process);
    },
  };

  async function gate<T>(work: () => Promise<T>): Promise<T> {
    await alive(process);
    const { storeLatency } = machine.profile;
    if (storeLatency > 0 && random.chance(0.5)) {
      await machine.time.sleep(random.int(0, storeLatency));
      await alive(process);
    }
    const fate = drawFate(machine);
    if (fate === "stop") process.stop.abort(new Error("stopped"));
    if (fate === "before") die();
    await alive(process);
    try {
      return await work();
    } finally {
      if (fate === "after") die();
      await alive(process);
    }
  }
  function die(): void {
    if (process.dead) return;
    process.dead = true;
    machine.crashes++;
    machine.processes.delete(process as Process);
    buried();
  }

  const { store, profile, witness, time } = machine;
  const through =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A) =>
      gate(() => time.outside(() => call(...args)));
  const own: Store = {
    limits: profile.commitItems === undefined ? store.limits : { items: profile.commitItems, bytes: 200_000 },
    cost: store.cost,
    get: through(store.get) as Store["get"],
    getMany: through(store.getMany) as Store["getMany"],
    list: through(store.list) as Store["list"],
    due: through(store.due) as Store["due"],
    purge: through(store.purge),
    all: store.all,
    close: async () => {},
    commit: (ops) =>
      gate(async () => {
        if (machine.stormy && random.chance(profile.rates.storeError)) {
          process.stumbled = true;
          throw new StoreError("the store does not answer");
        }
        // The witness sees commits in the order in which they are made.
        await time.outside(async () => {
          await store.commit(ops);
          witness.committed(ops, clock.now());
        });
      }),
  };
  const process: Omit<Process, "app"> = {
    id,
    dead: false,
    stumbled: false,
    died,
    die,
    stop: new AbortController(),
    gate,
  };
  const log =
    (level: string) =>
    (message: string, fields: object = {}) =>
      machine.log(id, level, message, fields);
  const app = createApp(config.config, {
    store: own,
    clock,
    random: random.next,
    identity: {
      id,
      // Containers of a cloud know nothing of each other; processes of one machine do.
      isGone: (other) => profile.mode !== "functions" && ![...machine.processes].some((one) => one.id === other),
    },
    log: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    bus: bus ?? { publish: (_transitions, groups, round) => gate(async () => machine.rung(groups, round)) },
    secrets: config.secrets,
    print: async () => {},
  });
  const whole: Process = Object.assign(process, { app });
  machine.processes.add(whole);
  return whole;
}

/** What befalls the caller of this call; calls are counted over all processes. */
function drawFate({ fates }: Machine): "before" | "after" | "stop" | undefined {
  for (const fate of fates) fate.calls--;
  const due = fates.findIndex(({ calls }) => calls < 0);
  return due < 0 ? undefined : fates.splice(due, 1)[0]!.end;
}

/** Whether a use case may reject with this: the store said no, or others were always faster. */
export function isExcused(error: unknown): boolean {
  const expected = [StoreError, StoreConflict, PollFailed, Superseded];
  return expected.some((kind) => error instanceof kind);
}

async function alive(process: Pick<Process, "dead">): Promise<void> {
  if (process.dead) await new Promise(() => {});
}
