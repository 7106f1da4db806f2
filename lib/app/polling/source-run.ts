// One run of a source, or of a shard of it, and what its row says of it: written when it is over and, of a long one, on
// the way, so that a run that is killed leaves behind how far it came.
import type { SourceConfig } from "../../model/config.ts";
import { lookup } from "../../model/lookup.ts";
import { type Row, StoreConflict } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { Rows } from "../evaluation/progress.ts";
import type { Round } from "../groups/round.ts";
import {
  type DiscoveredTarget,
  dayOf,
  type FailingTarget,
  type FailureKind,
  LEASE_MS,
  type SourceRow,
} from "../persistence/rows.ts";
import { type HeadRow, headOf, type Shard, shardKey } from "../persistence/shard-rows.ts";
import { getRow, putRow } from "../persistence/source-rows.ts";
import { isFatal } from "../persistence/superseded.ts";
import { discoveryFailure } from "./failure.ts";
import { listBusy } from "./quiet.ts";
import type { TargetReport } from "./target-commit.ts";
import type { ToPoll } from "./targets.ts";

/** How often a long run writes what it has read; ms. */
const KEEP_MS = 15_000;
/** How long a lease lasts beyond the time of the next poll; ms. */
const LEASE_SLACK_MS = 5_000;
/** How often a run looks whether its lease is to be renewed; ms. */
const RENEW_MS = 2_000;
const INTERRUPTED = "the run ended before it was read; the next one goes on";

export interface SourceRun {
  app: App;
  source: SourceConfig;
  /** Which of its targets. */
  shard: Shard;
  /** The source's own row where it has several shards. */
  head: Row<HeadRow> | undefined;
  /** When it began; ms. */
  now: number;
  signal: AbortSignal;
  /** The row as it was when the run began. */
  before: SourceRow;
  /** The row as this run last read or wrote it. */
  row: Row<SourceRow>;
  /** Another process has written the row meanwhile: it stands, and this run writes no more. */
  overtaken: boolean;
  /** When a write on the way was last begun, ms, and whether it goes on. */
  keptAt: number;
  keeping: boolean;
  /** The newest write of the row. */
  writing: Promise<void>;
  /** From a target's id to when it was last read completely, as the row had it when the run began. */
  readTo: (target: string) => number | null;
  /** What is to be read; undefined while that is not known. */
  list: readonly ToPoll[] | undefined;
  /** Whether the list is of named targets: what discovery found before is kept, but not read. */
  named: boolean;
  discovered: SourceRow["discovered"];
  discoveryError: string | undefined;
  discoveryKind: FailureKind | undefined;
  /** As in its row. */
  knownTo: number | undefined;
  /** Targets that this run tried in vain. */
  failing: Map<string, FailingTarget>;
  reports: TargetReport[];
  /** Ids of the targets that were read to their end. */
  complete: Set<string>;
  /** Whether a target's own row is to be read, as the run before left it. */
  isBusy: (target: string) => boolean;
  /** Of those that were read to their end, ids of which nothing is remembered. */
  quiet: Set<string>;
  /** What the run led to, made known when it is over. */
  round: Round;
  /** Which rules watch its targets, once that was looked at, but for these. */
  watched: { by: string; but: Set<string> } | undefined;
  /** The rows of all sources, for the runs of all shards. */
  rows: Rows;
  /** Whether it is a daemon's: no other daemon polls the source meanwhile. */
  leased: boolean;
  /** More targets were discovered than one shard has: it ends before it reads any. */
  divides: boolean;
}

/** The row of a shard, which its source has; undefined where the targets were divided anew meanwhile. */
export async function openShardRow(
  app: App,
  source: SourceConfig,
  shard: Shard,
  head: Row<HeadRow>,
): Promise<Row<SourceRow> | undefined> {
  const found = await getRow(app, shardKey(source.id, shard));
  if (found) return found;
  const now = await getRow(app, head);
  if (now === undefined || headOf(now)?.data.count !== shard.of) return undefined;
  // It was lost: its targets are discovered anew, and each goes on from its own cursor.
  const { firstRunAt, lastRunAt } = head.data;
  const data: SourceRow = { completeTo: null, firstRunAt, lastRunAt, failing: {}, ledger: {} };
  return { ...shardKey(source.id, shard), version: 0, data };
}

