// Polling one shard of a source: its targets side by side, every failure confined to its target, and one row that sums
// the run up.
import { namedTargets } from "../../model/source-kinds.ts";
import { RowDamaged } from "../../store/port.ts";
import { connectionOf } from "../connections/none.ts";
import type { Connection } from "../deps.ts";
import { readToIn } from "../evaluation/progress.ts";
import { dropTargets, livingTargets, watchersOf, watchKnown } from "../evaluation/watched.ts";
import type { Claim, DiscoveredTarget, FailingTarget, SourceRow } from "../persistence/rows.ts";
import { isIn, SHARD_TARGETS } from "../persistence/shard-rows.ts";
import { isFatal, refuseSuperseded } from "../persistence/superseded.ts";
import { discoverInTime } from "./behind.ts";
import { letUnnamedExpire } from "./ended-rows.ts";
import { projectFailureKind } from "./failure.ts";
import { leaseOfAnother } from "./lease.ts";
import { listingOf, listingOfShard } from "./listing.ts";
import { busyIn } from "./quiet.ts";
import { failureOf, readTargets } from "./read-targets.ts";
import { closeSourceRow, keepDiscovered, keepFloors, type SourceRun, underLease } from "./source-run.ts";
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

type ShardPoll = Pick<SourceRun, "app" | "source" | "signal" | "round" | "shard" | "head" | "row" | "leased" | "rows">;

/** "divide": more targets were discovered than one shard has; none of them was read yet. */
export async function pollShard(poll: ShardPoll): Promise<PollReport | Claim | "divide"> {
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
    watched: undefined,
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
    await watchUnwatched(run, known);
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
  await letUnnamedExpire(app, source, before, known);
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

/**
 * Where a rule over targets is new, the known targets are watched from now on; those of which another run may have
 * ended the watch, again. How far it came stands in the row.
 */
async function watchUnwatched(run: SourceRun, { list }: Targets): Promise<void> {
  const { app, source, before, now, signal } = run;
  const by = watchersOf(app);
  if (by === undefined) return;
  const some = before.watched?.by === by ? new Set(before.watched.but) : undefined;
  const known = list.filter(({ target, unread }) => !target.ended && !unread && (some?.has(target.id) ?? true));
  const left = await watchKnown(
    app,
    source,
    known.map(({ target }) => target),
    now,
    signal,
  );
  run.watched = { by, but: new Set(left.map(({ id }) => id)) };
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
