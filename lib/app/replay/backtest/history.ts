// Reads what the APIs still show of the past, through the sources that poll, without a cursor and without leaving a
// trace; gives it back in the order and on the beat on which polls would have found it.
import type { SourceConfig } from "../../../model/config.ts";
import type { Event } from "../../../model/event.ts";
import { isCheck } from "../../../model/source-kinds.ts";
import { openSpool } from "../../../store/sqlite/spool.ts";
import type { App } from "../../deps.ts";
import { type HistoryTarget, type Slice, slicesOf } from "./history-order.ts";
import { type HistoryRun, type ReadProgress, readSource, type SourceHistory, type Unread } from "./history-source.ts";

export interface History {
  /** ms; nothing older was asked for. */
  start: number;
  /** When reading began; ms. */
  end: number;
  sources: SourceHistory[];
  unread: Unread[];
  targets: readonly HistoryTarget[];
  /** The events as polls would have found them, and the ends of targets, ascending. Any number of times. */
  slices(): Iterable<Slice>;
  /** Everything that was read is gone. */
  close(): void;
}

export interface HistoryOptions {
  /** How far back; ms. */
  since: number;
  sources: readonly SourceConfig[];
  signal: AbortSignal;
  /** Called often. */
  progress(now: ReadProgress): void;
}

/**
 * Reads the sources, one after the other. What fails is in `unread`; rejects where the signal aborts (with its reason)
 * and where the disk takes no more (StoreError).
 */
export async function readHistory(app: App, { since, sources, signal, progress }: HistoryOptions): Promise<History> {
  const end = app.clock.now();
  const spool = openSpool<Event>();
  const counts: ReadProgress = { targets: 0, read: 0, events: 0 };
  const run: HistoryRun = {
    app,
    start: end - since,
    end,
    signal,
    spool,
    unread: [],
    targets: [],
    lanes: 0,
    counts,
    show: () => progress({ ...counts }),
  };
  try {
    await app.learnSecrets();
    const read: SourceHistory[] = [];
    // A list says how things are, not how they were.
    for (const source of sources.filter(({ kind }) => !isCheck(kind))) read.push(await readSource(run, source));
    signal.throwIfAborted();
    const { start, unread, targets } = run;
    const slices = () => slicesOf(spool, targets, end);
    return { start, end, sources: read, unread, slices, targets, close: () => spool.close() };
  } catch (error) {
    spool.close();
    throw error;
  }
}
