// What of the sources is not polled or not read, as problems: one for each cause, however many targets it concerns.

import type { SourceConfig } from "../../model/config.ts";
import { iso } from "../../model/iso.ts";
import { isProjectWide } from "../../model/source-kinds.ts";
import { mapInTurns } from "../../sources/cloud/turns.ts";
import type { App } from "../deps.ts";
import { GENERATION, type GenerationRow } from "../persistence/generation.ts";
import type { FailureKind, SourceRow } from "../persistence/rows.ts";
import { listSources } from "../persistence/shard-rows.ts";
import { isConnectionWide, isUnderWay } from "../polling/failure.ts";
import { toBePolled } from "../polling/targets.ts";
import type { Problem } from "./problem.ts";

/** A run may be late by as much beyond two intervals; ms. */
const LATE_MS = 30_000;
/** More targets of one source that fail in the same way are one problem. */
const MAX_SINGLE = 20;
const NAMED = 5;

/** How a source is polled. */
export interface SourceState {
  source: SourceConfig;
  row: SourceRow | undefined;
  /**
   * When its last run began, or when the configuration took over where there was none; ms, undefined: nothing ever ran.
   */
  since: number | undefined;
  /** When its next run was due at the latest; ms. */
  overdueAt: number;
  isOverdue: boolean;
}

export async function readSourceStates(app: App): Promise<SourceState[]> {
  const now = app.clock.now();
  const [rows, generation] = await Promise.all([listSources(app), app.store.get<GenerationRow>(GENERATION)]);
  const begun = generation?.data.since ?? earliest(rows.map(({ data }) => data.firstRunAt));
  return app.config.sources.map((source) => {
    const row = rows.find(({ sk }) => sk === source.id)?.data;
    const since = row?.lastRunAt ?? begun;
    const late = 2 * source.every + LATE_MS;
    const patience = row ? late : Math.min(late, app.config.health.lag);
    const overdueAt = (since ?? Number.NEGATIVE_INFINITY) + patience;
    return { source, row, since, overdueAt, isOverdue: now > overdueAt };
  });
}

