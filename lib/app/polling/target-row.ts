// Loads a target's row with its seen-set, and sets a cursor back that a wrong clock put ahead. What is counted of a
// read beside its events.
import type { SourceConfig } from "../../model/config.ts";
import type { Batch, Target } from "../../sources/port.ts";
import { beforeNow } from "../../sources/reading/cursor.ts";
import { type Row, RowDamaged } from "../../store/port.ts";
import type { App } from "../deps.ts";
import {
  type Daily,
  dayOf,
  type MalformedRow,
  malformedKey,
  type TargetCounts,
  type TargetRow,
} from "../persistence/rows.ts";
import { loadPieces, type Piece, withPieces } from "../persistence/seen-pieces.ts";
import { targetKey } from "../persistence/target-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { keepForGood } from "./ended-rows.ts";

const KEPT_DAYS = 31;
const KEPT_MALFORMED = 20;

/** A target's row with its whole seen-set, and the pieces in which that lies. */
export interface LoadedTarget {
  row: Row<TargetRow> | undefined;
  pieces: readonly Piece[];
}

/** Without a row before a target's first poll. */
export async function loadTarget(app: App, source: SourceConfig, { id, ended }: Target): Promise<LoadedTarget> {
  const key = await targetKey(app, source, id);
  for (;;) {
    const row = await loadRow(app, source, id);
    if (row === undefined) return { row, pieces: [] };
    if (row.expires !== undefined && !ended) {
      await keepForGood(app, key);
      continue;
    }
    const pieces = await loadPieces(app, key, row.data);
    // Another poller has moved the cursor in between.
    if (pieces !== undefined) return { row: { ...row, data: withPieces(row.data, pieces) }, pieces };
    const now = await app.store.get<TargetRow>(key);
    if (now?.version === row.version) throw new RowDamaged(key);
  }
}

async function loadRow(app: App, source: SourceConfig, target: string): Promise<Row<TargetRow> | undefined> {
  const key = await targetKey(app, source, target);
  // Not when the poll began: a process that hung since then would take another's progress for a clock that was ahead.
  const now = app.clock.now();
  const found = await app.store.get<TargetRow>(key);
  if (found === undefined || found.data.cursor.from <= now) return found;
  // At once, also where nothing is found: the next poll would begin at its own time, and skip what came until then.
  await app.transact(async (unit) => {
    await unit.load([key]);
    const row = unit.value<TargetRow>(key);
    if (row) unit.put(key, { ...row, cursor: beforeNow(row.cursor, now) });
  });
  app.log.warn("the clock was set back; what happened while it was ahead may have been missed", {
    source: source.id,
    target,
  });
  return app.store.get<TargetRow>(key);
}

/** The ledger with these numbers added to the day of `now` (ms). */
export function counted(ledger: Daily<TargetCounts>, now: number, more: TargetCounts): Daily<TargetCounts> {
  const day = dayOf(now);
  const before = ledger[day] ?? { new: 0, matched: 0, malformed: 0 };
  const counts: TargetCounts = {
    new: before.new + more.new,
    matched: before.matched + more.matched,
    malformed: before.malformed + more.malformed,
  };
  return Object.fromEntries(
    Object.entries({ ...ledger, [day]: counts })
      .sort()
      .slice(-KEPT_DAYS),
  );
}

/** Keeps the newest of a source's malformed items for inspection. */
export async function keepMalformed(
  unit: Unit,
  sourceId: string,
  target: string,
  items: Batch["malformed"],
  now: number,
): Promise<void> {
  const key = malformedKey(sourceId);
  await unit.load([key]);
  const kept = unit.value<MalformedRow>(key) ?? [];
  const more = items.slice(-KEPT_MALFORMED).map((item) => ({ at: now, target, ...item }));
  unit.put(key, [...kept, ...more].slice(-KEPT_MALFORMED));
}
