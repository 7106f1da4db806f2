// Polling one source, shard by shard: the targets of each side by side, every failure confined to its target, and one
// row that sums the shard's run up.
import type { SourceConfig } from "../../model/config.ts";
import { namedTargets } from "../../model/source-kinds.ts";
import { RowDamaged } from "../../store/port.ts";
import { connectionOf } from "../connections/none.ts";
import type { App, Connection } from "../deps.ts";
import { writeKeys } from "../evaluation/keys.ts";
import { readToIn, rowsOf } from "../evaluation/progress.ts";
import { dropTargets, livingTargets } from "../evaluation/watched.ts";
import { endRound, newRound, type Round } from "../groups/round.ts";
import { forEachLimit } from "../parallel.ts";
import type { Claim, DiscoveredTarget, FailingTarget, SourceRow } from "../persistence/rows.ts";
import { isIn, SHARD_TARGETS, type Shard } from "../persistence/shard-rows.ts";
import { isFatal, refuseSuperseded, Superseded } from "../persistence/superseded.ts";
import { untilFatal } from "../persistence/unit.ts";
import { discoverInTime } from "./behind.ts";
import { projectFailureKind } from "./failure.ts";
import { leaseOfAnother } from "./lease.ts";
import { listingOf, listingOfShard } from "./listing.ts";
import { busyIn } from "./quiet.ts";
import { failureOf, readTargets } from "./read-targets.ts";
import { openSource } from "./shards.ts";
import { closeSourceRow, keepDiscovered, keepFloors, openShardRow, type SourceRun, underLease } from "./source-run.ts";
import { type Targets, targetsOf } from "./targets.ts";

/** Shards of a source that are polled side by side: each reads many targets at once. */
const SHARDS_AT_ONCE = 2;
const STOPPED_DISCOVERY = "the run ended before all targets were listed; the next one begins anew";

export interface PollReport {
  source: string;
  targets: number;
  found: number;
  /** Targets that were not read to their end, and why. */
  failing: Record<string, FailingTarget>;
  /** How many of them did not fail: the run ended before they were read. */
  unreached: number;
  discoveryError: string | undefined;
  interrupted: boolean;
}

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

type ShardPoll = Pick<SourceRun, "app" | "source" | "signal" | "round" | "shard" | "head" | "row" | "leased" | "rows">;

/** "divide": more targets were discovered than one shard has; none of them was read yet. */
async function pollShard(poll: ShardPoll): Promise<PollReport | Claim | "divide"> {
  const { app, source, row, leased } = poll;
  const now = app.clock.now();
  refuseSuperseded(row.data.generation, app.generation.own);
  const other = leased && leaseOfAnother(app, row);
  if (other) return other;
  const { discovered, knownTo } = row.data;
  const run: SourceRun = {
    ...poll,
    now,
    before: row.data,
    overtaken: false,
    keptAt: now,
    keeping: false,
    writing: Promise.resolve(),
    readTo: readToIn(row.data),
    list: undefined,
    named: false,
    discovered,
    discoveryError: undefined,
    discoveryKind: undefined,
    knownTo,
    failing: new Map(),
    reports: [],
    complete: new Set(),
    isBusy: busyIn(row.data),
    quiet: new Set(),
    divides: false,
  };
  try {
    if (!leased) await pollTargets(run);
    else if (!(await underLease(run, () => pollTargets(run)))) return { by: "another process", until: now };
    if (run.divides) return "divide";
    const { failing } = await closeSourceRow(run);
    const report = reportOf(run, failing);
    const isComplete = report.discoveryError === undefined && Object.keys(failing).length === 0;
    app.counters.count("polls", { source: source.id, outcome: isComplete ? "complete" : "incomplete" });
    return report;
  } catch (error) {
    const read = `${run.complete.size} of ${run.list?.length ?? "unknown"} targets`;
    const fields = { source: source.id, read, error: app.redact((error as Error).message) };
    app.log.error("the run was stopped; the next one goes on", fields);
    throw error;
  }
}

async function pollTargets(run: SourceRun): Promise<void> {
  const { app, source, shard, head, before, signal, now } = run;
  const connection = connectionOf(app, source);
  try {
    await app.learnSecrets();
    const project = await connection.projectId();
    const discover = discoveryOf(run, connection, project);
    const listing = head ? listingOfShard(app, head, shard, now, discover) : listingOf(now, discover);
    const known = await targetsOf(app, source, project, before, shard, listing, signal);
    await takeTargets(run, known);
    if (head === undefined && known.discovered && (run.discovered?.targets.length ?? 0) > SHARD_TARGETS) {
      // Now rather than at the next poll: others share the first reads, and this run's row stays small.
      await keepDiscovered(run);
      run.divides = true;
      return;
    }
    run.knownTo = now;
    await readTargets(run, connection, project, known);
  } catch (error) {
    if (isFatal(error)) throw error;
    // The project itself could not be found out: none of the targets was asked.
    run.discoveryError = app.redact((error as Error).message);
    run.discoveryKind = projectFailureKind(error, signal);
    const kind = run.discoveryKind;
    for (const { id } of namedTargets(source) ?? []) {
      if (!isIn(shard, id) || run.complete.has(id)) continue;
      if (run.failing.has(id)) continue;
      run.failing.set(id, { ...failureOf(run, id, now - source.lookback, error, run.readTo(id)), kind });
    }
  }
}

async function takeTargets(run: SourceRun, known: Targets): Promise<void> {
  const { app, source, shard, before, signal } = run;
  run.list = known.list;
  run.named = known.named === true;
  run.discoveryError = known.error && signal.aborted ? STOPPED_DISCOVERY : known.error;
  run.discoveryKind = known.errorKind;
  await keepFloors(run);
  const { discovered } = known;
  if (discovered === undefined) return;
  const ended = newlyEnded(before.discovered?.targets ?? [], discovered.targets, known.elsewhere);
  try {
    await dropTargets(app, source, ended, () => livingTargets(app, source, shard, discovered.targets));
  } catch (error) {
    if (!(error instanceof RowDamaged)) throw error;
    // Nobody knows whether others share what waits for them: they end once that can be read. Reading goes on.
    app.log.error("targets that have ended are still watched", { source: source.id, error: error.message });
    return;
  }
  run.discovered = discovered;
}

/** What asks the API for the targets. A run that nobody comes back to waits for it. */
function discoveryOf({ app, source, now, signal, leased }: SourceRun, connection: Connection, project: string) {
  const discover = () => app.discover(source, connection, project, signal);
  return async () => (leased ? discoverInTime(app, source, discover) : { ...(await discover()), at: now });
}

function reportOf(run: SourceRun, failing: SourceRow["failing"]): PollReport {
  const { source, list = [], reports, discoveryError, signal } = run;
  const all = Object.values(failing);
  return {
    source: source.id,
    targets: list.length,
    found: reports.reduce((sum, report) => sum + report.found, 0),
    failing,
    unreached: all.filter(({ kind }) => kind === "interrupted").length,
    discoveryError,
    interrupted: signal.aborted && (all.length > 0 || discoveryError !== undefined),
  };
}

/** Of those that were there before: what a new discovery saw to have ended, or no more. */
function newlyEnded(
  before: readonly DiscoveredTarget[],
  found: readonly DiscoveredTarget[],
  elsewhere: ReadonlySet<string> | undefined,
): DiscoveredTarget[] {
  const alive = new Set(found.filter(({ endedSeen }) => endedSeen === undefined).map(({ id }) => id));
  return before.filter(({ id, endedSeen }) => endedSeen === undefined && !alive.has(id) && !elsewhere?.has(id));
}
