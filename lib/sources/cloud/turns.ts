// Long work in small pieces: between two of them a signal, a timer or another target's answer has its turn.
import { setImmediate } from "node:timers/promises";

/** Items of one piece, so that rows of a megabyte take no longer than they must. */
const AT_ONCE = 5;

/** Lets others have their turn after so many calls; one for each piece of work. */
export function createTurns(atOnce: number = AT_ONCE): () => Promise<void> | undefined {
  let done = 0;
  return () => (++done % atOnce === 0 ? setImmediate() : undefined);
}

/** As `map` of arrays; `atOnce`: how many items make a piece, where they take less time than events do. */
export async function mapInTurns<T, R>(items: readonly T[], work: (item: T) => R, atOnce?: number): Promise<R[]> {
  const turn = createTurns(atOnce);
  const results: R[] = [];
  for (const item of items) {
    results.push(work(item));
    await turn();
  }
  return results;
}

/** As `Promise.allSettled` of the work on each item, at most `limit` of them under way at once. */
export async function settleAll<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<PromiseSettledResult<R>[]> {
  const results: PromiseSettledResult<R>[] = [];
  const queue = items.entries();
  async function worker(): Promise<void> {
    for (const [at, item] of queue) {
      const [result] = await Promise.allSettled([work(item)]);
      results[at] = result;
    }
  }
  await Promise.all(Array.from({ length: limit }, worker));
  return results;
}
