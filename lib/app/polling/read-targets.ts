// One run's reads: its targets side by side, in turn, every failure confined to its target.
import { lookup } from "../../model/lookup.ts";
import { CloudError } from "../../sources/cloud/client.ts";
import type { Behind, Connection } from "../deps.ts";
import { type Progress, progressOf } from "../evaluation/progress.ts";
import { watchAgain } from "../evaluation/watched.ts";
import { endRound } from "../groups/round.ts";
import { forEachLimit, isOverWithin } from "../parallel.ts";
import type { FailingTarget, TargetRow } from "../persistence/rows.ts";
import { isFatal } from "../persistence/superseded.ts";
import { targetKey } from "../persistence/target-rows.ts";
import { behindKey, countBehind, goOn, patienceFor } from "./behind.ts";
import { keepForGood, letExpire } from "./ended-rows.ts";
import { failureKind } from "./failure.ts";
import { quietCursor } from "./quiet.ts";
import { interrupted, keepProgress, type SourceRun } from "./source-run.ts";
import { readBefore, readTarget } from "./target.ts";
import { Overlap, type TargetRead, type TargetReport } from "./target-commit.ts";
import type { Targets, ToPoll } from "./targets.ts";

const CONCURRENCY = 24;
/** A target that keeps failing is asked less and less often, after this many tries in a row. */
const FREE_TRIES = 5;
const BACKOFF_MS = 60_000;
const MAX_BACKOFF_MS = 600_000;

/**
 * What was never read comes first, then what was read longest ago: a run that ends at its deadline each time
 * would else never reach the last ones. Where that is the same it may begin anywhere: so would one that is killed
 * before it has written anything.
 */
function inTurn({ app, readTo }: SourceRun, list: readonly ToPoll[]): ToPoll[] {
  const from = Math.floor(app.random() * list.length);
  const turned = [...list.slice(from), ...list.slice(0, from)];
  const last = ({ target, unread }: ToPoll) => (unread ? undefined : readTo(target.id)) ?? 0;
  return turned.toSorted((a, b) => last(a) - last(b));
}

/** What the reads of one run share. */
interface Reads {
  run: SourceRun;
  connection: Connection;
  project: string;
  progress: Progress;
  /** What is settled once a read has ended that goes on beyond the round, where nobody comes back to it. */
  late: (() => Promise<void>)[];
}

/** One target's turn. */
interface Turn extends ToPoll {
  reads: Reads;
  signal: AbortSignal;
  /** As the run before left it. */
  earlier: FailingTarget | undefined;
  /** ms */
  lastReadAt: number | undefined;
  report: TargetReport;
}

/** Reads the targets. Throws only what is fatal; everything else stands in the run. */
export async function readTargets(
  run: SourceRun,
  connection: Connection,
  project: string,
  { list, asOf }: Targets,
): Promise<void> {
  const { app, source, before, now, round } = run;
  const progress = progressOf(app, run.rows);
  const { shard, readTo } = run;
  progress.begin(source.id, { targets: list.map(({ target }) => target.id), asOf, shard, readTo });
  for (const { target, unread } of list) {
    if (unread) progress.fail(source.id, target.id, lookup(before.failing, target.id)?.readTo ?? null);
  }
  const reads: Reads = { run, connection, project, progress, late: [] };
  await forEachLimit(inTurn(run, list), CONCURRENCY, run.signal, async (one, signal) => {
    const earlier = lookup(before.failing, one.target.id);
    // It keeps what was known of it.
    if (signal.aborted || (earlier && earlier.retryAt > now)) return;
    const lastReadAt = run.readTo(one.target.id) ?? undefined;
    const report: TargetReport = { complete: false, seen: 0, found: 0 };
    await readInTurn({ ...one, reads, signal, earlier, lastReadAt, report });
  });
  if (reads.late.length === 0) return;
  await endRound(app, round);
  await forEachLimit(reads.late, reads.late.length, run.signal, (finish) => finish());
}

async function readInTurn(turn: Turn): Promise<void> {
  const { reads, signal, target, floor, unread, lastReadAt, report } = turn;
  const { run, connection, project, progress, late } = reads;
  const { app, source, now, round } = run;
  const key = behindKey(source, target.id);
  const earlierRead = app.behind.get(key);
  if (earlierRead && !earlierRead.isOver) return await goesOn(turn, earlierRead);
  app.behind.delete(key);
  run.reports.push(report);
  if (earlierRead?.error !== undefined) return await settle(turn, Promise.reject(earlierRead.error));
  const read: TargetRead = {
    app,
    source,
    connection,
    project,
    target,
    floor,
    now,
    lastReadAt,
    // Of one that came, or came back, the row may be there no more.
    quiet: unread || run.isBusy(target.id) ? undefined : quietCursor(source, lastReadAt, now),
    progress,
    signal,
    report,
    round,
  };
  const reading = readTarget(read);
  // Where so many take longer, it is no single target that does: the budget, say, is smaller than what is asked for.
  const isCrowded = countBehind(app, source) >= CONCURRENCY;
  if (isCrowded || (await isOverWithin(reading, patienceFor(source)))) return await settle(turn, reading);
  const behind = goOn(read, reading, earlierRead);
  if (run.leased) return await goesOn(turn, behind);
  // Nobody comes back to it: the run ends once it has.
  late.push(async () => {
    await behind.done;
    app.behind.delete(key);
    await settle(turn, reading);
  });
}

