// One target's read: what its source finds goes slice by slice, oldest first, into the store, each with its cursor.
import { setImmediate } from "node:timers/promises";
import type { SourceConfig } from "../../model/config.ts";
import { lookup } from "../../model/lookup.ts";
import { CloudError } from "../../sources/cloud/client.ts";
import type { Batch, Target } from "../../sources/port.ts";
import { advance, isIdle } from "../../sources/reading/cursor.ts";
import { createMeter } from "../../sources/reading/meter.ts";
import type { App, Connection } from "../deps.ts";
import type { OwnProgress, Progress } from "../evaluation/progress.ts";
import { commitSlice } from "../evaluation/slice.ts";
import { watchTarget } from "../evaluation/watched.ts";
import { assignmentsOf } from "../groups/assignments.ts";
import type { Round } from "../groups/round.ts";
import { type TargetRow, targetKey } from "../persistence/rows.ts";
import { counted, keepMalformed, loadTarget } from "./target-row.ts";

const MAX_SLICE = 1_000;
/** What a target may take of one round: what is left follows in the next one, after the targets that were read longer ago. */
const ROUND_PAGES = 1_000;
const ROUND_EVENTS = 100_000;
const ROUND_MS = 60_000;
const OVERLAP_TRIES = 3;
/** The doorbell names no more than about this many; the store has them all. */
const KEPT_TRANSITIONS = 1_000;

export interface TargetRead {
  app: App;
  source: SourceConfig;
  connection: Connection;
  project: string;
  target: Target;
  /** The floor at a first poll; ms. */
  floor: number;
  /** When this poll began; ms. */
  now: number;
  /** When the target was last read completely; ms. */
  lastReadAt: number | undefined;
  progress: Progress;
  signal: AbortSignal;
  /** Counts as it goes: what was found before a read failed is counted, too. */
  report: TargetReport;
  round: Round;
}

export interface TargetReport {
  /** False: it stopped early because the run was told to stop. */
  complete: boolean;
  seen: number;
  found: number;
  /** Of these, events dated far ahead. */
  ahead?: number;
  /** Up to when this source had read it completely before; ms, undefined where it never had. Absent before it was looked up. */
  readBefore?: number | undefined;
}

/** When the source last read the target completely, `lastReadAt` being when it last read all of its own; ms. */
export function readBefore(
  row: TargetRow | undefined,
  { id }: SourceConfig,
  lastReadAt: number | undefined,
): number | undefined {
  return lookup(row?.ledgers, id) && row?.learning === undefined ? lastReadAt : undefined;
}

/** Someone else moved the target's cursor meanwhile: what was read is partly told already, so read again from there. */
class Overlap extends Error {
  override name = "Overlap";
}

/**
 * Reads the target to its end, or as far as a round goes, and commits everything found. Throws CloudError ("endless" where it was not
 * read to its end) and StoreError; what was committed stays.
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
    // Grouping does not apply to incidents: they wait for no other target.
    if (report.ahead) {
      const fields = { source: source.id, target: target.id, events: report.ahead };
      app.log.warn(
        "events are dated more than 10 minutes ahead: a clock differs, the cloud's or this machine's",
        fields,
      );
    }
    if (incidents.size > 0) await app.bus.publish([], [...incidents], read.round.id);
  }
}

async function readOnce(read: TargetRead, incidents: Set<string>): Promise<void> {
  const { app, source, connection, target, now, signal, report } = read;
  const row = await loadTarget(app, source, target.id);
  // Once: another poller may have begun a first read meanwhile.
  if (!Object.hasOwn(report, "readBefore")) report.readBefore = readBefore(row?.data, source, read.lastReadAt);
  const position: Position = { row: row?.data, version: row?.version ?? 0, sliceSize: MAX_SLICE, incidents };
  report.seen = 0;
  const labels = { ...source.labels, ...target.labels };
  const began = app.clock.now();
  const foundBefore = report.found;
  const meter = createMeter(connection.client, app.clock);
  const batches = app.sources[source.kind].read({
    client: meter.client,
    target,
    cursor: row?.data.cursor,
    floor: row?.data.cursor.floor ?? read.floor,
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
    redact: app.redact,
  });
  for await (const batch of batches) {
    report.seen += batch.stats.seen;
    if (!(await commitBatch(read, position, batch))) return;
    read.progress.note(source.id, target.id, batch.readTo);
    if (batch.complete) report.complete = true;
    if (signal.aborted) return;
    if (batch.complete) continue;
    const found = report.found - foundBefore;
    const took = app.clock.now() - began;
    if (meter.pages() >= ROUND_PAGES || found >= ROUND_EVENTS || took >= ROUND_MS) {
      const what = `${meter.pages()} requests, ${found} new events, ${Math.round(took / 1_000)} s`;
      throw new CloudError("endless", `it has more than is read in one round (${what}): the next one goes on`);
    }
    meter.rest();
  }
}

/** Where the target stands while it is read. */
interface Position {
  row: TargetRow | undefined;
  version: number;
  /** How many events were last found to fit into one commit. */
  sliceSize: number;
  /** Ids of the incidents' groups that have something due. */
  incidents: Set<string>;
}

