// Polling one source: its targets side by side, every failure confined to its target, and one row that sums the run up.
import type { SourceConfig } from "../model/config.ts";
import { CloudError } from "../sources/client.ts";
import type { Row } from "../store/port.ts";
import { StoreConflict } from "../store/port.ts";
import type { App, Connection } from "./deps.ts";
import { discoveryFailure, type FailureKind, failureKind, projectFailureKind } from "./failure.ts";
import { forEachLimit } from "./parallel.ts";
import { createProgress, type Progress } from "./progress.ts";
import {
  type DiscoveredTarget,
  dayOf,
  type FailingTarget,
  SOURCES,
  type SourceRow,
  sourceKey,
  type TargetRow,
  targetKey,
} from "./rows.ts";
import { isFatal, refuseSuperseded } from "./superseded.ts";
import { type Round, readBefore, readTarget, type TargetReport } from "./target.ts";
import { type Targets, targetsOf } from "./targets.ts";
import { dropTargets, livingTargets, watchAgain } from "./watched.ts";

const CONCURRENCY = 24;
/** A target that keeps failing is asked less and less often, after this many tries in a row. */
const FREE_TRIES = 5;
const BACKOFF_MS = 60_000;
const MAX_BACKOFF_MS = 600_000;

export interface PollReport {
  source: string;
  targets: number;
  found: number;
  /** Targets that were not read to their end, and why. */
  failing: Record<string, FailingTarget>;
  discoveryError: string | undefined;
  interrupted: boolean;
}

/** Polls every target of the source once. Only the store's own failures reject: everything else is in the report and the row. */
export async function pollSource(app: App, source: SourceConfig, signal: AbortSignal): Promise<PollReport> {
  const round: Round = { id: `${source.id}/${app.clock.now()}`, transitions: [], groups: new Set() };
  try {
    return await pollRound(app, source, signal, round);
  } finally {
    // What was committed is notified however the round ended.
    if (round.groups.size > 0) await app.bus.publish(round.transitions, [...round.groups], round.id);
  }
}