function earliest(times: readonly number[]): number | undefined {
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Whether the last run of every source read something, as far as it had anything to read, and saw all there is. */
export function areRead(app: App, states: readonly SourceState[]): boolean {
  return states.every((state) => {
    const { source, row, isOverdue } = state;
    return row !== undefined && !isOverdue && !isUnread(app, source, row);
  });
}

/** Whether the last run of the source read none of its targets, or could not find them out. */
export function isUnread(app: App, source: SourceConfig, row: SourceRow | undefined): boolean {
  if (row === undefined) return false;
  return (row.discoveryError !== undefined && !isListing(app, row)) || isWhollyUnread(source, row);
}

/** The last run did not list all targets, and nothing failed: that it goes on for too long is another matter. */
export function isListing(app: App, { discoveryKind, discoveryFailingSince, lastRunAt }: SourceRow): boolean {
  const since = discoveryFailingSince ?? lastRunAt;
  return discoveryKind === "interrupted" || (discoveryKind === "endless" && lastRunAt - since <= app.config.health.lag);
}

/** No target could be read in the last run. */
function isWhollyUnread(source: SourceConfig, row: SourceRow): boolean {
  const failing = Object.values(row.failing).filter((one) => !isUnderWay(one)).length;
  return failing > 0 && failing >= (listedTargets(source, row)?.length ?? 1);
}

/** Ids of the targets that the source polls; undefined where they are not known by name. */
export function listedTargets(source: SourceConfig, row: SourceRow | undefined): string[] | undefined {
  if (isProjectWide(source.kind)) return undefined;
  const targets =
    source.targets ?? (row?.discovered && toBePolled(row.discovered.targets, source, row).map(({ target }) => target));
  return targets?.map(({ id }) => id);
}

/** Sources that nobody polls. */
export function overdueProblems(app: App, states: readonly SourceState[]): Problem[] {
  if (states.every(({ row, since }) => row === undefined && since === undefined)) {
    const message = "Nothing was polled yet: start `lookout run`";
    return [{ problem: "source unread", name: "*", message, connection: null, alertAt: Number.POSITIVE_INFINITY }];
  }
  return states.flatMap(({ source, row, since, overdueAt, isOverdue }): Problem[] => {
    if (!isOverdue) return [];
    const { id, connection, every } = source;
    const read = row ? `not polled since ${iso(row.lastRunAt)}` : `never polled, not since ${iso(since!)}`;
    const lag = since! + (row ? every : 0) + app.config.health.lag;
    const message = `${id} is ${read}: is \`lookout run\` running?`;
    return [{ problem: "source unread", name: id, message, connection, alertAt: Math.max(lag, overdueAt) }];
  });
}

/** A target that is not read, or a discovery that fails. Times in ms. */
interface Unread {
  source: SourceConfig;
  /** Undefined: the discovery. */
  target: string | undefined;
  kind: FailureKind;
  error: string;
  since: number;
  alertAt: number;
  isLasting: boolean;
  /** Its own problem. */
  name: string;
}

/**
 * What fails of a connection's sources. What may concern the whole connection is one problem of the connection: but for
 * a single target while others are read. The rest is one problem for each target, beyond 20 of a source and kind one
 * for all. `isOpen` says which problems have an alert: what was an alert of its own stays one, and what was one for
 * many stays that, until it is over. So no alert comes and goes because the number of targets changes.
 */
export async function unreadProblems(
  app: App,
  connection: string,
  states: readonly SourceState[],
  isOpen: (problem: Problem["problem"], name: string) => boolean,
): Promise<Problem[]> {
  const own = states.filter(({ source }) => source.connection === connection);
  // Thousands of targets of a source take a while: other work comes in between.
  const all = (await mapInTurns(own, (state) => unreadOf(app, state), 1)).flat();
  const isReported = ({ target, name }: Unread) => target !== undefined && isOpen("target unread", name);
  const reported = all.filter(isReported);
  const wide = all.filter((one) => isConnectionWide(one.kind) && !isReported(one));
  const rest = all.filter((one) => !isConnectionWide(one.kind) && !isReported(one));
  const problems = reported.map(targetProblem);

  const othersAreRead = own.some((state) => isPartlyRead(state));
  const isSingle = wide.length === 1 && wide[0]!.target !== undefined && othersAreRead;
  if (isSingle && !isOpen("connection failing", connection)) problems.push(...lasting(wide).map(targetProblem));
  else if (wide.length > 0) problems.push(connectionProblem(connection, wide, own));

  for (const one of rest.filter(({ target }) => target === undefined)) {
    const { source, name, error, since, alertAt } = one;
    const message = `Discovery of ${source.id} fails since ${iso(since)}: ${error}`;
    problems.push({ problem: "discovery failed", name, message, connection, alertAt });
  }
  const targets = rest.filter(({ target }) => target !== undefined);
  for (const [name, some] of Map.groupBy(targets, ({ source, kind }) => `${source.id} (${kind})`)) {
    const singly = reported.filter(({ source, kind }) => source === some[0]!.source && kind === some[0]!.kind).length;
    const isOne = isOpen("targets unread", name);
    if (isOne) problems.push(targetsProblem(name, some));
    else if (singly + lasting(some).length > MAX_SINGLE) problems.push(targetsProblem(name, lasting(some)));
    else problems.push(...lasting(some).map(targetProblem));
  }
  return problems;
}

function lasting(all: readonly Unread[]): Unread[] {
  return all.filter(({ isLasting }) => isLasting);
}

function unreadOf(app: App, { source, row, overdueAt }: SourceState): Unread[] {
  if (row === undefined) return [];
  const { lag } = app.config.health;
  // What a source that nobody polls has not read since is the poller's fault.
  const asOf = Math.min(app.clock.now(), overdueAt);
  const all: Unread[] = [];
  if (row.discoveryError !== undefined && !isListing(app, row)) {
    const {
      discoveryError: error,
      discoveryKind: kind = "internal",
      discoveryFailingSince: since = row.lastRunAt,
    } = row;
    const alertAt = since + lag;
    all.push({ source, target: undefined, kind, error, since, alertAt, isLasting: asOf > alertAt, name: source.id });
  }
  for (const [target, failing] of Object.entries(row.failing)) {
    const { kind, error } = failing;
    // What never comes to its end may well be read up to now.
    const isNew = failing.isNew || kind === "endless";
    const since = isNew ? failing.since : (failing.readTo ?? failing.since);
    // After a pause in which nobody polled, one failed try is not an alert yet.
    const alertAt = Math.max(since + lag, failing.since + Math.min(lag, source.every));
    const isLasting = asOf > alertAt;
    all.push({ source, target, kind, error, since, alertAt, isLasting, name: `${source.id}/${target}` });
  }
  const isPatient = (kind: FailureKind) => kind === "interrupted" || kind === "endless";
  return all.filter(({ kind, target, isLasting }) => target === undefined || !isPatient(kind) || isLasting);
}

/** Something of the source was read in its last run. */
function isPartlyRead(state: SourceState): boolean {
  const { row, isOverdue, source } = state;
  if (row === undefined || isOverdue || isWhollyUnread(state.source, row)) return false;
  if (row.discoveryKind !== undefined) return Object.keys(row.failing).length > 0;
  return listedTargets(source, row)?.length !== 0;
}

function targetProblem({ source, name, target, since, error }: Unread): Problem {
  const message = `${source.id} ${target} is unread since ${iso(since)}: ${error}`;
  return { problem: "target unread", name, message, connection: source.connection };
}

function targetsProblem(name: string, all: readonly Unread[]): Problem {
  const { source, error } = all[0]!;
  const names = all.slice(0, NAMED).map(({ target }) => target);
  const more = all.length > NAMED ? `${names.join(", ")} and ${all.length - NAMED} more` : names.join(", ");
  const since = Math.min(...all.map((one) => one.since));
  const message = `${counted(all.length)} of ${source.id} unread since ${iso(since)} (${more}): ${error}`;
  return { problem: "targets unread", name, message, connection: source.connection };
}

function connectionProblem(name: string, all: readonly Unread[], states: readonly SourceState[]): Problem {
  const sources = states.filter(({ source }) => all.some((one) => one.source === source));
  const targets = sources.reduce((sum, { source, row }) => {
    const own = all.filter((one) => one.source === source);
    const failing = own.filter(({ target }) => target !== undefined).length;
    // The project is unknown: none of its targets was asked.
    const known = own[0]!.kind === "project" ? (listedTargets(source, row)?.length ?? 0) : 0;
    return sum + Math.max(failing, known);
  }, 0);
  const ids = sources.map(({ source }) => source.id).join(", ");
  const what = targets === 0 ? `the discovery of ${ids}` : `${counted(targets)} of ${ids}`;
  const first = all.reduce((a, b) => (b.since < a.since ? b : a));
  const message = `Connection ${name} fails since ${iso(first.since)}, ${what} cannot be read: ${first.error}`;
  const alertAt = Math.min(...all.map((one) => one.alertAt));
  return { problem: "connection failing", name, message, connection: name, alertAt };
}

function counted(targets: number): string {
  return `${targets} ${targets === 1 ? "target" : "targets"}`;
}
