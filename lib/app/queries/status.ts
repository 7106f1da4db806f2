// How things stand, as the store shows: targets, connections, deliveries and the ledger.

import type { SourceConfig } from "../../model/config.ts";
import { iso } from "../../model/iso.ts";
import { lookup } from "../../model/lookup.ts";
import type { Row } from "../../store/port.ts";
import { listDead, listPending } from "../delivery/deliver.ts";
import type { App } from "../deps.ts";
import { readToIn } from "../evaluation/progress.ts";
import { listFailures, type RuleFailure } from "../evaluation/rule-failures.ts";
import { waitingDeadlines } from "../evaluation/timers.ts";
import type { Problem } from "../health/problem.ts";
import { findProblems } from "../health/problems.ts";
import { isListing, listedTargets, type SourceState } from "../health/unread.ts";
import { inPieces } from "../persistence/in-pieces.ts";
import {
  CONNECTIONS,
  type ConnectionRow,
  type Daily,
  type SourceRow,
  type TargetCounts,
  type TargetRow,
} from "../persistence/rows.ts";
import { listSources } from "../persistence/shard-rows.ts";
import { targetPartition } from "../persistence/target-rows.ts";
import { isUnderWay } from "../polling/failure.ts";
import { type ChannelCounts, channelLedger } from "./channel-ledger.ts";

export interface TargetStatus {
  source: string;
  target: string;
  /** ISO; null where it was never read completely. */
  lastReadAt: string | null;
  lagSeconds: number | null;
  error: string | null;
}

export interface ConnectionStatus {
  name: string;
  state: "proven" | "unproven" | "paused";
  pausedUntil: string | null;
  error: string | null;
}

/** How a source is polled; ISO. */
export interface SourceStatus {
  source: string;
  /** When its last run began; null where it was never polled. */
  lastRunAt: string | null;
  /** When its next run was due at the latest; null while it is not. */
  overdueSince: string | null;
}

/** A channel that takes nothing. */
export interface FailingChannel {
  channel: string;
  /** ISO */
  since: string;
  error: string | null;
}

interface Counts {
  fetched: number;
  seen: number;
  malformed: number;
  new: number;
  matched: number;
  unmatched: number;
}

/** All of it that costs no more than what is open, on its way or wrong. */
export interface Standing {
  healthy: boolean;
  sources: SourceStatus[];
  targets: TargetStatus[];
  connections: ConnectionStatus[];
  deliveries: { pending: number; dead: number };
  /** Deadlines of rules that have passed, but wait until their targets have been read up to them. */
  waiting: { rule: string; key: Record<string, unknown>; deadline: string }[];
  failingChannels: FailingChannel[];
  /**
   * Templates and extractions of rules that failed within `history`; their alerts went out with a
   * default, or without the value.
   */
  failures: RuleFailure[];
  problems: Pick<Problem, "problem" | "name" | "message">[];
}

/** By source, then UTC day: fetched = seen + malformed + new, new = matched + unmatched. */
export type Ledger = Record<string, Daily<Counts>>;

export interface Status extends Standing {
  ledger: Ledger;
  /** By channel: what became of the alerts routed to it. */
  channels: Record<string, ChannelCounts>;
}

/** With what became of everything that is kept, which all of it is read for. */
export async function readStatus(app: App): Promise<Status> {
  const standing = await readStanding(app);
  return {
    ...standing,
    ledger: await readLedger(app),
    channels: await channelLedger(app),
  };
}

/** What was counted of each source. Reads every target that was ever read, some at a time. */
export async function readLedger(app: App): Promise<Ledger> {
  const rows = new Map((await listSources(app)).map(({ sk, data }) => [sk, data]));
  const ledger: Ledger = {};
  for (const source of app.config.sources) {
    const targets: Daily<TargetCounts>[] = [];
    for await (const { data } of targetRows(app, source)) {
      const own = lookup(data.ledgers, source.id);
      if (own !== undefined) targets.push(own);
    }
    ledger[source.id] = countsOf(rows.get(source.id), targets);
  }
  return ledger;
}

async function* targetRows(app: App, source: SourceConfig): AsyncGenerator<Row<TargetRow>> {
  for await (const rows of inPieces<TargetRow>(app.store, await targetPartition(app, source))) yield* rows;
}

