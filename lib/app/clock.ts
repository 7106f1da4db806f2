// The wall clock and its timers: the only place that asks the machine for the time.
import type { Clock } from "../model/clock.ts";

export const wallClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(done, ms);
      function done(): void {
        signal?.removeEventListener("abort", aborted);
        resolve();
      }
      function aborted(): void {
        clearTimeout(timer);
        reject(signal!.reason);
      }
      signal?.addEventListener("abort", aborted, { once: true });
    });
  },
};
