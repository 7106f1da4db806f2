// Polling one source: its targets side by side, every failure confined to its target, and one row that sums the run up.
import type { SourceConfig } from "../../model/config.ts";
import { namedTargets } from "../../model/source-kinds.ts";
import { connectionOf } from "../connections/none.ts";
import type { App } from "../deps.ts";
import { writeKeys } from "../evaluation/keys.ts";
import { readToIn } from "../evaluation/progress.ts";
import { dropTargets, livingTargets } from "../evaluation/watched.ts";
import { endRound, newRound, type Round } from "../groups/round.ts";
import type { Claim, DiscoveredTarget, FailingTarget, SourceRow } from "../persistence/rows.ts";
import { isFatal, refuseSuperseded, Superseded } from "../persistence/superseded.ts";
import { untilFatal } from "../persistence/unit.ts";
import { projectFailureKind } from "./failure.ts";
import { failureOf, readTargets } from "./read-targets.ts";
import { closeSourceRow, keepFloors, leaseOfAnother, openSourceRow, type SourceRun, underLease } from "./source-run.ts";
import { type Targets, targetsOf } from "./targets.ts";

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
 * Polls every target of the source once. Only the store's own failures reject: everything else is
 * in the report and the row.
 */
export async function pollSource(app: App, source: SourceConfig, signal: AbortSignal): Promise<PollReport> {
  return (await inRound(app, source, signal, false)) as PollReport;
}

/**
 * A daemon's poll: as pollSource, but nothing is done where another daemon polls the source.
 * Returns the other's lease then.
 */
export function pollLeased(app: App, source: SourceConfig, signal: AbortSignal): Promise<PollReport | Claim> {
  return inRound(app, source, signal, true);
}

async function inRound(
  app: App,
  source: SourceConfig,
  signal: AbortSignal,
  leased: boolean,
): Promise<PollReport | Claim> {
  const round = newRound(app, source.id, app.clock.now());
  let report: PollReport | Claim;
  try {
    report = await pollRound(app, source, signal, round, leased);
  } finally {
    // What was committed is notified however the round ended.
    await endRound(app, round);
  }
  await writeKeys(app);
  return report;
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
    failing: new Map(),
    reports: [],
    complete: new Set(),
    round,
    leased,
  };
  try {
    if (!leased) await pollTargets(run);
    else if (!(await underLease(run, () => pollTargets(run)))) return { by: "another process", until: now };
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
  const { app, source, before, signal, now } = run;
  const connection = connectionOf(app, source);
  try {
    await app.learnSecrets();
    const project = await connection.projectId();
    const known = await targetsOf(app, source, connection, project, before, signal, run.leased);
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
    for (const { id } of namedTargets(source) ?? []) {
      if (run.complete.has(id)) continue;
      if (run.failing.has(id)) continue;
      run.failing.set(id, { ...failureOf(run, id, now - source.lookback, error, run.readTo(id)), kind });
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
