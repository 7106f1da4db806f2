// Reads one target: to its end, or as far as one round goes.
import type { SourceConfig } from "../../model/config.ts";
import { lookup } from "../../model/lookup.ts";
import { CloudError } from "../../sources/cloud/client.ts";
import { restart } from "../../sources/reading/cursor.ts";
import { createMeter } from "../../sources/reading/meter.ts";
import type { TargetRow } from "../persistence/rows.ts";
import { scopeOf } from "./scope.ts";
import { commitBatch, finishRest, Overlap, positionOf, type TargetRead } from "./target-commit.ts";
import { loadTarget } from "./target-row.ts";

/**
 * What a target may take of one round: what is left follows in the next one, after the targets that
 * were read longer ago.
 */
const ROUND_PAGES = 1_000;
const ROUND_EVENTS = 100_000;
const ROUND_MS = 60_000;
/** What has the same time is read together, however long that takes, up to this; ms. */
const STUCK_MS = 600_000;
const OVERLAP_TRIES = 3;

/** When the source last read the target completely, `lastReadAt` being when it last read all of its own; ms. */
export function readBefore(
  row: TargetRow | undefined,
  { id }: SourceConfig,
  lastReadAt: number | undefined,
): number | undefined {
  return lookup(row?.ledgers, id) && row?.learning === undefined ? lastReadAt : undefined;
}

/**
 * Reads the target to its end, or as far as a round goes, and commits everything found. Throws CloudError ("endless"
 * where it was not read to its end) and StoreError; what was committed stays.
 */
export async function readTarget(read: TargetRead): Promise<void> {
  const { app, source, target, report } = read;
  const incidents = new Set<string>();
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await readOnce(read, incidents);
      } catch (error) {
        if (!(error instanceof Overlap) || attempt >= OVERLAP_TRIES) throw error;
      }
    }
  } finally {
    if (report.ahead) {
      const fields = { source: source.id, target: target.id, events: report.ahead };
      app.log.warn(
        "events are dated more than 10 minutes ahead: a clock differs, the cloud's or this machine's",
        fields,
      );
    }
    // Grouping does not apply to incidents: they wait for no other target.
    if (incidents.size > 0) await app.bus.publish([], [...incidents], read.round.id);
  }
}

async function readOnce(read: TargetRead, incidents: Set<string>): Promise<void> {
  const { app, source, connection, target, now, signal, report } = read;
  const { row, pieces } = await loadTarget(app, source, target.id);
  // Once: another poller may have begun a first read meanwhile.
  if (!Object.hasOwn(report, "readBefore")) report.readBefore = readBefore(row?.data, source, read.lastReadAt);
  const position = positionOf(row, pieces, incidents);
  await finishRest(read, position);
  const cursor = position.row?.cursor;
  report.seen = 0;
  const labels = { ...source.labels, ...target.labels };
  const began = app.clock.now();
  const foundBefore = report.found;
  const meter = createMeter(connection.client, app.clock);
  const batches = app.sources[source.kind].read({
    client: meter.client,
    target,
    cursor,
    floor: cursor?.floor ?? read.floor,
    now,
    lastReadAt: report.readBefore,
    lateness: source.lateness,
    every: source.every,
    levels: source.levels,
    stamp: {
      sourceId: source.id,
      connection: connection.name,
      project: read.project,
      region: connection.config.region,
      labels,
    },
    signal,
    scope: scopeOf(app, source),
    redact: app.redact,
  });
  for await (const batch of batches) {
    report.seen += batch.stats.seen;
    const found = report.found - foundBefore + batch.found.length;
    const took = app.clock.now() - began;
    const next = batch.complete ? "stays" : restart(position.row?.cursor, batch, { now, lateness: source.lateness });
    const isLong = meter.pages() >= ROUND_PAGES || found >= ROUND_EVENTS || took >= ROUND_MS;
    // The next read would come no further than this one, which found nothing: it goes on.
    const isOver = isLong && (next !== "stuck" || found > 0 || took >= STUCK_MS);
    if (!(await commitBatch(read, position, batch, isOver && next === "moves"))) return;
    read.progress.note(source.id, target.id, batch.readTo);
    if (batch.complete) report.complete = true;
    if (signal.aborted) return;
    if (batch.complete) continue;
    if (isOver) {
      const what = `${meter.pages()} requests, ${found} new events, ${Math.round(took / 1_000)} s`;
      throw new CloudError("endless", `it has more than is read in one round (${what}): the next one goes on`);
    }
    meter.rest();
  }
}