/** Its read goes on beyond the round; the one before may have come to its end that way, too. */
async function goesOn(turn: Turn, { readTo }: Behind): Promise<void> {
  const { target, floor } = turn;
  const { run, progress } = turn.reads;
  if (readTo === undefined) {
    await fail(turn, notYet());
    // Until it is over, there is nothing to go easy on.
    run.failing.set(target.id, { ...run.failing.get(target.id)!, retryAt: run.now });
    return;
  }
  run.failing.set(target.id, { ...interrupted(run, target.id, floor, readTo), since: run.now, tries: 0 });
  progress.fail(run.source.id, target.id, readTo);
}

/** Takes note of how a read ended. */
async function settle(turn: Turn, reading: Promise<void>): Promise<void> {
  const { reads, signal, target, unread, report } = turn;
  const { run } = reads;
  const { app, source } = run;
  try {
    await reading;
    if (!report.complete) return await fail(turn);
    if (unread && !target.ended) {
      // What came, or came back, is watched from now on. While no row lists it, another run may end that: once one
      // does, the next run sees whether it is still watched.
      await watchAgain(app, source, target, run.now);
      run.watched?.but.add(target.id);
    }
    await readToEnd(turn);
    if (report.quiet) run.quiet.add(target.id);
  } catch (error) {
    if (isFatal(error)) throw error;
    // It has ended, and the API has forgotten it: there is nothing more to read.
    if (target.ended && error instanceof CloudError && error.kind === "not-found") await readToEnd(turn);
    else await fail(turn, error);
    const failing = run.failing.get(target.id);
    if (failing && !signal.aborted)
      app.log.warn("target not read", { source: source.id, target: target.id, error: failing.error });
  }
  if (!signal.aborted) await keepProgress(run);
}

/** Its last events are surely in where the next run reads it no more: before that is recorded, its row is let go. */
async function readToEnd({ reads: { run }, target, lastsUntil }: Turn): Promise<void> {
  if (lastsUntil !== undefined && run.now >= lastsUntil) await letExpire(run.app, run.source, target.id);
  run.complete.add(target.id);
}

/** Without an error: the run was told to stop before the read came to its end. */
async function fail(
  { reads, signal, target, floor, earlier, lastReadAt, report }: Turn,
  error?: unknown,
): Promise<void> {
  const { run, progress } = reads;
  const { app, source, now } = run;
  const key = await targetKey(app, source, target.id);
  const found = await app.store.get<TargetRow>(key);
  if (found?.expires !== undefined && !target.ended) await keepForGood(app, key);
  const row = found?.data;
  const known = "readBefore" in report ? report.readBefore : readBefore(row, source, lastReadAt);
  const readTo = Math.min(now, Math.max(known ?? 0, row?.cursor.readTo ?? 0)) || null;
  const isNew = earlier ? earlier.isNew : known === undefined || undefined;
  const failure =
    signal.aborted || error instanceof Overlap
      ? { ...interrupted(run, target.id, floor, readTo), ...(error instanceof Overlap && { error: error.message }) }
      : failureOf(run, target.id, floor, error, readTo);
  run.failing.set(target.id, { ...failure, ...(isNew && { isNew }) });
  progress.fail(source.id, target.id, readTo);
}

/** No other target waits for it. */
function notYet(): CloudError {
  return new CloudError("endless", "it takes longer to read than a round lasts, and is still being read");
}

/** What the run's row says of a target that could not be read. */
export function failureOf(
  run: SourceRun,
  target: string,
  floor: number,
  error: unknown,
  readTo: number | null,
): FailingTarget {
  const earlier = lookup(run.before.failing, target);
  const kind = failureKind(error, run.signal);
  // Nobody was asked: there is nothing to go easy on.
  const unasked = run.signal.aborted || kind === "paused" || kind === "secret";
  const tries = (earlier?.tries ?? 0) + (unasked ? 0 : 1);
  // A backlog that is being caught up with, round by round.
  const isAhead = kind === "endless" && (readTo ?? 0) - (earlier?.readTo ?? 0) > 2 * run.source.every;
  const isFree = unasked || isAhead || tries < FREE_TRIES;
  const wait = isFree ? 0 : Math.min(BACKOFF_MS * 2 ** (tries - FREE_TRIES), MAX_BACKOFF_MS);
  // How long a connection rests is the gate's to say, each time anew: other credentials end it at once.
  const asked = error instanceof CloudError && kind !== "paused" ? (error.retryAt ?? 0) : 0;
  return {
    kind,
    error: run.app.redact((error as Error).message),
    since: earlier?.since ?? run.now,
    tries,
    retryAt: Math.max(run.now + wait, asked),
    readTo,
    floor: earlier?.floor ?? floor,
  };
}
