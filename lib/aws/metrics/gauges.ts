// What the health check measures: how long what is due has been waiting, and how far behind each source is.
import type { App } from "../../app/deps.ts";
import { bareWithShards, listBare } from "../../app/persistence/shard-rows.ts";
import type { BareRow } from "../../app/persistence/source-rows.ts";
import type { Queue } from "../../store/port.ts";
import type { Gauge } from "./log.ts";
import { METRICS } from "./names.ts";

const QUEUES: readonly Queue[] = ["timer", "group", "delivery"];

export async function readGauges(app: App): Promise<Gauge[]> {
  const now = app.clock.now();
  const [sources, ...first] = await Promise.all([
    listBare(app),
    ...QUEUES.map((queue) => app.store.due(queue, now, 1)),
  ]);
  const oldest = Math.min(now, ...first.flat().flatMap(({ due }) => due ?? []));
  const rows = new Map(sources.map((row) => [row.sk, row]));
  const lags = await Promise.all(
    app.config.sources.map(async ({ id }): Promise<Gauge[]> => {
      const row = rows.get(id);
      const readTo = leastReadTo(row && (await bareWithShards(app.store, row)));
      return readTo === undefined ? [] : [{ metric: METRICS.lag, seconds: secondsTo(now, readTo), source: id }];
    }),
  );
  return [{ metric: METRICS.oldestDue, seconds: secondsTo(now, oldest) }, ...lags.flat()];
}

/** Up to where the target is read that is read least far; ms, undefined: nothing was read yet. */
function leastReadTo(row: BareRow | undefined): number | undefined {
  if (row === undefined) return undefined;
  const failing = Object.values(row.failing).map(({ readTo }) => readTo);
  const known = [row.knownTo ?? row.completeTo, ...failing].filter((time) => time !== null);
  return known.length === 0 ? undefined : Math.min(...known);
}

function secondsTo(now: number, then: number): number {
  return Math.max(0, Math.round((now - then) / 1_000));
}
