// Runs a bounded number of tasks at a time.

/** Calls `task` for every item, at most `limit` at once, in order of the list. Rejects with the first rejection. */
export async function forEachLimit<T>(
  items: readonly T[],
  limit: number,
  task: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items.values();
  async function worker(): Promise<void> {
    for (const item of queue) await task(item);
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker));
}
