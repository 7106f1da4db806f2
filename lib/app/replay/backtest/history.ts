// Reads what the APIs still show of the past, through the sources that poll, without a cursor and without leaving a trace; gives
// it back in the order and on the beat on which polls would have found it.
import type { SourceConfig } from "../../../model/config.ts";
import type { Event } from "../../../model/event.ts";
import type { Target } from "../../../sources/port.ts";
import { openSpool } from "../../../store/sqlite/spool.ts";
import type { App } from "../../deps.ts";
import { type Slice, slicesOf } from "./history-order.ts";
import { type HistoryRun, readSource } from "./history-source.ts";
import type { FailingTarget } from "../../persistence/rows.ts";

/** What could not be read to its end. */
export interface Unread {
  source: string;
  /** Null: the targets themselves could not be found out. */
  target: string | null;
  kind: FailingTarget["kind"];
  error: string;
  /** Up to when it was read all the same; null: not at all. */
  readTo: string | null;
}

export interface SourceHistory {
  source: string;
  targets: number;
  events: number;
  /** When its oldest event was: nobody says how far back an API remembers. */
  oldest: string | null;
  /** Items that could not be understood. */
  malformed: number;
}

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

/** Times in ms. */
export interface HistoryTarget {
  source: SourceConfig;
  target: Target;
  /** From when on it was there. */
  since: number;
  /** From when on nothing more could be heard of it: it had ended, or its read failed; undefined: never. */
  until: number | undefined;
}

export interface ReadProgress {
  targets: number;
  read: number;
  events: number;
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
 * Reads the sources, one after the other. What fails is in `unread`; rejects where the signal aborts (with its reason) and where
 * the disk takes no more (StoreError).
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
    tell: () => progress({ ...counts }),
  };
  try {
    await app.learnSecrets();
    const read: SourceHistory[] = [];
    for (const source of sources) read.push(await readSource(run, source));
    signal.throwIfAborted();
    const { start, unread, targets } = run;
    const slices = () => slicesOf(spool, targets, end);
    return { start, end, sources: read, unread, slices, targets, close: () => spool.close() };
  } catch (error) {
    spool.close();
    throw error;
  }
}