/**
 * Takes the source's lease, and renews it, until `work` has ended; false, and nothing is done,
 * where another daemon was faster.
 */
export async function underLease(run: SourceRun, work: () => Promise<void>): Promise<boolean> {
  const { app, signal } = run;
  if (!(await renewLease(run))) return false;
  const done = new AbortController();
  const renewing = (async () => {
    while (!done.signal.aborted && !run.overtaken) {
      await app.clock.sleep(RENEW_MS, AbortSignal.any([done.signal, signal])).catch(() => {});
      if (done.signal.aborted || signal.aborted) return;
      await renewLease(run);
    }
  })();
  // A lease that cannot be renewed runs out; why it cannot, the run finds out itself.
  renewing.catch(() => {});
  try {
    await work();
  } finally {
    done.abort();
  }
  await renewing.catch(() => {});
  return true;
}

/** A lease that lasts a while is left as it is: a short run writes its row once, at its end. */
async function renewLease(run: SourceRun): Promise<boolean> {
  const { app, row } = run;
  const now = app.clock.now();
  const { lease } = row.data;
  if (lease?.by === app.identity.id && lease.until - now >= LEASE_MS / 4) return true;
  await write(run, { ...row.data, ...generationOf(app), lease: { by: app.identity.id, until: now + LEASE_MS } });
  return !run.overtaken;
}

/** What was not read to its end and did not fail: nothing is read to find out how far it is. */
export function interrupted(run: SourceRun, target: string, floor: number, readTo: number | null): FailingTarget {
  const earlier = lookup(run.before.failing, target);
  return {
    kind: "interrupted",
    error: INTERRUPTED,
    since: earlier?.since ?? run.now,
    tries: earlier?.tries ?? 0,
    retryAt: 0,
    readTo,
    floor: earlier?.floor ?? floor,
  };
}

/** Named targets that no run has had: their floor is fixed before the run does anything more. */
export async function keepFloors(run: SourceRun): Promise<void> {
  const { before, named, list = [], readTo } = run;
  // While nothing was ever read completely, the first run gives the floor.
  if (!named || before.completeTo === null) return;
  const fresh = list.filter(({ target: { id } }) => !lookup(before.failing, id) && readTo(id) === null);
  if (fresh.length === 0) return;
  const more = fresh.map(({ target: { id }, floor }): [string, FailingTarget] => {
    return [id, { ...interrupted(run, id, floor, null), isNew: true }];
  });
  run.before = { ...before, failing: { ...before.failing, ...Object.fromEntries(more) } };
  await write(run, { ...run.before, ...heldBy(run), named: idsOf(list) });
}

/** What was discovered, before any of it is read. */
export async function keepDiscovered(run: SourceRun): Promise<void> {
  const { before, discovered } = run;
  const unsummed = discovered?.targets.some(({ unread }) => unread) ? { unsummed: true as const } : {};
  await write(run, { ...before, ...heldBy(run), ...(discovered && { discovered }), ...unsummed });
}

/** Writes how far a long run is, now and then. What has been read does not become unread where this fails. */
export async function keepProgress(run: SourceRun): Promise<void> {
  const now = run.app.clock.now();
  if (run.overtaken || run.keeping || Math.abs(now - run.keptAt) < KEEP_MS) return;
  run.keptAt = now;
  run.keeping = true;
  try {
    await write(run, { ...summaryOf(run), ...heldBy(run), lastRunAt: run.before.lastRunAt });
  } catch (error) {
    if (isFatal(error)) throw error;
    const fields = { source: run.source.id, error: run.app.redact((error as Error).message) };
    run.app.log.warn("the run's progress was not written", fields);
  } finally {
    run.keeping = false;
  }
}

/** The run is over. Returns what its row says, whether it was written or another's stands. */
export async function closeSourceRow(run: SourceRun): Promise<SourceRow> {
  const summary = summaryOf(run);
  await write(run, summary);
  return summary;
}

/** One at a time: each expects what the one before has written. */
function write(run: SourceRun, data: SourceRow): Promise<void> {
  run.writing = run.writing.catch(() => {}).then(() => writeNow(run, data));
  return run.writing;
}

