// What the health check measures: how long what is due has been waiting, how far behind each source is, and how many of
// them are not read at all.
import type { App } from "../../app/deps.ts";
import { isUnread } from "../../app/health/unread.ts";
import type { SourceRow } from "../../app/persistence/rows.ts";
import { listSources } from "../../app/persistence/shard-rows.ts";
import type { Queue } from "../../store/port.ts";
import type { Gauge } from "./log.ts";
import { METRICS, type MetricName } from "./names.ts";

const QUEUES: readonly Queue[] = ["timer", "group", "delivery"];

export async function readGauges(app: App): Promise<Gauge[]> {
  const now = app.clock.now();
  const [sources, ...first] = await Promise.all([
    listSources(app),
    ...QUEUES.map((queue) => app.store.due(queue, now, 1)),
  ]);
  const oldest = Math.min(now, ...first.flat().flatMap(({ due }) => due ?? []));
  const rows = new Map(sources.map(({ sk, data }) => [sk, data]));
  const lags = app.config.sources.flatMap(({ id }): Gauge[] => {
    const readTo = leastReadTo(rows.get(id));
    return readTo === undefined ? [] : [{ ...inSeconds(METRICS.lag, now, readTo), source: id }];
  });
  const unread = app.config.sources.filter((source) => isUnread(app, source, rows.get(source.id))).length;
  return [
    inSeconds(METRICS.oldestDue, now, oldest),
    { metric: METRICS.sourcesUnread, value: unread, unit: "Count" },
    ...lags,
  ];
}

/** Up to where the target is read that is read least far; ms, undefined: nothing was read yet. */
function leastReadTo(row: SourceRow | undefined): number | undefined {
  if (row === undefined) return undefined;
  const failing = Object.values(row.failing).map(({ readTo }) => readTo);
  const known = [row.knownTo ?? row.completeTo, ...failing].filter((time) => time !== null);
  return known.length === 0 ? undefined : Math.min(...known);
}

function inSeconds(metric: MetricName, now: number, then: number): Gauge {
  return { metric, value: Math.max(0, Math.round((now - then) / 1_000)), unit: "Seconds" };
}
