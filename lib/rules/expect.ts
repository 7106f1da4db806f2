// `expect`: starts that nothing has followed yet, each with a deadline of its own.

/** Beyond these a storm of follow-ups is remembered less exactly. */
const MAX_SERVED = 5_000;

/** Ascending, in ms. */
export interface ExpectMemory {
  /** Starts whose deadline is still to come. */
  open: number[];
  /** Starts whose deadline has passed without a follow-up. */
  missed: number[];
  /** Follow-ups that starts which are found late may have been served by. */
  served: number[];
}

export function emptyExpect(): ExpectMemory {
  return { open: [], missed: [], served: [] };
}

/** A start; without effect where a known follow-up serves it, or one of the same time is missed already. */
export function noteStart(memory: ExpectMemory, time: number, within: number): ExpectMemory {
  const isServed = memory.served.some((at) => at >= time && at <= time + within);
  return isServed || memory.missed.includes(time) ? memory : { ...memory, open: insert(memory.open, time) };
}

/** A follow-up: it serves every start before it, late for those that are missed. What lies before `horizon` is forgotten. */
export function noteFollowUp(memory: ExpectMemory, time: number, within: number, horizon: number): ExpectMemory {
  const open = memory.open.filter((start) => start > time || time > start + within);
  const oldest = Math.min(horizon, open[0] ?? horizon);
  return {
    open,
    missed: memory.missed.filter((start) => start > time),
    served: insert(memory.served, time)
      .filter((at) => at >= oldest)
      .slice(-MAX_SERVED),
  };
}

/** The first start's deadline has passed; `late` is the follow-up that came after it, where one is known already. */
export function missStart(memory: ExpectMemory, within: number): { memory: ExpectMemory; late: number | undefined } {
  const [start, ...open] = memory.open;
  const late = memory.served.find((at) => at > start! + within);
  return {
    memory: { ...memory, open, missed: late === undefined ? insert(memory.missed, start!) : memory.missed },
    late,
  };
}

function insert(times: readonly number[], time: number): number[] {
  if (times.includes(time)) return [...times];
  const at = times.findLastIndex((other) => other < time) + 1;
  return times.toSpliced(at, 0, time);
}
