// Polling a source: its shards side by side, as one round. What stops one of them stops no other.
import type { SourceConfig } from "../../model/config.ts";
import type { App } from "../deps.ts";
import { writeKeys } from "../evaluation/keys.ts";
import { rowsOf } from "../evaluation/progress.ts";
import { endRound, newRound, type Round } from "../groups/round.ts";
import { forEachLimit } from "../parallel.ts";
import type { Claim } from "../persistence/rows.ts";
import type { Shard } from "../persistence/shard-rows.ts";
import { isFatal, Superseded } from "../persistence/superseded.ts";
import { untilFatal } from "../persistence/unit.ts";
import { type PollReport, pollShard } from "./poll-shard.ts";
import { openSource } from "./shards.ts";
import { openShardRow } from "./source-run.ts";

/** Shards of a source that are polled side by side: each reads many targets at once. */
const SHARDS_AT_ONCE = 2;

/** What became of several sources' polls. */
export interface Polls {
  reports: PollReport[];
  /** Polls that the store stopped, by source. */
  errors: Map<string, unknown>;
}

/**
 * Polls the sources side by side; a store that fails for one stops no other. Throws Superseded, once all have ended,
 * where a newer configuration decides.
 */
export async function pollSources(app: App, sources: readonly SourceConfig[], signal: AbortSignal): Promise<Polls> {
  const polls = await Promise.allSettled(sources.map((source) => pollSource(app, source, signal)));
  const errors = new Map<string, unknown>();
  for (const [at, poll] of polls.entries()) if (poll.status === "rejected") errors.set(sources[at]!.id, poll.reason);
  for (const error of errors.values()) if (error instanceof Superseded) throw error;
  return { reports: polls.flatMap((poll) => (poll.status === "fulfilled" ? [poll.value] : [])), errors };
}

/**
 * Polls every target of the source once, or of some of its shards. Only the store's own failures reject: everything
 * else is in the report and the rows.
 */
export async function pollSource(
  app: App,
  source: SourceConfig,
  signal: AbortSignal,
  shards?: readonly Shard[],
): Promise<PollReport> {
  return (
    unlessStopped(await inRound(app, source, signal, { leased: false, asked: shards })).report ?? emptyReport(source)
  );
}

/** What stopped the poll of one shard alone: its row is damaged, say. */
export interface Stopped {
  shard: Shard;
  error: unknown;
}

/** As pollSource, of some of its shards; but what stops one of them is told beside what became of the others. */
export async function pollAsked(
  app: App,
  source: SourceConfig,
  signal: AbortSignal,
  shards: readonly Shard[],
): Promise<{ report: PollReport; stopped: Stopped[] }> {
  const { report, stopped } = await inRound(app, source, signal, { leased: false, asked: shards });
  return { report: report ?? emptyReport(source), stopped };
}

/** What a daemon polled, and what it left to others. */
export interface LeasedPoll {
  /** Undefined: nothing. */
  report: PollReport | undefined;
  /** Shards that other daemons poll. */
  elsewhere: { shard: Shard; lease: Claim }[];
}

/** A daemon's poll: as pollSource, but nothing is done with what another daemon polls. */
export async function pollLeased(
  app: App,
  source: SourceConfig,
  signal: AbortSignal,
  shards?: readonly Shard[],
): Promise<LeasedPoll> {
  return unlessStopped(await inRound(app, source, signal, { leased: true, asked: shards }));
}

interface Polled extends LeasedPoll {
  stopped: Stopped[];
}

function unlessStopped(polled: Polled): Polled {
  if (polled.stopped.length > 0) throw polled.stopped[0]!.error;
  return polled;
}

/** Whose polls, and of which shards; undefined: all. */
interface Asked {
  leased: boolean;
  asked: readonly Shard[] | undefined;
}

async function inRound(app: App, source: SourceConfig, signal: AbortSignal, asked: Asked): Promise<Polled> {
  const round = newRound(app, source.id, app.clock.now());
  let polled: Polled;
  try {
    polled = await pollShards(app, source, signal, round, asked);
  } finally {
    // What was committed is notified however the round ended.
    await endRound(app, round);
  }
  await writeKeys(app);
  return polled;
}

async function pollShards(
  app: App,
  source: SourceConfig,
  signal: AbortSignal,
  round: Round,
  asked: Asked,
): Promise<Polled> {
  const guarded = untilFatal(app, signal);
  const { row, head, shards } = await openSource(guarded, source, app.clock.now(), asked);
  const reports: PollReport[] = [];
  const elsewhere: LeasedPoll["elsewhere"] = [];
  const stopped: Stopped[] = [];
  let isDivided = false;
  const shared = { app: guarded, source, round, head, leased: asked.leased, rows: rowsOf(guarded) };
  await forEachLimit(shards, SHARDS_AT_ONCE, signal, async ({ row: known, ...shard }, either) => {
    try {
      const own = head ? (known ?? (await openShardRow(guarded, source, shard, head))) : row;
      if (own === undefined) return;
      const polled = await pollShard({ ...shared, signal: either, shard, row: own });
      if (polled === "divide") isDivided = true;
      else if ("by" in polled) elsewhere.push({ shard, lease: polled });
      else reports.push(polled);
    } catch (error) {
      if (isFatal(error)) throw error;
      // A row that is damaged, say, keeps no other shard from being polled.
      stopped.push({ shard, error });
    }
  });
  if (isDivided) return pollShards(app, source, signal, round, asked);
  return { report: reports.length === 0 ? undefined : together(source, reports), elsewhere, stopped };
}

function emptyReport({ id }: SourceConfig): PollReport {
  return { source: id, targets: 0, found: 0, failing: {}, unreached: 0, discoveryError: undefined, interrupted: false };
}

function together(source: SourceConfig, reports: readonly PollReport[]): PollReport {
  const whole = emptyReport(source);
  for (const one of reports) {
    whole.targets += one.targets;
    whole.found += one.found;
    whole.unreached += one.unreached;
    whole.discoveryError ??= one.discoveryError;
    whole.interrupted ||= one.interrupted;
    Object.assign(whole.failing, one.failing);
  }
  return whole;
}
