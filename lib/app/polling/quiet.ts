// Targets of which nothing is remembered: while the API shows nothing new of one, its own row need not be read.
// Invariant: what a read without the row finds is never committed; it is read once more, from the row's cursor.
import type { SourceConfig } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import type { Batch, Cursor } from "../../sources/port.ts";
import type { SourceRow, TargetRow } from "../persistence/rows.ts";

/** The row is read at least so often, which also moves its window; ms. */
const PERIOD_MS = 1_800_000;
/** Digits of a target's id in the list: where two are the same, both rows are read. */
const DIGITS = 6;

/** Whether a poll could have made its request without the row. */
export function isQuiet(row: TargetRow | undefined): boolean {
  if (row === undefined) return false;
  const { cursor, learning, rest, pieces } = row;
  return cursor.seen === "" && [cursor.extra, learning, rest, pieces].every((part) => part === undefined);
}

/** As the row of a source or shard keeps them: the targets whose own rows are to be read. */
export function listBusy(ids: readonly string[]): string {
  return ids.map(nameOf).join("");
}

/** Whether a target's row is to be read, by a source's or shard's row. */
export function busyIn({ busy }: SourceRow): (target: string) => boolean {
  if (busy === undefined) return () => true;
  const names = new Set<string>();
  for (let at = 0; at < busy.length; at += DIGITS) names.add(busy.slice(at, at + DIGITS));
  return (target) => names.has(nameOf(target));
}

function nameOf(target: string): string {
  return hashOf([target], DIGITS);
}

/**
 * From where a quiet target is read that was read completely at `lastReadAt`; undefined where its row is to be read.
 * All times in ms.
 */
export function quietCursor(
  { lateness }: SourceConfig,
  lastReadAt: number | undefined,
  now: number,
): Cursor | undefined {
  const period = Math.floor(now / PERIOD_MS) * PERIOD_MS;
  if (lastReadAt === undefined || lastReadAt < period || lastReadAt > now) return undefined;
  // What was there before the period began was read, and nothing of it can appear any more.
  const from = period - lateness;
  return { v: 1, floor: from, from, readTo: lastReadAt, seen: "" };
}

/** Whether there is nothing that the row would have to say something about. */
export function saysNothing({ found, marks, extra, stats }: Batch): boolean {
  return found.length === 0 && marks.length === 0 && extra === undefined && stats.malformed === 0;
}
