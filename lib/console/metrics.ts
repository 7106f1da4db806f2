// What watches the watcher: OpenMetrics of how far everything is read, what is open, and what was sent.
import { Counter, Gauge, Registry } from "prom-client";
import { listDead, listPending } from "../app/delivery/deliver.ts";
import type { App } from "../app/deps.ts";
import { readStanding, type Standing } from "../app/queries/status.ts";
import type { CountedName } from "../model/counters.ts";
import type { Console } from "./deps.ts";

export const OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8";

const COUNTED: readonly [name: CountedName, metric: string, help: string, labels: string[]][] = [
  [
    "polls",
    "lookout_polls_total",
    "Polls of a source, by whether every target was read to its end.",
    ["source", "outcome"],
  ],
  ["events", "lookout_events_total", "New events.", ["source", "level"]],
  [
    "notifications",
    "lookout_notifications_total",
    "Tries of deliveries, by what came of them.",
    ["channel", "outcome"],
  ],
  [
    "requests",
    "lookout_api_requests_total",
    "Requests to a connection's APIs: ok, or the kind of the error.",
    ["connection", "api", "status"],
  ],
  ["store", "lookout_store_operations_total", "Reads and commits of the state.", ["operation"]],
  ["storeSeconds", "lookout_store_seconds_total", "How long these took together.", ["operation"]],
];

/** The text that a scrape gets. Counters are this process's own, gauges are read from the store. */
export async function metricsText({ current, alerts }: Console): Promise<string> {
  const app = current();
  const registry = new Registry<typeof Registry.OPENMETRICS_CONTENT_TYPE>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  const registers = [registry];
  for (const [name, metric, help, labelNames] of COUNTED) {
    const counter = new Counter({ name: metric, help, labelNames, registers });
    for (const [labels, count] of app.counters.counts(name)) counter.inc({ ...labels }, count);
  }
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name, help, labelNames, registers });

  const [status, open, pending, dead] = await Promise.all([
    readStanding(app),
    alerts.read(),
    listPending(app),
    listDead(app),
  ]);
  gauge("lookout_healthy", "1 where nothing is wrong with Lookout itself.").set(status.healthy ? 1 : 0);
  const lag = gauge("lookout_source_lag_seconds", "The target that is read least far, by source.", ["source"]);
  const overdue = gauge("lookout_source_overdue_seconds", "For how long more should have been read.", ["source"]);
  for (const [source, seconds] of overdueSeconds(app, status)) overdue.set({ source }, seconds);
  const targets = gauge("lookout_targets", "Targets, by source and whether they are read.", ["source", "state"]);
  for (const { source, error } of status.targets) targets.inc({ source, state: error === null ? "read" : "failing" });
  for (const [source, seconds] of greatest(status.targets, ({ source, lagSeconds }) => [source, lagSeconds])) {
    lag.set({ source }, seconds);
  }
  const firing = gauge("lookout_alerts_open", "Open alerts.", ["severity"]);
  for (const [severity, count] of open.counts) firing.set({ severity }, count);
  const oldest = gauge("lookout_delivery_oldest_seconds", "The oldest delivery that waits, by channel.", ["channel"]);
  const waiting = gauge("lookout_deliveries", "Deliveries that wait or are dead, by channel.", ["channel", "status"]);
  const now = app.clock.now();
  for (const channel of app.channels.keys()) oldest.set({ channel }, 0);
  for (const { channel } of pending) waiting.inc({ channel, status: "pending" });
  for (const { channel } of dead) waiting.inc({ channel, status: "dead" });
  for (const [channel, seconds] of greatest(pending, (row) => [row.channel, (now - row.createdAt) / 1_000])) {
    oldest.set({ channel }, Math.max(0, seconds));
  }
  return registry.metrics();
}

/** Of each source: since when its next run is due, or that of the target that is read least far. */
function overdueSeconds({ config, clock }: App, { sources, targets }: Standing): Map<string, number> {
  const every = new Map(config.sources.map((source) => [source.id, source.every / 1_000]));
  const late = sources.map(({ source, overdueSince }): [string, number] => {
    return [source, overdueSince === null ? 0 : Math.round((clock.now() - Date.parse(overdueSince)) / 1_000)];
  });
  const unread = targets.map(({ source, lagSeconds }): [string, number] => {
    return [source, Math.max(0, (lagSeconds ?? 0) - (every.get(source) ?? 0))];
  });
  return greatest([...late, ...unread], (one) => one);
}

/** The greatest value of each name. */
function greatest<T>(all: readonly T[], of: (one: T) => [name: string, value: number | null]): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, value] of all.map(of)) {
    if (value !== null) found.set(name, Math.max(value, found.get(name) ?? Number.NEGATIVE_INFINITY));
  }
  return found;
}