/** Commits a batch; false where the run was told to stop before its end. */
async function commitBatch(read: TargetRead, position: Position, batch: Batch): Promise<boolean> {
  let done = 0;
  do {
    const size = Math.min(batch.found.length - done, position.sliceSize);
    const last = done + size === batch.found.length;
    // A source's first read is recorded even where another one left nothing to find.
    if (lookup(position.row?.ledgers, read.source.id) && isIdle(position.row?.cursor, batch)) return true;
    if (!(await commitPart(read, position, batch, done, size))) {
      position.sliceSize = Math.ceil(size / 2);
      continue;
    }
    done += size;
    read.report.found += size;
    position.sliceSize = Math.min(MAX_SLICE, position.sliceSize * 2);
    // Whoever notifies and sends comes in between, whatever the store.
    await setImmediate();
    if (!last && read.signal.aborted) return false;
  } while (done < batch.found.length);
  return true;
}

async function commitPart(
  read: TargetRead,
  position: Position,
  batch: Batch,
  from: number,
  size: number,
): Promise<boolean> {
  const { app, source, target, now } = read;
  const found = batch.found.slice(from, from + size);
  const last = from + size === batch.found.length;
  const before = position.row?.cursor;
  const cursor = advance(before, {
    floor: read.floor,
    now,
    lateness: source.lateness,
    keepFor: app.sources[source.kind].keepFor,
    marks: [
      ...found.flatMap(({ mark, progress }) => (progress ? [mark, progress] : [mark])),
      ...(last ? batch.marks : []),
    ],
    readTo: last ? batch.readTo : undefined,
    extra: last ? batch.extra : undefined,
  });
  const final = last && batch.complete;
  const malformed = last ? batch.stats.malformed : 0;
  const key = targetKey(app.config, source, target.id);
  const events = found.map(({ event }) => event);
  if (events.length > 0) await read.progress.ready();
  const newest = events.length === 0 ? 0 : Math.min(now, Date.parse(events.at(-1)!.time));
  const learning = position.row === undefined ? now : position.row.learning;
  const own: OwnProgress = {
    sourceId: source.id,
    target: target.id,
    readTo: Math.max(newest, before?.readTo ?? 0),
    since: cursor.floor,
    learning,
    isOver: () => target.ended === true,
  };
  let next: TargetRow | undefined;
  const result = await commitSlice(
    app,
    own,
    events,
    read.progress,
    async (unit, { matched }) => {
      await unit.load([key]);
      if (unit.version(key) !== position.version) throw new Overlap("the target's cursor was moved by another poller");
      const ledger = lookup(position.row?.ledgers, source.id) ?? {};
      const counts = { new: events.length, matched, malformed };
      next = {
        cursor,
        ledgers: { ...position.row?.ledgers, [source.id]: counted(ledger, now, counts) },
        ...(learning !== undefined && !final ? { learning } : {}),
      };
      unit.put(key, next);
      if (final && learning !== undefined && !target.ended) await watchTarget(app, unit, source, target, cursor.readTo);
      if (malformed > 0) await keepMalformed(unit, source.id, target.id, batch.malformed, now);
    },
    now,
    read.round.id,
  );
  if (result === undefined) return false;
  position.row = next;
  position.version += 1;
  const ahead = events.filter(({ future }) => future).length;
  if (ahead > 0) read.report.ahead = (read.report.ahead ?? 0) + ahead;
  if (events.length > 0) read.progress.note(source.id, target.id, own.readTo);
  const { round } = read;
  for (const id of result.groups) round.groups.add(id);
  for (const { alert } of result.transitions) {
    for (const { id, incident } of assignmentsOf(app, alert)) if (incident) position.incidents.add(id);
  }
  if (round.transitions.length < KEPT_TRANSITIONS) round.transitions.push(...result.transitions);
  return true;
}
