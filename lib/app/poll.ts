// Polling one source: its targets side by side, every failure confined to its target, and one row that sums the run up.
import type { SourceConfig } from "../model/config.ts";
import { CloudError } from "../sources/client.ts";
import type { App, Connection } from "./deps.ts";
import { failureKind, projectFailureKind } from "./failure.ts";
import { forEachLimit } from "./parallel.ts";
import { createProgress, type Progress } from "./progress.ts";
import { readToIn } from "./read-to.ts";
import {
  type Claim,
  type DiscoveredTarget,
  type FailingTarget,
  SOURCES,
  type SourceRow,
  type TargetRow,
  targetKey,
} from "./rows.ts";
import {
  closeSourceRow,
  interrupted,
  keepFloors,
  keepProgress,
  leaseOfAnother,
  openSourceRow,
  type SourceRun,
  underLease,
} from "./source-run.ts";
import { isFatal, refuseSuperseded, Superseded, untilFatal } from "./superseded.ts";
import { type Round, readBefore, readTarget, type TargetReport } from "./target.ts";
import { type Targets, type ToPoll, targetsOf } from "./targets.ts";
import { dropTargets, livingTargets, watchAgain } from "./watched.ts";

const CONCURRENCY = 24;
/** A target that keeps failing is asked less and less often, after this many tries in a row. */
const FREE_TRIES = 5;
const BACKOFF_MS = 60_000;
const MAX_BACKOFF_MS = 600_000;
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
 * Polls the sources side by side; a store that fails for one stops no other. Throws Superseded, once all have ended, where a newer
 * configuration decides.
 */
export async function pollSources(app: App, sources: readonly SourceConfig[], signal: AbortSignal): Promise<Polls> {
  const polls = await Promise.allSettled(sources.map((source) => pollSource(app, source, signal)));
  const errors = new Map<string, unknown>();
  for (const [at, poll] of polls.entries()) if (poll.status === "rejected") errors.set(sources[at]!.id, poll.reason);
  for (const error of errors.values()) if (error instanceof Superseded) throw error;
  return { reports: polls.flatMap((poll) => (poll.status === "fulfilled" ? [poll.value] : [])), errors };
}

/** Polls every target of the source once. Only the store's own failures reject: everything else is in the report and the row. */
export async function pollSource(app: App, source: SourceConfig, signal: AbortSignal): Promise<PollReport> {
  return (await inRound(app, source, signal, false)) as PollReport;
}

/** A daemon's poll: as pollSource, but nothing is done where another daemon polls the source. Returns the other's lease then. */
export function pollLeased(app: App, source: SourceConfig, signal: AbortSignal): Promise<PollReport | Claim> {
  return inRound(app, source, signal, true);
}

async function inRound(
  app: App,
  source: SourceConfig,
  signal: AbortSignal,
  leased: boolean,
): Promise<PollReport | Claim> {
  const round: Round = { id: `${source.id}/${app.clock.now()}`, transitions: [], groups: new Set() };
  try {
    return await pollRound(app, source, signal, round, leased);
  } finally {
    // What was committed is notified however the round ended.
    if (round.groups.size > 0) await app.bus.publish(round.transitions, [...round.groups], round.id);
  }
}

async function pollRound(
  app: App,
  source: SourceConfig,
  signal: AbortSignal,
  round: Round,
  leased: boolean,
): Promise<PollReport | Claim> {
  const now = app.clock.now();
  const guarded = untilFatal(app, signal);
  const row = await openSourceRow(guarded, source, now);
  refuseSuperseded(row.data.generation, app.generation.own);
  const other = leased && leaseOfAnother(app, row.data);
  if (other) return other;
  const { discovered, knownTo } = row.data;
  const run: SourceRun = {
    app: guarded,
    source,
    now,
    signal,
    before: row.data,
    row,
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
    failing: {},
    reports: [],
    complete: new Set(),
    round,
    leased,
  };
  try {
    if (!leased) await pollTargets(run);
    else if (!(await underLease(run, () => pollTargets(run)))) return { by: "another process", until: now };
    const { failing } = await closeSourceRow(run);
    return reportOf(run, failing);
  } catch (error) {
    const read = `${run.complete.size} of ${run.list?.length ?? "unknown"} targets`;
    const fields = { source: source.id, read, error: app.redact((error as Error).message) };
    app.log.error("the run was stopped; the next one goes on", fields);
    throw error;
  }
}

