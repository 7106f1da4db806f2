// So many pieces of work at a time, and each no sooner than its turn: what is asked of many is spread over a while.
import { setTimeout as wait } from "node:timers/promises";

export interface Slots {
  /** Begins after `delay` (ms), once there is room, in the order in which that came to be. Aborted, it never begins. */
  run<T>(work: () => Promise<T>, delay?: number, signal?: AbortSignal): Promise<T>;
}

export function createSlots(limit: number): Slots {
  const waiting: (() => void)[] = [];
  let busy = 0;
  return {
    async run(work, delay = 0, signal) {
      if (delay > 0) await wait(delay, undefined, signal && { signal });
      if (busy >= limit) await new Promise<void>((go) => void waiting.push(go));
      else busy++;
      try {
        return await work();
      } finally {
        const next = waiting.shift();
        if (next === undefined) busy--;
        else next();
      }
    },
  };
}

/**
 * What becomes of work on each item, side by side, as soon as so many are over; throws what a piece of work throws.
 * Work that is due `spacing` ms after the one before it begins then, or as soon as there is room.
 */
export async function* sideBySide<T, R>(
  items: readonly T[],
  slots: Slots,
  { spacing, atOnce, signal }: { spacing: number; atOnce: number; signal: AbortSignal },
  work: (item: T) => Promise<R>,
): AsyncGenerator<[T, R][]> {
  const over: [T, R][] = [];
  const failed: unknown[] = [];
  const end = new AbortController();
  const either = AbortSignal.any([signal, end.signal]);
  let left = items.length;
  let wake = () => {};
  for (const [nth, item] of items.entries()) {
    slots
      .run(() => work(item), nth * spacing, either)
      .then(
        (result) => over.push([item, result]),
        (error: unknown) => failed.push(error),
      )
      .then(() => wake());
  }
  try {
    while (left > 0) {
      while (failed.length === 0 && over.length < Math.min(atOnce, left)) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (failed.length > 0) throw failed[0];
      left -= over.length;
      yield over.splice(0);
    }
  } finally {
    end.abort();
  }
}
