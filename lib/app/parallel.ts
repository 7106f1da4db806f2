// Runs a bounded number of tasks at a time.

/**
 * Calls `task` for every item, at most `limit` at once, in order of the list. After the first rejection nothing
 * more is started: the signal that each task was given aborts, with the error as its reason, and once all have
 * ended this rejects with that error.
 */
export async function forEachLimit<T>(
  items: readonly T[],
  limit: number,
  signal: AbortSignal,
  task: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController();
  const either = AbortSignal.any([signal, failure.signal]);
  const queue = items.values();
  async function worker(): Promise<void> {
    for (const item of queue) {
      if (failure.signal.aborted) return;
      try {
        await task(item, either);
      } catch (error) {
        failure.abort(error);
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
  if (failure.signal.aborted) throw failure.signal.reason;
}

/** Whether the work has ended, whichever way, before so much of the machine's own time is over; ms. Never rejects. */
export async function isOverWithin(work: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  return await Promise.race([ended, late]).finally(() => clearTimeout(timer));
}