async function pollTargets(run: SourceRun): Promise<void> {
  const { app, source, before, signal, now } = run;
  const connection = app.connections.get(source.connection)!;
  try {
    await app.learnSecrets();
    const project = await connection.projectId();
    const known = await targetsOf(app, source, connection, project, before, signal);
    run.list = known.list;
    run.named = known.named === true;
    run.discovered = known.discovered ?? run.discovered;
    run.discoveryError = known.error && signal.aborted ? STOPPED_DISCOVERY : known.error;
    run.discoveryKind = known.errorKind;
    await keepFloors(run);
    const ended = newlyEnded(before.discovered?.targets ?? [], known);
    if (ended.length > 0)
      await dropTargets(app, source, ended, await livingTargets(app, source, run.discovered?.targets ?? []));
    run.knownTo = now;
    await readTargets(run, connection, project, known);
  } catch (error) {
    if (isFatal(error)) throw error;
    // The project itself could not be found out: none of the targets was asked.
    run.discoveryError = app.redact((error as Error).message);
    run.discoveryKind = projectFailureKind(error, signal);
    const kind = run.discoveryKind;
    for (const { id } of source.targets ?? []) {
      if (run.complete.has(id)) continue;
      run.failing[id] ??= { ...failureOf(run, id, now - source.lookback, error, run.readTo(id)), kind };
    }
  }
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
  { discovered, elsewhere }: Pick<Targets, "discovered" | "elsewhere">,
): DiscoveredTarget[] {
  if (discovered === undefined) return [];
  const { targets } = discovered;
  const alive = new Set(targets.filter(({ endedSeen }) => endedSeen === undefined).map(({ id }) => id));
  return before.filter(({ id, endedSeen }) => endedSeen === undefined && !alive.has(id) && !elsewhere?.has(id));
}

/**
 * What was never read comes first, then what was read longest ago: a run that ends at its deadline each time would else never reach
 * the last ones. Where that is the same it may begin anywhere: so would one that is killed before it has written anything.
 */
function inTurn({ app, readTo }: SourceRun, list: readonly ToPoll[]): ToPoll[] {
  const from = Math.floor(app.random() * list.length);
  const turned = [...list.slice(from), ...list.slice(0, from)];
  const last = ({ target, unread }: ToPoll) => (unread ? undefined : readTo(target.id)) ?? 0;
  return turned.toSorted((a, b) => last(a) - last(b));
}

async function readTargets(
  run: SourceRun,
  connection: Connection,
  project: string,
  { list, asOf }: Targets,
): Promise<void> {
  const { app, source, before, now, round } = run;
  const progress = progressOf(app);
  progress.begin(
    source.id,
    list.map(({ target }) => target.id),
    asOf,
  );
  for (const { target, unread } of list) {
    if (unread) progress.fail(source.id, target.id, before.failing[target.id]?.readTo ?? null);
  }
  await forEachLimit(inTurn(run, list), CONCURRENCY, run.signal, async ({ target, floor, unread }, signal) => {
    const earlier = before.failing[target.id];
    // It keeps what was known of it.
    if (signal.aborted || (earlier && earlier.retryAt > now)) return;
    const lastReadAt = run.readTo(target.id) ?? undefined;
    const report: TargetReport = { complete: false, seen: 0, found: 0 };
    const fail = async (error?: unknown) => {
      const row = (await app.store.get<TargetRow>(targetKey(app.config, source, target.id)))?.data;
      const known = "readBefore" in report ? report.readBefore : readBefore(row, source, lastReadAt);
      const readTo = Math.min(now, Math.max(known ?? 0, row?.cursor.readTo ?? 0)) || null;
      const isNew = earlier ? earlier.isNew : known === undefined || undefined;
      const failure = signal.aborted
        ? interrupted(run, target.id, floor, readTo)
        : failureOf(run, target.id, floor, error, readTo);
      run.failing[target.id] = { ...failure, ...(isNew && { isNew }) };
      progress.fail(source.id, target.id, readTo);
    };
    run.reports.push(report);
    try {
      await readTarget({
        app,
        source,
        connection,
        project,
        target,
        floor,
        now,
        lastReadAt,
        progress,
        signal,
        report,
        round,
      });
      if (!report.complete) return await fail();
      // What came, or came back, is watched from now on.
      if (unread && !target.ended) await watchAgain(app, source, target, now);
      run.complete.add(target.id);
    } catch (error) {
      if (isFatal(error)) throw error;
      // It has ended, and the API has forgotten it: there is nothing more to read.
      if (target.ended && error instanceof CloudError && error.kind === "not-found") run.complete.add(target.id);
      else await fail(error);
      const failing = run.failing[target.id];
      if (failing && !signal.aborted)
        app.log.warn("target not read", { source: source.id, target: target.id, error: failing.error });
    }
    if (!signal.aborted) await keepProgress(run);
  });
}

/** Progress of all sources, as their rows tell it when it is first needed. */
export function progressOf(app: App): Progress {
  return createProgress(app.config.sources, async () => {
    const rows = await app.store.list<SourceRow>(SOURCES);
    return new Map(rows.map((row) => [row.sk, row.data]));
  });
}

function failureOf(
  run: SourceRun,
  target: string,
  floor: number,
  error: unknown,
  readTo: number | null,
): FailingTarget {
  const earlier = run.before.failing[target];
  const kind = failureKind(error, run.signal);
  // Nobody was asked: there is nothing to go easy on.
  const unasked = run.signal.aborted || kind === "paused" || kind === "secret";
  const tries = (earlier?.tries ?? 0) + (unasked ? 0 : 1);
  const wait = unasked || tries < FREE_TRIES ? 0 : Math.min(BACKOFF_MS * 2 ** (tries - FREE_TRIES), MAX_BACKOFF_MS);
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