async function writeNow(run: SourceRun, data: SourceRow): Promise<void> {
  if (run.overtaken) return;
  const { row } = run;
  const key = { pk: row.pk, sk: row.sk };
  try {
    await putRow(run.app, row, data);
    run.row = { ...key, version: row.version + 1, data };
  } catch (error) {
    // An overlapping run of the same source summed up first: its row stands, and nothing that was read is lost by it.
    if (!(error instanceof StoreConflict)) throw error;
    run.overtaken = true;
  }
}

function summaryOf(run: SourceRun): SourceRow {
  const { app, now, before, list, discoveryError } = run;
  const discovered = discoveredOf(run);
  const day = dayOf(now);
  const seen = run.reports.reduce((sum, report) => sum + report.seen, before.ledger[day]?.seen ?? 0);
  const ledger = { ...before.ledger, [day]: { seen } };
  const named = list === undefined ? before.named : run.named ? idsOf(list) : undefined;
  const busy = list && listBusy(idsOf(list).filter((id) => !run.quiet.has(id)));
  return {
    completeTo: discoveryError === undefined ? now : before.completeTo,
    ...(run.knownTo === undefined ? {} : { knownTo: run.knownTo }),
    firstRunAt: before.firstRunAt,
    lastRunAt: now,
    ...leaseAfter(run),
    ...generationOf(app),
    failing: failingOf(run),
    ...(busy !== undefined && { busy }),
    ...(named === undefined ? {} : { named }),
    ...(discovered === undefined ? {} : { discovered }),
    ...watchedIn(run),
    ...discoveryFailure(before, discoveryError, run.discoveryKind, now),
    ledger: Object.fromEntries(Object.entries(ledger).sort().slice(-31)),
  };
}

/** While the run goes on the row is its configuration's, and the lease is as it was renewed last. */
function heldBy({ app, row }: SourceRun): Pick<SourceRow, "generation" | "lease"> {
  const { lease } = row.data;
  return { ...generationOf(app), ...(lease && { lease }) };
}

function generationOf({ generation: { own } }: App): Pick<SourceRow, "generation"> {
  return own === undefined ? {} : { generation: own };
}

/** Until the next poll is due, and a little longer: who has it polls again. That of one that was stopped is over. */
function leaseAfter(run: SourceRun): Pick<SourceRow, "lease"> {
  const { app, source, now, signal, leased } = run;
  const { lease } = run.row.data;
  if (!leased) return lease ? { lease } : {};
  if (signal.aborted) return { lease: { by: app.identity.id, until: now } };
  const until = Math.max(app.clock.now() + LEASE_SLACK_MS, now + source.every + LEASE_SLACK_MS);
  return { lease: { by: app.identity.id, until } };
}

function failingOf(run: SourceRun): SourceRow["failing"] {
  const { before, list } = run;
  if (list === undefined) return { ...before.failing, ...Object.fromEntries(run.failing) };
  const unread = list.filter(({ target }) => !run.complete.has(target.id));
  const entries = unread.map(({ target: { id }, floor }): [string, FailingTarget] => {
    const known = run.failing.get(id) ?? lookup(before.failing, id);
    if (known) return [id, known];
    const last = run.readTo(id);
    return [id, { ...interrupted(run, id, floor, last), ...(last === null && { isNew: true }) }];
  });
  return Object.fromEntries(entries);
}

/** What is read completely now is unread no more. */
function discoveredOf({ discovered, complete }: SourceRun): SourceRow["discovered"] {
  if (discovered === undefined) return undefined;
  const targets = discovered.targets.map(({ unread, ...target }): DiscoveredTarget => {
    return { ...target, ...(unread && !complete.has(target.id) && { unread }) };
  });
  return { ...discovered, targets };
}

function watchedIn({ watched, before }: SourceRun): Pick<SourceRow, "watched"> {
  if (watched === undefined) return before.watched ? { watched: before.watched } : {};
  const { by, but } = watched;
  return { watched: { by, ...(but.size > 0 && { but: [...but] }) } };
}

function idsOf(list: readonly ToPoll[]): string[] {
  return list.map(({ target }) => target.id);
}
