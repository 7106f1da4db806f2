// Times a function that does one unit of work, long enough to mean something and often enough to leave disturbances
// out, by the processor's time, which other work on the machine disturbs less than the clock on the wall.
import { median } from "./print.ts";

const WARM_UP_MS = 150;
const ROUND_MS = 80;
const ROUNDS = 5;

/**
 * µs of processor time for one unit: the median of five rounds. `unit` is given a running number to vary its work by.
 */
export function microseconds(unit: (number: number) => void): number {
  let number = 0;
  function round(least: number): number {
    const began = process.cpuUsage();
    let done = 0;
    let spent = 0;
    // The clock is asked rarely where the work is short.
    for (let batch = 1; spent < least; batch = Math.min(batch * 2, 4_096)) {
      for (let at = 0; at < batch; at++) unit(number++);
      done += batch;
      spent = process.cpuUsage(began).user / 1_000;
    }
    return (spent / done) * 1_000;
  }
  round(WARM_UP_MS);
  return median(Array.from({ length: ROUNDS }, () => round(ROUND_MS)));
}
