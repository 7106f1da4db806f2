// One target's read: what its source finds goes slice by slice, oldest first, into the store, each with its cursor.
import type { SourceConfig } from "../model/config.ts";
import type { Transition } from "../rules/state.ts";
import { advance, isIdle } from "../sources/cursor.ts";
import type { Batch, Target } from "../sources/port.ts";
import { rowId } from "../store/ops.ts";
import { loadTarget } from "./cursor-row.ts";
import type { App, Connection } from "./deps.ts";
import type { OwnProgress, Progress } from "./progress.ts";
import { type TargetRow, targetKey } from "./rows.ts";
import { commitSlice } from "./slice.ts";
import { counted, keepMalformed } from "./target-ledger.ts";
import { dueNow, releaseGroups } from "./transitions.ts";
import { watchTarget } from "./watched.ts";

const MAX_SLICE = 1_000;
const OVERLAP_TRIES = 3;
/** How long a group waits at most for the rest of the read that one of its alerts comes from, so that what came and went within one
 * catch-up pages nobody; ms. */
const CATCH_UP_MS = 600_000;
/** Groups beyond these wait CATCH_UP_MS, however soon the read is over. */
const KEPT_HELD = 2_000;
/** As many fit beside the last slice. */
const RELEASED_AT_ONCE = 20;
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
  /** Counts as it goes: what was found before a read failed is told, too. */
  report: TargetReport;
}

export interface TargetReport {
  /** False: it stopped early because the run was told to stop. */
  complete: boolean;
  seen: number;
  found: number;
  /** Up to when this source had read it completely before; ms, undefined where it never had. Absent before it was looked up. */
  readBefore?: number | undefined;
}

/** When the source last read the target completely, `lastReadAt` being when it last read all of its own; ms. */
export function readBefore(
  row: TargetRow | undefined,
  { id }: SourceConfig,
  lastReadAt: number | undefined,
): number | undefined {
  return row?.ledgers[id] && row.learning === undefined ? lastReadAt : undefined;
}

/** Someone else moved the target's cursor meanwhile: what was read is partly told already, so read again from there. */
class Overlap extends Error {
  override name = "Overlap";
}

/** Reads the target to its end and commits everything found. Throws CloudError and StoreError; what was committed stays. */
export async function readTarget(read: TargetRead): Promise<void> {
  const bell: Bell = { transitions: [], groups: new Set() };
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        return await readOnce(read, bell);
      } catch (error) {
        if (!(error instanceof Overlap) || attempt >= OVERLAP_TRIES) throw error;
      }
    }
  } finally {
    if (bell.groups.size + bell.transitions.length > 0) await read.app.bus.publish(bell.transitions, [...bell.groups]);
  }
}

/** What a read led to; told when it is over. */
interface Bell {
  transitions: Transition[];
  groups: Set<string>;
}

async function readOnce(read: TargetRead, bell: Bell): Promise<void> {
  const { app, source, connection, target, now, signal, report } = read;
  const row = await loadTarget(app, source, target.id);
  // Once: another poller may have begun a first read meanwhile.
  if (!Object.hasOwn(report, "readBefore")) report.readBefore = readBefore(row?.data, source, read.lastReadAt);
  const position: Position = { row: row?.data, version: row?.version ?? 0, sliceSize: MAX_SLICE, bell };
  report.seen = 0;
  const labels = { ...source.labels, ...target.labels };
  const batches = app.sources[source.kind].read({
    client: connection.client,
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
  try {
    for await (const batch of batches) {
      report.seen += batch.stats.seen;
      if (!(await commitBatch(read, position, batch))) return;
      read.progress.note(source.id, target.id, batch.readTo);
      if (batch.complete) report.complete = true;
      if (signal.aborted) return;
    }
  } finally {
    await releaseHeld(read, position);
  }
}

/** The catch-up is over, one way or the other: the groups that waited for it are due, those of a run that died before included. */
async function releaseHeld({ app, source, target }: TargetRead, position: Position): Promise<void> {
  const { held, ...row } = position.row ?? {};
  if (held === undefined) return;
  const key = targetKey(app.config, source, target.id);
  await releaseGroups(app, held, rowId(key));
  await app.transact(async (unit) => {
    await unit.load([key]);
    if (unit.version(key) === position.version) unit.put(key, row);
  });
}

/** Where the target stands while it is read. */
interface Position {
  row: TargetRow | undefined;
  version: number;
  /** How many events were last found to fit into one commit. */
  sliceSize: number;
  bell: Bell;
}

/** Commits a batch; false where the run was told to stop before its end. */
async function commitBatch(read: TargetRead, position: Position, batch: Batch): Promise<boolean> {
  let done = 0;
  do {
    const size = Math.min(batch.found.length - done, position.sliceSize);
    const last = done + size === batch.found.length;
    // A source's first read is recorded even where another one left nothing to find.
    if (position.row?.ledgers[read.source.id] && isIdle(position.row.cursor, batch)) return true;
    if (!(await commitPart(read, position, batch, done, size))) {
      position.sliceSize = Math.ceil(size / 2);
      continue;
    }
    done += size;
    read.report.found += size;
    position.sliceSize = Math.min(MAX_SLICE, position.sliceSize * 2);
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
  const held = position.row?.held ?? [];
  const key = targetKey(app.config, source, target.id);
  const by = rowId(key);
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
    async (unit, { matched, groups }) => {
      await unit.load([key]);
      if (unit.version(key) !== position.version) throw new Overlap("the target's cursor was moved by another poller");
      const ledger = position.row?.ledgers[source.id] ?? {};
      const counts = { new: events.length, matched, malformed };
      const waiting = final ? [] : [...new Set([...held, ...groups])].slice(-KEPT_HELD);
      next = {
        cursor,
        ledgers: { ...position.row?.ledgers, [source.id]: counted(ledger, now, counts) },
        ...(waiting.length > 0 ? { held: waiting } : {}),
        ...(learning !== undefined && !final ? { learning } : {}),
      };
      if (final && held.length > RELEASED_AT_ONCE) next.held = held;
      else if (final) await dueNow(app, unit, held, by);
      unit.put(key, next);
      if (final && learning !== undefined && !target.ended) await watchTarget(app, unit, source, target, cursor.readTo);
      if (malformed > 0) await keepMalformed(unit, source.id, target.id, batch.malformed, now);
    },
    now,
    final ? undefined : { by, until: app.clock.now() + CATCH_UP_MS },
  );
  if (result === undefined) return false;
  position.row = next;
  position.version += 1;
  if (events.length > 0) read.progress.note(source.id, target.id, own.readTo);
  for (const id of result.groups) position.bell.groups.add(id);
  if (position.bell.transitions.length < KEPT_TRANSITIONS) position.bell.transitions.push(...result.transitions);
  return true;
}
