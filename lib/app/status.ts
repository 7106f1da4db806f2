// How things stand, as the store tells it: targets, connections, deliveries and the ledger (contract, section 7).
import type { SourceConfig } from "../model/config.ts";
import { type ChannelCounts, channelLedger } from "./channel-ledger.ts";
import { listDeliveries } from "./deliver.ts";
import type { App } from "./deps.ts";
import { findProblems, type Problem } from "./health.ts";
import { readToIn } from "./read-to.ts";
import {
  CONNECTIONS,
  type ConnectionRow,
  type Daily,
  SOURCES,
  type SourceRow,
  type TargetCounts,
  type TargetRow,
  targetPartition,
} from "./rows.ts";
import { listFailures, type RuleFailure } from "./rule-failures.ts";
import { toBePolled } from "./targets.ts";
import { waitingDeadlines } from "./timers.ts";

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

interface Counts {
  fetched: number;
  seen: number;
  malformed: number;
  new: number;
  matched: number;
  unmatched: number;
}

export interface Status {
  healthy: boolean;
  targets: TargetStatus[];
  connections: ConnectionStatus[];
  deliveries: { pending: number; dead: number };
  /** Deadlines of rules that have passed, but wait until their targets have been read up to them. */
  waiting: { rule: string; key: Record<string, unknown>; deadline: string }[];
  /** By source, then UTC day: fetched = seen + malformed + new, new = matched + unmatched. */
  ledger: Record<string, Daily<Counts>>;
  /** By channel: what became of the alerts routed to it. */
  channels: Record<string, ChannelCounts>;
  /** Templates and extractions of rules that failed within `history`; their alerts went out with a default, or without the value. */
  failures: RuleFailure[];
  problems: Pick<Problem, "problem" | "name" | "message">[];
}

export async function readStatus(app: App): Promise<Status> {
  const now = app.clock.now();
  const [sources, connections, deliveries, problems] = await Promise.all([
    app.store.list<SourceRow>(SOURCES),
    app.store.list<ConnectionRow>(CONNECTIONS),
    listDeliveries(app),
    findProblems(app),
  ]);
  const targets: TargetStatus[] = [];
  const ledger: Status["ledger"] = {};
  for (const source of app.config.sources) {
    const row = sources.find(({ sk }) => sk === source.id)?.data;
    const all = await app.store.list<TargetRow>(targetPartition(app.config, source));
    const rows = all.filter(({ data }) => data.ledgers[source.id] !== undefined);
    targets.push(
      ...targetStatus(
        app,
        source,
        row,
        rows.map(({ sk }) => sk),
        now,
      ),
    );
    ledger[source.id] = countsOf(
      row,
      rows.map(({ data }) => data.ledgers[source.id]!),
    );
  }
  const dead = deliveries.filter(({ status }) => status === "dead").length;
  return {
    healthy: problems.length === 0 && targets.every(({ error }) => error === null),
    targets,
    connections: [...app.connections.keys()].map((name) => {
      return connectionStatus(name, connections.find(({ sk }) => sk === name)?.data, now);
    }),
    deliveries: { pending: deliveries.filter(({ status }) => status === "pending").length, dead },
    waiting: await waitingDeadlines(app),
    ledger,
    channels: await channelLedger(app, deliveries),
    failures: await listFailures(app),
    problems: problems.map(({ problem, name, message }) => ({ problem, name, message })),
  };
}

function targetStatus(
  app: App,
  source: SourceConfig,
  row: SourceRow | undefined,
  read: readonly string[],
  now: number,
): TargetStatus[] {
  const projectWide = app.sources[source.kind].projectWide;
  const listed =
    source.targets ?? (row?.discovered && toBePolled(row.discovered.targets, source, row).map(({ target }) => target));
  const ids = new Set(projectWide || !listed ? read : listed.map(({ id }) => id));
  for (const id of Object.keys(row?.failing ?? {})) ids.add(id);
  const nobody = row?.discoveryError !== undefined && ids.size === 0;
  if (nobody) ids.add("*");
  const readToOf = readToIn(row);
  return [...ids].map((target) => {
    const failing = row?.failing[target];
    const readTo = readToOf(target);
    return {
      source: source.id,
      target,
      lastReadAt: readTo === null ? null : new Date(readTo).toISOString(),
      lagSeconds: readTo === null ? null : Math.max(0, Math.round((now - readTo) / 1_000)),
      error: failing?.error ?? (nobody ? row.discoveryError! : null),
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
