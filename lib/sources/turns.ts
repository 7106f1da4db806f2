// Long work in small pieces: between two of them a signal, a timer or another target's answer has its turn.
import { setImmediate } from "node:timers/promises";

/** Items of one piece; a full page of the largest rows takes a few milliseconds each time. */
const AT_ONCE = 25;

/** Lets others have their turn after so many calls; one for each piece of work. */
export function createTurns(atOnce: number = AT_ONCE): () => Promise<void> | undefined {
  let done = 0;
  return () => (++done % atOnce === 0 ? setImmediate() : undefined);
}

/** As `map` of arrays. */
export async function mapInTurns<T, R>(items: readonly T[], work: (item: T) => R): Promise<R[]> {
  const turn = createTurns();
  const results: R[] = [];
  for (const item of items) {
    results.push(work(item));
    await turn();
  }
  return results;
}
