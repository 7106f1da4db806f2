// Keeps one connection within its concurrency and its rate budget; waiting callers go in the
// order they came, those with long lists after all others.
import type { Clock } from "../../model/clock.ts";

/** How many seconds' worth of requests may leave at once after a pause. */
const BURST_S = 2;

export interface Limiter {
  /**
   * Runs `work` once there is room; rejects with the signal's reason when it aborts before that. `patient`: where there
   * is none, after all that are not.
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal, patient?: boolean): Promise<T>;
}

/** `rate` in requests a second, 0 for no budget. */
export function createLimiter(clock: Clock, { concurrency, rate }: { concurrency: number; rate: number }): Limiter {
  const waiting = new Set<() => void>();
  const patiently = new Set<() => void>();
  let running = 0;
  /** When a request would leave if they left at exactly `rate`. ms */
  let due = 0;
  /** So far ahead it may be with every slot waiting, and a minute more. ms */
  const farthest = (concurrency * 1000) / rate + BURST_S * 1000 + 60_000;

  async function enter(signal: AbortSignal | undefined, queue: Set<() => void>): Promise<void> {
    if (running < concurrency) {
      running++;
      return;
    }
    // The slot is handed over by leave(): `running` stays as it is.
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        queue.delete(go);
        reject(signal?.reason);
      };
      const go = () => {
        signal?.removeEventListener("abort", abort);
        resolve();
      };
      queue.add(go);
      signal?.addEventListener("abort", abort, { once: true });
    });
  }

  function leave(): void {
    const queue = waiting.size > 0 ? waiting : patiently;
    const [next] = queue;
    if (next === undefined) {
      running--;
      return;
    }
    queue.delete(next);
    next();
  }

  async function pace(signal?: AbortSignal): Promise<void> {
    if (rate <= 0) return;
    const now = clock.now();
    // A clock set back must not hold requests until it has caught up again.
    if (due > now + farthest) due = now;
    due = Math.max(due, now);
    const wait = due - BURST_S * 1000 - now;
    due += 1000 / rate;
    if (wait > 0) await clock.sleep(wait, signal);
  }

  return {
    async run(work, signal, patient = false) {
      signal?.throwIfAborted();
      await enter(signal, patient ? patiently : waiting);
      try {
        await pace(signal);
        return await work();
      } finally {
        leave();
      }
    },
  };
}
