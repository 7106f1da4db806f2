// Reads what the APIs still show of the past, through the sources that poll, without a cursor and without leaving a trace; gives
// it back in the order and on the beat on which polls would have found it.
import type { SourceConfig } from "../model/config.ts";
import type { Event } from "../model/event.ts";
import { CloudError, type CloudErrorKind } from "../sources/client.ts";
import { advance } from "../sources/cursor.ts";
import type { Cursor, Target } from "../sources/port.ts";
import { StoreError } from "../store/port.ts";
import { openSpool, type Spool } from "../store/spool.ts";
import type { App } from "./deps.ts";
import { entryOf, type Slice, slicesOf } from "./history-order.ts";
import { forEachLimit } from "./parallel.ts";
import type { FailingTarget } from "./rows.ts";
import { targetsOf } from "./targets.ts";

/** Fewer than a poll's: someone may be polling beside it. */
const CONCURRENCY = 4;
/** What fails in passing is tried again, from where it stopped, this often and after so long at least; ms. */
const TRIES = 2;
const AGAIN_MS = 2_000;
/** No longer than this, whatever the API asks for; ms. */
const MAX_PAUSE_MS = 60_000;
const PASSING: ReadonlySet<string> = new Set<CloudErrorKind>(["throttled", "server", "network"]);

/** What could not be read to its end. */
export interface Unread {
  source: string;
  /** Null: the targets themselves could not be found out. */
  target: string | null;
  kind: FailingTarget["kind"];
  error: string;
}

export interface SourceHistory {
  source: string;
  targets: number;
  events: number;
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
  /** The events as polls would have found them, ascending. Any number of times. */
  slices(): Iterable<Slice>;
  /** Everything that was read is gone. */
  close(): void;
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
  const run: Run = {
    app,
    start: end - since,
    end,
    signal,
    spool,
    unread: [],
    lanes: 0,
    counts,
    tell: () => progress({ ...counts }),
  };
  try {
    await app.learnSecrets();
    const read: SourceHistory[] = [];
    for (const source of sources) read.push(await readSource(run, source));
    signal.throwIfAborted();
    const { start, unread } = run;
    return { start, end, sources: read, unread, slices: () => slicesOf(spool), close: () => spool.close() };
  } catch (error) {
    spool.close();
    throw error;
  }
}

interface Run {
  app: App;
  start: number;
  end: number;
  signal: AbortSignal;
  spool: Spool<Event>;
  unread: Unread[];
  /** Targets so far: each one's number orders its events among those of one time. */
  lanes: number;
  counts: ReadProgress;
  tell(): void;
}

async function readSource(run: Run, source: SourceConfig): Promise<SourceHistory> {
  const { app, signal } = run;
  const history: SourceHistory = { source: source.id, targets: 0, events: 0, malformed: 0 };
  const connection = app.connections.get(source.connection)!;
  try {
    signal.throwIfAborted();
    const project = await connection.projectId();
    // As at a first poll that looks back this far.
    const first = { ...source, lookback: app.clock.now() - run.start };
    const { list, error } = await targetsOf(app, first, connection, project, undefined, signal);
    if (error !== undefined) fail(run, source, null, new Error(error));
    history.targets = list.length;
    run.counts.targets += list.length;
    run.tell();
    await readTargets(run, source, project, list, history);
  } catch (error) {
    fail(run, source, null, error);
  }
  return history;
}

/** One target's read, and how far it has come. */
interface Read {
  target: Target;
  lane: number;
  cursor: Cursor | undefined;
}

async function readTargets(
  run: Run,
  source: SourceConfig,
  project: string,
  list: readonly { target: Target }[],
  history: SourceHistory,
): Promise<void> {
  const { app, signal } = run;
  let left = list.map(({ target }): Read => ({ target, lane: run.lanes++, cursor: undefined }));
  for (let tries = 1; left.length > 0; tries++) {
    const again: Read[] = [];
    let wait = AGAIN_MS;
    await forEachLimit(left, CONCURRENCY, async (read) => {
      try {
        await readTarget(run, source, project, read, history);
      } catch (error) {
        const pause = tries < TRIES && !signal.aborted ? pauseAfter(error, app.clock.now()) : undefined;
        if (pause !== undefined) {
          again.push(read);
          wait = Math.max(wait, pause);
          return;
        }
        fail(run, source, read.target, error);
      }
      run.counts.read++;
      run.tell();
    });
    left = again;
    if (left.length > 0) await app.clock.sleep(wait, signal);
  }
}

/** How long to wait before what failed is tried again; ms, undefined where that is not worth it. */
function pauseAfter(error: unknown, now: number): number | undefined {
  if (!(error instanceof CloudError) || !PASSING.has(error.kind)) return undefined;
  const pause = (error.retryAt ?? now) - now;
  return pause <= MAX_PAUSE_MS ? pause : undefined;
}

function fail({ app, signal, unread }: Run, source: SourceConfig, target: Target | null, error: unknown): void {
  if (signal.aborted) throw signal.reason;
  if (error instanceof StoreError) throw error;
  const kind = error instanceof CloudError ? error.kind : "internal";
  // It has ended, and the API has forgotten it: there is nothing to read.
  if (target?.ended && kind === "not-found") return;
  unread.push({ source: source.id, target: target?.id ?? null, kind, error: app.redact((error as Error).message) });
}

async function readTarget(
  run: Run,
  source: SourceConfig,
  project: string,
  read: Read,
  history: SourceHistory,
): Promise<void> {
  const { app, start, end, signal } = run;
  const { target, lane } = read;
  const { lateness, every, levels } = source;
  const { keepFor } = app.sources[source.kind];
  const connection = app.connections.get(source.connection)!;
  const batches = app.sources[source.kind].read({
    client: connection.client,
    target,
    cursor: read.cursor,
    floor: start,
    now: end,
    lastReadAt: undefined,
    lateness,
    every,
    levels,
    stamp: {
      sourceId: source.id,
      connection: connection.name,
      project,
      region: connection.config.region,
      labels: { ...source.labels, ...target.labels },
    },
    signal,
    redact: app.redact,
  });
  for await (const { found, stats, complete, ...rest } of batches) {
    signal.throwIfAborted();
    run.spool.add(found.map(({ event }) => entryOf(event, every, end, lane)));
    if (!complete) {
      const marks = [...found.map(({ mark }) => mark), ...rest.marks];
      const step = { floor: start, now: end, lateness, keepFor, marks, readTo: rest.readTo, extra: rest.extra };
      read.cursor = advance(read.cursor, step);
    }
    history.events += found.length;
    history.malformed += stats.malformed;
    run.counts.events += found.length;
    run.tell();
  }
}
