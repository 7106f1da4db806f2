// Works off a queue: every due row once, earliest first, and nothing that stays due (or fails) hides what lies behind it.
import { rowId } from "../store/ops.ts";
import type { Queue, Row } from "../store/port.ts";
import type { App } from "./deps.ts";

const BATCH = 200;
const MAX_BATCH = 20_000;

/**
 * Calls `work` with batches of due rows until there are no more that `wanted` accepts and that it has not had yet. `work` must not
 * reject for one row's sake.
 */
export async function drain<T>(
  app: App,
  queue: Queue,
  work: (rows: Row<T>[]) => Promise<void>,
  wanted: (row: Row<T>) => boolean = () => true,
): Promise<void> {
  const had = new Set<string>();
  for (let limit = BATCH; ; ) {
    const rows = await app.store.due<T>(queue, app.clock.now(), limit);
    const fresh = rows.filter((row) => !had.has(rowId(row)) && wanted(row));
    if (fresh.length > 0) {
      for (const row of fresh) had.add(rowId(row));
      await work(fresh);
    } else if (rows.length < limit || limit >= MAX_BATCH) return;
    // The head of the queue is all of rows that stay there: look behind it.
    else limit = Math.min(limit * 4, MAX_BATCH);
  }
}