async function pollRound(app: App, source: SourceConfig, signal: AbortSignal, round: Round): Promise<PollReport> {
  const now = app.clock.now();
  const before = await app.store.get<SourceRow>(sourceKey(source.id));
  refuseSuperseded(before?.data.generation, app.generation.own);
  const connection = app.connections.get(source.connection)!;
  const run: Run = {
    app,
    source,
    connection,
    now,
    before: before?.data,
    signal,
    failing: {},
    reports: [],
    complete: new Set(),
    knownTo: before?.data.knownTo,
    round,
  };
  let discovered: SourceRow["discovered"] = before?.data.discovered;
  let discoveryError: string | undefined;
  let discoveryKind: FailureKind | undefined;
  let targets = 0;
  try {
    await app.learnSecrets();
    const project = await connection.projectId();
    const known = await targetsOf(app, source, connection, project, before?.data, signal);
    discovered = known.discovered ?? discovered;
    discoveryError = known.error;
    discoveryKind = known.errorKind;
    targets = known.list.length;
    const ended = newlyEnded(before?.data.discovered?.targets ?? [], known);
    if (ended.length > 0)
      await dropTargets(app, source, ended, await livingTargets(app, source, discovered?.targets ?? []));
    await readTargets(run, project, known);
    run.knownTo = now;
    discovered &&= await watchNew(run, discovered);
  } catch (error) {
    if (isFatal(error)) throw error;
    // The project itself could not be found out: none of the targets was asked.
    discoveryError = app.redact((error as Error).message);
    discoveryKind = projectFailureKind(error, signal);
    for (const { id } of source.targets ?? []) {
      const { readTo = null } = run.before?.failing[id] ?? { readTo: run.before?.completeTo };
      run.failing[id] = { ...failureOf(run, id, now - source.lookback, error, readTo), kind: discoveryKind };
    }
  }
  const interrupted = signal.aborted && Object.keys(run.failing).length > 0;
  await writeSourceRow(run, before, discovered, discoveryError, discoveryKind);
  const found = run.reports.reduce((sum, report) => sum + report.found, 0);
  return { source: source.id, targets, found, failing: run.failing, discoveryError, interrupted };
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

interface Run {
  app: App;
  source: SourceConfig;
  connection: Connection;
  now: number;
  before: SourceRow | undefined;
  signal: AbortSignal;
  failing: Record<string, FailingTarget>;
  reports: TargetReport[];
  /** Ids of the targets that were read to their end. */
  complete: Set<string>;
  /** As in its row. */
  knownTo: number | undefined;
  round: Round;
}

/** What came, or came back, and is read completely now is watched from now on. */
async function watchNew(
  { app, source, now, complete }: Run,
  discovered: NonNullable<SourceRow["discovered"]>,
): Promise<NonNullable<SourceRow["discovered"]>> {
  const targets: DiscoveredTarget[] = [];
  for (const target of discovered.targets) {
    const { unread, ...read } = target;
    if (unread && complete.has(target.id)) {
      if (target.endedSeen === undefined) await watchAgain(app, source, target, now);
      targets.push(read);
    } else targets.push(target);
  }
  return { ...discovered, targets };
}

async function readTargets(run: Run, project: string, { list, asOf }: Targets): Promise<void> {
  const { app, source, before } = run;
  const progress = progressOf(app);
  progress.begin(
    source.id,
    list.map(({ target }) => target.id),
    asOf,
  );
  for (const { target, unread } of list) {
    if (unread) progress.fail(source.id, target.id, before?.failing[target.id]?.readTo ?? null);
  }
  // What was read longest ago comes first: a run that ends at its deadline each time would else never reach the last ones.
  const readTo = ({ target }: (typeof list)[number]) => before?.failing[target.id]?.readTo ?? before?.completeTo ?? 0;
  const ordered = list.toSorted((a, b) => readTo(a) - readTo(b));
  await forEachLimit(ordered, CONCURRENCY, async ({ target, floor, unread }) => {
    const earlier = before?.failing[target.id];
    if (earlier && (run.signal.aborted || earlier.retryAt > run.now)) {
      run.failing[target.id] = earlier;
      return;
    }
    const lastReadAt = (earlier ? earlier.readTo : unread ? null : before?.completeTo) ?? undefined;
    const { connection, now, signal } = run;
    const report: TargetReport = { complete: false, seen: 0, found: 0 };
    const fail = async (error: unknown) => {
      const row = (await app.store.get<TargetRow>(targetKey(app.config, source, target.id)))?.data;
      const known = "readBefore" in report ? report.readBefore : readBefore(row, source, lastReadAt);
      const readTo = Math.min(now, Math.max(known ?? 0, row?.cursor.readTo ?? 0)) || null;
      const isNew = earlier ? earlier.isNew : known === undefined || undefined;
      run.failing[target.id] = { ...failureOf(run, target.id, floor, error, readTo), ...(isNew && { isNew }) };
      progress.fail(source.id, target.id, readTo);
    };
    if (signal.aborted) return fail(new Error("the run was stopped before its turn"));
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
        round: run.round,
      });
      if (report.complete) {
        run.complete.add(target.id);
        return;
      }
      await fail(new Error("the run was stopped; the rest follows"));
    } catch (error) {
      if (isFatal(error)) throw error;
      // It has ended, and the API has forgotten it: there is nothing more to read.
      if (target.ended && error instanceof CloudError && error.kind === "not-found") return;
      await fail(error);
      if (signal.aborted) return;
      app.log.warn("target not read", { source: source.id, target: target.id, error: run.failing[target.id]!.error });
    }
  });
}

/** Progress of all sources, as their rows tell it when it is first needed. */
export function progressOf(app: App): Progress {
  return createProgress(app.config.sources, async () => {
    const rows = await app.store.list<SourceRow>(SOURCES);
    return new Map(rows.map((row) => [row.sk, row.data]));
  });
}

function failureOf(run: Run, target: string, floor: number, error: unknown, readTo: number | null): FailingTarget {
  const earlier = run.before?.failing[target];
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

async function writeSourceRow(
  run: Run,
  before: Row<SourceRow> | undefined,
  discovered: SourceRow["discovered"],
  discoveryError: string | undefined,
  discoveryKind: FailureKind | undefined,
): Promise<void> {
  const { now, source } = run;
  const day = dayOf(now);
  const seen = run.reports.reduce((sum, report) => sum + report.seen, before?.data.ledger[day]?.seen ?? 0);
  const ledger = { ...before?.data.ledger, [day]: { seen } };
  const data: SourceRow = {
    completeTo: discoveryError === undefined ? now : (before?.data.completeTo ?? null),
    ...(run.knownTo === undefined ? {} : { knownTo: run.knownTo }),
    firstRunAt: before?.data.firstRunAt ?? now,
    lastRunAt: now,
    ...(run.app.generation.own === undefined ? {} : { generation: run.app.generation.own }),
    failing: run.failing,
    ...(discovered === undefined ? {} : { discovered }),
    ...discoveryFailure(before?.data, discoveryError, discoveryKind, now),
    ledger: Object.fromEntries(Object.entries(ledger).sort().slice(-31)),
  };
  try {
    await run.app.store.commit([{ op: "put", ...sourceKey(source.id), data, expect: before?.version ?? 0 }]);
  } catch (error) {
    // An overlapping run of the same source summed up first: its row stands, and nothing that was read is lost by it.
    if (!(error instanceof StoreConflict)) throw error;
  }
}
