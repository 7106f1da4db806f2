// One source's past: each of its targets is read as at a first poll, a few at a time, and what
// fails is tried again and named.
import type { SourceConfig } from "../../../model/config.ts";
import type { Event } from "../../../model/event.ts";
import { CloudError, type CloudErrorKind } from "../../../sources/cloud/client.ts";
import type { Cursor, Target } from "../../../sources/port.ts";
import { advance } from "../../../sources/reading/cursor.ts";
import { createMeter } from "../../../sources/reading/meter.ts";
import { StoreError } from "../../../store/port.ts";
import type { Spool } from "../../../store/sqlite/spool.ts";
import { connectionOf } from "../../connections/none.ts";
import type { App } from "../../deps.ts";
import { forEachLimit } from "../../parallel.ts";
import type { FailingTarget } from "../../persistence/rows.ts";
import { listingOf } from "../../polling/listing.ts";
import { scopeOf } from "../../polling/scope.ts";
import { targetsOf } from "../../polling/targets.ts";
import { entryOf, type HistoryTarget } from "./history-order.ts";

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

export interface ReadProgress {
  targets: number;
  read: number;
  events: number;
}

/** A read of the past, and how far it is. Times in ms. */
export interface HistoryRun {
  app: App;
  start: number;
  end: number;
  signal: AbortSignal;
  spool: Spool<Event>;
  unread: Unread[];
  targets: HistoryTarget[];
  /** Targets so far: each one's number orders its events among those of one time. */
  lanes: number;
  counts: ReadProgress;
  show(): void;
}

/** Reads every target of a source, and notes what fails. Throws what readHistory throws. */
export async function readSource(run: HistoryRun, source: SourceConfig): Promise<SourceHistory> {
  const { app, signal } = run;
  const history: SourceHistory = { source: source.id, targets: 0, events: 0, oldest: null, malformed: 0 };
  const connection = connectionOf(app, source);
  try {
    signal.throwIfAborted();
    const project = await connection.projectId();
    // As at a first poll that looks back this far.
    const first = { ...source, lookback: app.clock.now() - run.start };
    const at = app.clock.now();
    const discover = async () => ({ ...(await app.discover(first, connection, project, signal)), at });
    const listing = listingOf(at, discover);
    const { list, error } = await targetsOf(app, first, project, undefined, { index: 0, of: 1 }, listing, signal);
    if (error !== undefined) fail(run, source, undefined, new Error(error));
    history.targets = list.length;
    run.counts.targets += list.length;
    run.show();
    await readTargets(run, source, project, list, history);
  } catch (error) {
    fail(run, source, undefined, error);
  }
  return history;
}

/** One target's read, and how far it has come. */
interface Read {
  target: Target;
  lane: number;
  cursor: Cursor | undefined;
  /** When its oldest and its newest event were; ms. */
  span: { from: number; to: number } | undefined;
}

async function readTargets(
  run: HistoryRun,
  source: SourceConfig,
  project: string,
  list: readonly { target: Target }[],
  history: SourceHistory,
): Promise<void> {
  const { app, signal } = run;
  let left = list.map(({ target }): Read => ({ target, lane: run.lanes++, cursor: undefined, span: undefined }));
  for (let tries = 1; left.length > 0; tries++) {
    const again: Read[] = [];
    let wait = AGAIN_MS;
    await forEachLimit(left, CONCURRENCY, signal, async (read, either) => {
      try {
        await readTarget({ ...run, signal: either }, source, project, read, history);
        keepTarget(run, source, read, endOf(run, read));
      } catch (error) {
        const pause = tries < TRIES && !signal.aborted ? pauseAfter(error, app.clock.now()) : undefined;
        if (pause !== undefined) {
          again.push(read);
          wait = Math.max(wait, pause);
          return;
        }
        fail(run, source, read, error);
        keepTarget(run, source, read, read.cursor?.readTo ?? run.start);
      }
      run.counts.read++;
      run.show();
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

function fail({ app, signal, unread }: HistoryRun, source: SourceConfig, read: Read | undefined, error: unknown): void {
  if (signal.aborted) throw signal.reason;
  if (error instanceof StoreError) throw error;
  const kind = error instanceof CloudError ? error.kind : "internal";
  // It has ended, and the API has forgotten it: there is nothing to read.
  if (read?.target.ended && kind === "not-found") return;
  const readTo = read?.cursor === undefined ? null : new Date(read.cursor.readTo).toISOString();
  const target = read?.target.id ?? null;
  unread.push({ source: source.id, target, kind, error: app.redact((error as Error).message), readTo });
}

function keepTarget(
  { targets, start }: HistoryRun,
  source: SourceConfig,
  { target, span }: Read,
  until: number | undefined,
): void {
  // A service is published again and again: what it had events of before was there.
  const made = Math.min(target.createdAt ?? start, span?.from ?? Number.POSITIVE_INFINITY);
  targets.push({ source, target, since: Math.max(start, made), until });
}

/** When the target had ended; ms, undefined: it goes on. Where nobody says when, its last event does. */
function endOf({ start }: HistoryRun, { target, span }: Read): number | undefined {
  return target.ended ? Math.max(span?.to ?? start, target.endedAt ?? start) : undefined;
}

async function readTarget(
  run: HistoryRun,
  source: SourceConfig,
  project: string,
  read: Read,
  history: SourceHistory,
): Promise<void> {
  const { app, start, end, signal } = run;
  const { target, lane } = read;
  const { lateness, every, levels } = source;
  const { keepFor } = app.sources[source.kind];
  const connection = connectionOf(app, source);
  const meter = createMeter(connection.client, app.clock);
  const batches = app.sources[source.kind].read({
    client: meter.client,
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
    scope: scopeOf(app, source),
    redact: app.redact,
  });
  for await (const { found, stats, complete, ...rest } of batches) {
    signal.throwIfAborted();
    meter.rest();
    run.spool.add(found.map(({ event }) => entryOf(event, every, end, lane)));
    if (!complete) {
      const marks = [...found.map(({ mark }) => mark), ...rest.marks];
      const step = { floor: start, now: end, lateness, keepFor, marks, readTo: rest.readTo, extra: rest.extra };
      read.cursor = advance(read.cursor, step);
    }
    if (found.length > 0) {
      const first = found[0]!.event.time;
      if (history.oldest === null || first < history.oldest) history.oldest = first;
      read.span = { from: read.span?.from ?? Date.parse(first), to: Date.parse(found.at(-1)!.event.time) };
    }
    history.events += found.length;
    history.malformed += stats.malformed;
    run.counts.events += found.length;
    run.show();
  }
}
