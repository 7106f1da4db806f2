// Works off a queue: every due row once, earliest first, and nothing that stays due (or fails)
// hides what lies behind it.
import type { Clock } from "../../model/clock.ts";
import { rowId } from "../../store/ops.ts";
import type { Queue, Row, Store } from "../../store/port.ts";

const BATCH = 200;
const MAX_BATCH = 20_000;

/**
 * Batches of due rows that were not given before, until there are no more or the signal aborts. Those that
 * stay due are read again once at most: what they cost does not grow with what lies behind them. `ahead`: also
 * what is due within so many ms.
 */
export async function* drain<T>(
  app: { store: Store; clock: Clock },
  queue: Queue,
  signal?: AbortSignal,
  ahead = 0,
): AsyncGenerator<Row<T>[], void, void> {
  const had = new Set<string>();
  // Working on what is due may lead to more that is due before what came last: it is looked at again from the start.
  for (let found = true; found; ) {
    found = false;
    for await (const rows of dueOnce<T>(app, queue, had, signal, ahead)) {
      found = true;
      yield rows;
    }
  }
}

/** One way through the queue: batches of the due rows that are not in `had`, and are from then on. */
async function* dueOnce<T>(
  app: { store: Store; clock: Clock },
  queue: Queue,
  had: Set<string>,
  signal: AbortSignal | undefined,
  ahead: number,
): AsyncGenerator<Row<T>[], void, void> {
  for (let from = 0, limit = BATCH; !signal?.aborted; ) {
    const rows = await app.store.due<T>(queue, app.clock.now() + ahead, limit, from);
    const fresh = rows.filter((row) => !had.has(rowId(row)));
    for (const row of fresh) had.add(rowId(row));
    if (fresh.length > 0) yield fresh;
    const end = rows.at(-1)?.due;
    if (rows.length < limit || end === undefined) return;
    if (end > from) {
      from = end;
      limit = BATCH;
    } else if (fresh.length === 0) {
      // So many are due at the same moment and stay there: look behind them.
      if (limit >= MAX_BATCH) return;
      limit = Math.min(limit * 4, MAX_BATCH);
    }
  }
}
