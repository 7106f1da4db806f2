// Several processes on one virtual clock, at most one outside call of theirs under way at a time: which goes
// next is drawn from a seed. A process that dies is never resumed, so nothing it might still do takes effect,
// its `finally` blocks included.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Clock } from "../../lib/model/clock.ts";
import { createRandom, type Random } from "../../lib/simulator/random.ts";

/** A simulated process, as what belongs to it sees it. */
export interface Proc {
  readonly name: string;
  readonly dead: boolean;
  readonly clock: Clock;
  /** Does `work` as an outside call, of the store, the bus, an API or a channel, when its turn comes. */
  call<T>(what: string, work: () => Promise<T>): Promise<T>;
  /** Runs `task` to its end, or to the process's death. Rejects with what the task rejects with. */
  run(task: () => Promise<void>): Promise<void>;
  kill(): void;
}

export interface Call {
  proc: Proc;
  /** Place among all calls of the run, from 0. */
  index: number;
  /** ms */
  at: number;
  what: string;
}

export interface ConductorOptions {
  seed: number;
  /** ms */
  start: number;
  /** How long a call waits, in ms; default 0, so that time moves only where everybody sleeps. */
  latency?: ((random: Random, what: string, now: number) => number) | undefined;
  /**
   * Decides about each call whether its process dies before it has any effect, or after that and
   * before it learns of it.
   */
  fate?: ((call: Call) => "before" | "after" | undefined) | undefined;
}

export interface Conductor {
  now(): number;
  random: Random;
  calls: readonly Call[];
  spawn(name: string): Proc;
}

interface Waiting {
  proc: Proc;
  /** ms: not before. */
  at: number;
  go(): Promise<void>;
}

const current = new AsyncLocalStorage<Proc>();

/** The process whose code is running; undefined outside of all. */
export function currentProc(): Proc | undefined {
  return current.getStore();
}

export function createConductor({ seed, start, latency = () => 0, fate }: ConductorOptions): Conductor {
  const random = createRandom(seed);
  const order = random.fork("order");
  const delays = random.fork("delays");
  const calls: Call[] = [];
  let waiting: Waiting[] = [];
  let now = start;
  let busy = false;
  let planned = false;

  /** Once everybody who can go on by himself has come to his next call. */
  function plan(): void {
    if (busy || planned) return;
    planned = true;
    setImmediate(() => {
      planned = false;
      void step();
    });
  }

  async function step(): Promise<void> {
    waiting = waiting.filter(({ proc }) => !proc.dead);
    if (waiting.length === 0) return;
    now = Math.max(now, Math.min(...waiting.map(({ at }) => at)));
    const next = order.pick(waiting.filter(({ at }) => at <= now));
    waiting.splice(waiting.indexOf(next), 1);
    busy = true;
    await next.go();
    busy = false;
    plan();
  }

  function enqueue(entry: Waiting): void {
    waiting.push(entry);
    plan();
  }

  async function sleep(proc: Proc, ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const entry: Waiting = {
        proc,
        at: now + ms,
        async go() {
          signal?.removeEventListener("abort", abort);
          resolve();
        },
      };
      function abort(): void {
        waiting = waiting.filter((other) => other !== entry);
        reject(signal?.reason);
      }
      signal?.addEventListener("abort", abort, { once: true });
      enqueue(entry);
    });
  }

  function spawn(name: string): Proc {
    const death = Promise.withResolvers<void>();
    let dead = false;

    async function turn<T>(
      what: string,
      work: () => Promise<T>,
      resolve: (outcome: Promise<T>) => void,
    ): Promise<void> {
      const call: Call = { proc, index: calls.length, at: now, what };
      calls.push(call);
      const end = fate?.(call);
      if (end === "before") return proc.kill();
      const outcome = work();
      await outcome.catch(() => {});
      if (end === "after") return proc.kill();
      resolve(outcome);
    }
    const proc: Proc = {
      name,
      get dead() {
        return dead;
      },
      clock: { now: () => now, sleep: (ms, signal) => sleep(proc, ms, signal) },
      call<T>(what: string, work: () => Promise<T>) {
        return new Promise<T>((resolve) => {
          enqueue({ proc, at: now + latency(delays, what, now), go: () => turn(what, work, resolve) });
        });
      },
      run: (task) => Promise.race([current.run(proc, task), death.promise]),
      kill() {
        dead = true;
        death.resolve();
      },
    };
    return proc;
  }

  return { now: () => now, random, calls, spawn };
}
