// Reads one target: to its end, or as far as one round goes.
import type { SourceConfig } from "../../model/config.ts";
import { lookup } from "../../model/lookup.ts";
import { type CloudClient, CloudError } from "../../sources/cloud/client.ts";
import type { Batch, Cursor } from "../../sources/port.ts";
import { restart } from "../../sources/reading/cursor.ts";
import { createMeter } from "../../sources/reading/meter.ts";
import type { TargetRow } from "../persistence/rows.ts";
import { isQuiet, saysNothing } from "./quiet.ts";
import { scopeOf } from "./scope.ts";
import { commitBatch, finishRest, Overlap, positionOf, type TargetRead, type TargetReport } from "./target-commit.ts";
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

/** True where nothing is new, or the run was told to stop; its row is not read. */
async function readQuiet(read: TargetRead, cursor: Cursor): Promise<boolean> {
  const { app, source, connection, target, signal, report, progress } = read;
  const { client } = createMeter(connection.client, app.clock);
  for await (const batch of batchesOf(read, client, cursor, read.lastReadAt)) {
    if (!saysNothing(batch)) return false;
    if (signal.aborted && !batch.complete) return true;
    if (!batch.complete) continue;
    report.seen += batch.stats.seen;
    progress.note(source.id, target.id, batch.readTo);
    Object.assign(report, { complete: true, quiet: true } satisfies Partial<TargetReport>);
  }
  return true;
}

async function readOnce(read: TargetRead, incidents: Set<string>): Promise<void> {
  const { quiet } = read;
  read.quiet = undefined;
  if (quiet === undefined || !(await readQuiet(read, quiet))) await readFromRow(read, incidents);
}

async function readFromRow(read: TargetRead, incidents: Set<string>): Promise<void> {
  const { app, source, connection, target, now, signal, report } = read;
  const { row, pieces } = await loadTarget(app, source, target);
  // Once: another poller may have begun a first read meanwhile.
  if (!Object.hasOwn(report, "readBefore")) report.readBefore = readBefore(row?.data, source, read.lastReadAt);
  const position = positionOf(row, pieces, incidents);
  await finishRest(read, position);
  const cursor = position.row?.cursor;
  report.seen = 0;
  const began = app.clock.now();
  const foundBefore = report.found;
  const meter = createMeter(connection.client, app.clock);
  for await (const batch of batchesOf(read, meter.client, cursor, report.readBefore)) {
    report.seen += batch.stats.seen;
    const found = report.found - foundBefore + batch.found.length;
    const took = app.clock.now() - began;
    const next = batch.complete ? "stays" : restart(position.row?.cursor, batch, { now, lateness: source.lateness });
    const isLong = meter.pages() >= ROUND_PAGES || found >= ROUND_EVENTS || took >= ROUND_MS;
    // The next read would come no further than this one, which found nothing: it goes on.
    const isOver = isLong && (next !== "stuck" || found > 0 || took >= STUCK_MS);
    if (!(await commitBatch(read, position, batch, isOver && next === "moves"))) return;
    read.progress.note(source.id, target.id, batch.readTo);
    if (batch.complete) Object.assign(report, { complete: true, quiet: isQuiet(position.row) });
    if (signal.aborted) return;
    if (batch.complete) continue;
    if (isOver) {
      const what = `${meter.pages()} requests, ${found} new events, ${Math.round(took / 1_000)} s`;
      throw new CloudError("endless", `it has more than is read in one round (${what}): the next one goes on`);
    }
    meter.rest();
  }
}

/** What the API shows of the target from a cursor on; without one, from its floor. */
function batchesOf(
  read: TargetRead,
  client: CloudClient,
  cursor: Cursor | undefined,
  lastReadAt: number | undefined,
): AsyncIterable<Batch> {
  const { app, source, connection, target, now, signal } = read;
  return app.sources[source.kind].read({
    client,
    target,
    cursor,
    floor: cursor?.floor ?? read.floor,
    now,
    lastReadAt,
    lateness: source.lateness,
    every: source.every,
    levels: source.levels,
    stamp: {
      sourceId: source.id,
      connection: connection.name,
      project: read.project,
      region: connection.config.region,
      labels: { ...source.labels, ...target.labels },
    },
    signal,
    scope: scopeOf(app, source),
    redact: app.redact,
  });
}
