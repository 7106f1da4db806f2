// Virtual time: nothing really waits, what is planned happens in the order of its moment, and one seed is one order.
import { setImmediate } from "node:timers/promises";

/** The application yields now and then (sender.ts, notify.ts): no virtual time passes before it goes on. */
const TURNS = 4;

async function turn(): Promise<void> {
  for (let count = 0; count < TURNS; count++) await setImmediate();
}

export interface VirtualTime {
  /** ms since the epoch. */
  now(): number;
  /** Resolves once `advance` has come to that moment, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Does `task` at that moment. */
  at(time: number, task: () => void): void;
  /**
   * Work outside, which takes no virtual time: nothing planned happens meanwhile. One at a time, in the order in which
   * it was asked for, so that one seed stays one order.
   */
  outside<T>(work: () => Promise<T>): Promise<T>;
  /** Moves to `until`, through everything planned up to then; each task comes to rest before the next begins. */
  advance(until: number): Promise<void>;
}

export function createVirtualTime(start: number): VirtualTime {
  // Latest first; of two at the same moment the one planned first is done first.
  const plan: { time: number; task: () => void }[] = [];
  let now = start;
  let last: Promise<unknown> = Promise.resolve();
  let underWay = 0;

  async function rest(): Promise<void> {
    await turn();
    while (underWay > 0) {
      await last;
      await turn();
    }
  }

  function at(time: number, task: () => void): void {
    let low = 0;
    let high = plan.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (plan[middle]!.time > time) low = middle + 1;
      else high = middle;
    }
    plan.splice(low, 0, { time, task });
  }

  return {
    now: () => now,
    at,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const stop = () => reject(signal?.reason);
        signal?.addEventListener("abort", stop, { once: true });
        at(now + Math.ceil(Math.max(0, ms)), () => {
          signal?.removeEventListener("abort", stop);
          resolve();
        });
      });
    },
    outside(work) {
      underWay++;
      const done = last.then(work).finally(() => underWay--);
      last = done.catch(() => {});
      return done;
    },
    async advance(until) {
      // What was begun before, such as by an abort, comes to rest first.
      await rest();
      for (let next = plan.at(-1); next !== undefined && next.time <= until; next = plan.at(-1)) {
        plan.pop();
        now = Math.max(now, next.time);
        next.task();
        await rest();
      }
      now = Math.max(now, until);
    },
  };
}
