// What is going to happen in the simulated cloud: done in the order of its time, when somebody
// looks, with no timer running.

export interface Schedule {
  /** Milliseconds since the epoch: the time of the step being done, or up to which all is done. */
  now(): number;
  /** Does `step` once `advance` reaches `time`; a time that has passed means at the next `advance`. */
  at(time: number, step: () => void): void;
  /** Does everything due up to and including `time`, each step at its own time. Time never runs backwards. */
  advance(time: number): void;
}

export function createSchedule(start: number): Schedule {
  // Latest first, so that the next step is popped; of two at the same time the one planned first is done first.
  const steps: { time: number; step: () => void }[] = [];
  let now = start;
  return {
    now: () => now,
    at(time, step) {
      let low = 0;
      let high = steps.length;
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (steps[middle]!.time > time) low = middle + 1;
        else high = middle;
      }
      steps.splice(low, 0, { time, step });
    },
    advance(time) {
      for (let next = steps.at(-1); next && next.time <= time; next = steps.at(-1)) {
        steps.pop();
        now = Math.max(now, next.time);
        next.step();
      }
      now = Math.max(now, time);
    },
  };
}
