// Commits what a read of one target found, batch by batch in parts that fit, each with the cursor
// that has them behind it.
import { setImmediate } from "node:timers/promises";
import type { SourceConfig } from "../../model/config.ts";
import type { Event } from "../../model/event.ts";
import { lookup } from "../../model/lookup.ts";
import type { Batch, Cursor, Target } from "../../sources/port.ts";
import { advance, isIdle, type Step } from "../../sources/reading/cursor.ts";
import type { Row } from "../../store/port.ts";
import type { App, Connection } from "../deps.ts";
import type { OwnProgress, Progress } from "../evaluation/progress.ts";
import { commitSlice, type SliceResult } from "../evaluation/slice.ts";
import { watchTarget } from "../evaluation/watched.ts";
import { assignmentsOf } from "../groups/assignments.ts";
import type { Round } from "../groups/round.ts";
import type { TargetRow } from "../persistence/rows.ts";
import { type Piece, putTargetRow } from "../persistence/seen-pieces.ts";
import { targetKey } from "../persistence/target-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { counted, keepMalformed } from "./target-row.ts";

const MAX_SLICE = 1_000;
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
  /** Where it can be read from without its row, once; undefined: its row is to be read. */
  quiet: Cursor | undefined;
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
  /** Read to its end, and nothing of it is remembered. */
  quiet?: boolean;
  /** Of these, events dated far ahead. */
  ahead?: number;
  /**
   * Up to when this source had read it completely before; ms, undefined where it never had. Absent
   * before it was looked up.
   */
  readBefore?: number | undefined;
}

/**
 * Someone else moved the target's cursor meanwhile: what was read is partly evaluated already, so
 * read again from there. Nothing is wrong with the target, however often that happens.
 */
export class Overlap extends Error {
  override name = "Overlap";
}

/** Where the target stands while it is read. */
export interface Position {
  row: TargetRow | undefined;
  version: number;
  /** Where the row's seen-set lies beside it. */
  pieces: readonly Piece[];
  /** How many events were last found to fit into one commit. */
  sliceSize: number;
  /** Ids of the incidents' groups that have something due. */
  incidents: Set<string>;
}

export function positionOf(
  row: Row<TargetRow> | undefined,
  pieces: readonly Piece[],
  incidents: Set<string>,
): Position {
  return { row: row?.data, version: row?.version ?? 0, pieces, sliceSize: MAX_SLICE, incidents };
}

/**
 * Commits a batch; `ends`: the read ends with it, before its own end, and the next one begins later. False where the
 * run was told to stop before the batch's end.
 */