export async function readStanding(app: App): Promise<Standing> {
  const now = app.clock.now();
  // The process that runs may not have come to write since the disk is full, but would find that it cannot.
  await app.guard.probe();
  const [connections, pending, dead, { problems, sources, failing }] = await Promise.all([
    app.store.list<ConnectionRow>(CONNECTIONS),
    listPending(app),
    listDead(app),
    findProblems(app),
  ]);
  const targets: TargetStatus[] = [];
  for (const { source, row } of sources) {
    const listed = listedTargets(source, row) ?? (await readOnes(app, source));
    for (const one of targetStatus(app, source, row, listed, now)) targets.push(one);
  }
  return {
    healthy: problems.length === 0 && failing.length === 0 && targets.every(({ error }) => error === null),
    sources: sources.map(sourceStatus),
    targets,
    connections: [...app.connections.keys()].map((name) => {
      return connectionStatus(name, connections.find(({ sk }) => sk === name)?.data, now);
    }),
    deliveries: {
      pending: pending.filter(({ notification }) => !notification.test).length,
      dead: dead.filter(({ test }) => !test).length,
    },
    waiting: await waitingDeadlines(app),
    failingChannels: failing.map(({ channel, since, error }) => ({ channel, since: iso(since), error })),
    failures: await listFailures(app),
    problems: problems.map(({ problem, name, message }) => ({ problem, name, message })),
  };
}

function sourceStatus({ source, row, overdueAt, isOverdue }: SourceState): SourceStatus {
  const overdueSince = isOverdue && Number.isFinite(overdueAt) ? iso(overdueAt) : null;
  return { source: source.id, lastRunAt: row ? iso(row.lastRunAt) : null, overdueSince };
}

/** Of a source with a target for each project, of which there are few: those that it has read. */
async function readOnes(app: App, source: SourceConfig): Promise<string[]> {
  const ids: string[] = [];
  for await (const { sk, data } of targetRows(app, source)) {
    if (lookup(data.ledgers, source.id) !== undefined) ids.push(sk);
  }
  return ids;
}

function targetStatus(
  app: App,
  source: SourceConfig,
  row: SourceRow | undefined,
  listed: readonly string[],
  now: number,
): TargetStatus[] {
  const ids = new Set(listed);
  for (const id of Object.keys(row?.failing ?? {})) ids.add(id);
  const error = row === undefined || isListing(app, row) ? undefined : row.discoveryError;
  const nobody = error !== undefined && ids.size === 0;
  if (nobody) ids.add("*");
  const readToOf = readToIn(row);
  return [...ids].map((target) => {
    const failing = lookup(row?.failing, target);
    const readTo = readToOf(target);
    return {
      source: source.id,
      target,
      lastReadAt: readTo === null ? null : new Date(readTo).toISOString(),
      lagSeconds: readTo === null ? null : Math.max(0, Math.round((now - readTo) / 1_000)),
      // A run that was stopped is no error, nor is a long backlog: the next one goes on.
      error: failing && !isUnderWay(failing) ? failing.error : nobody ? error : null,
    };
  });
}

function connectionStatus(name: string, row: ConnectionRow | undefined, now: number): ConnectionStatus {
  const paused = row?.pausedUntil && row.pausedUntil > now ? row.pausedUntil : undefined;
  const state = paused ? "paused" : row?.proven ? "proven" : "unproven";
  return { name, state, pausedUntil: paused ? new Date(paused).toISOString() : null, error: row?.error ?? null };
}

function countsOf(row: SourceRow | undefined, targets: readonly Daily<TargetCounts>[]): Daily<Counts> {
  const days: Daily<Counts> = {};
  const of = (day: string) => (days[day] ??= { fetched: 0, seen: 0, malformed: 0, new: 0, matched: 0, unmatched: 0 });
  for (const [day, { seen }] of Object.entries(row?.ledger ?? {})) {
    const counts = of(day);
    counts.seen += seen;
    counts.fetched += seen;
  }
  for (const ledger of targets) {
    for (const [day, count] of Object.entries(ledger)) {
      const counts = of(day);
      counts.new += count.new;
      counts.matched += count.matched;
      counts.unmatched += count.new - count.matched;
      counts.malformed += count.malformed;
      counts.fetched += count.new + count.malformed;
    }
  }
  return days;
}