export async function commitBatch(read: TargetRead, position: Position, batch: Batch, ends: boolean): Promise<boolean> {
  const { source } = read;
  let done = 0;
  do {
    const size = Math.min(batch.found.length - done, position.sliceSize);
    const last = done + size === batch.found.length;
    // A source's first read is recorded even where another one left nothing to find.
    if (!ends && lookup(position.row?.ledgers, source.id) && isIdle(position.row?.cursor, batch)) return true;
    if (!(await commitPart(read, position, batch, { from: done, size, ends }))) {
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

/** Goes on with an event that only some rules have seen, as when a process has died in between. */
export async function finishRest(read: TargetRead, position: Position): Promise<void> {
  const rest = position.row?.rest;
  if (rest === undefined) return;
  const stats = { fetched: 0, seen: 0, malformed: 0 };
  const batch: Batch = { found: [rest.found], marks: [], readTo: 0, complete: false, stats, malformed: [] };
  await commitPart(read, position, batch, { from: 0, size: 1, ends: false, isRest: true });
}

/** A part of a batch that goes into one commit. */
interface Part {
  found: Batch["found"];
  /** Whether it is the last of its batch. */
  last: boolean;
  cursor: Cursor;
  own: OwnProgress;
}

/** Of a batch, so many events from a place on; `ends` as the batch's. */
interface Cut {
  from: number;
  size: number;
  ends: boolean;
  /** Its only event was found by an earlier read, of which nothing else is known. */
  isRest?: true;
}

function partOf(read: TargetRead, { row }: Position, batch: Batch, { from, size, ends, isRest }: Cut): Part {
  const { source, target, now } = read;
  const found = batch.found.slice(from, from + size);
  const last = from + size === batch.found.length && !isRest;
  const cursor = advance(row?.cursor, {
    ...stepOf(read),
    marks: [
      ...found.flatMap(({ mark, progress }) => (progress ? [mark, progress] : [mark])),
      ...(last ? batch.marks : []),
    ],
    readTo: last ? batch.readTo : undefined,
    ends: last && ends,
    extra: last ? batch.extra : undefined,
  });
  const newest = found.length === 0 ? 0 : Math.min(now, Date.parse(found.at(-1)!.event.time));
  const own: OwnProgress = {
    sourceId: source.id,
    target: target.id,
    readTo: Math.max(newest, row?.cursor.readTo ?? 0),
    since: cursor.floor,
    learning: row === undefined ? now : row.learning,
    isOver: () => target.ended === true,
  };
  return { found, last, cursor, own };
}

/** What every step of the target's cursor has in common. */
function stepOf({ app, source, floor, now }: TargetRead): Pick<Step, "floor" | "now" | "lateness" | "keepFor"> {
  return { floor, now, lateness: source.lateness, keepFor: app.sources[source.kind].keepFor };
}

/** False where it does not fit into one commit. */
async function commitPart(read: TargetRead, position: Position, batch: Batch, cut: Cut): Promise<boolean> {
  const { app, source, target, now, progress, round } = read;
  const part = partOf(read, position, batch, cut);
  const { last, cursor, own } = part;
  const final = last && batch.complete;
  const malformed = last ? batch.stats.malformed : 0;
  const key = await targetKey(app, source, target.id);
  const events = part.found.map(({ event }) => event);
  let next: TargetRow | undefined;
  let { pieces } = position;
  async function putTarget(unit: Unit, { matched, after }: SliceResult): Promise<void> {
    await unit.load([key]);
    if (unit.version(key) !== position.version)
      throw new Overlap("another run reads it, too, and was faster each time");
    const ledger = lookup(position.row?.ledgers, source.id) ?? {};
    const counts = position.row?.rest ? { new: 0, matched: 0, malformed } : { new: events.length, matched, malformed };
    const ledgers = { ...position.row?.ledgers, [source.id]: counted(ledger, now, counts) };
    const isLearning = own.learning !== undefined && (!final || after !== undefined);
    next = { cursor, ledgers, ...(isLearning && { learning: own.learning! }) };
    if (after !== undefined) {
      next.cursor = advance(position.row?.cursor, { ...stepOf(read), marks: [] });
      next.rest = { found: part.found[0]!, after };
    }
    pieces = await putTargetRow(unit, key, next, position.pieces);
    if (after !== undefined) return;
    const learned = final && own.learning !== undefined;
    if (learned && !target.ended) await watchTarget(app, unit, source, target, cursor.readTo);
    if (malformed > 0) await keepMalformed(unit, source.id, target.id, batch.malformed, now);
  }
  const from = position.row?.rest?.after;
  const result = await commitSlice(app, own, events, progress, putTarget, now, round.id, from);
  if (result === undefined) return false;
  position.row = next;
  position.version += 1;
  position.pieces = pieces;
  if (result.after !== undefined) {
    await note(read, position, [], result, round);
    return commitPart(read, position, batch, cut);
  }
  if (events.length > 0) progress.note(source.id, target.id, own.readTo);
  await note(read, position, events, result, round);
  return true;
}

/** Takes note of what a commit led to; `round`: what it was committed for. */
async function note(
  read: TargetRead,
  position: Position,
  events: readonly Event[],
  result: SliceResult,
  round: Round,
): Promise<void> {
  const { app, source, report } = read;
  for (const { level } of events) app.counters.count("events", { source: source.id, level });
  const ahead = events.filter(({ future }) => future).length;
  if (ahead > 0) report.ahead = (report.ahead ?? 0) + ahead;
  for (const { alert } of result.transitions) {
    for (const { id, incident } of assignmentsOf(app, alert)) if (incident) position.incidents.add(id);
  }
  // The round went on without this read meanwhile: nobody else says that it is over.
  if (read.round !== round) return await app.bus.publish(result.transitions, [...result.groups], round.id);
  for (const id of result.groups) round.groups.add(id);
  if (round.transitions.length < KEPT_TRANSITIONS) round.transitions.push(...result.transitions);
}
