// What is counted of one target's read beside its events: the days' numbers, and the items that nobody could understand.
import type { Batch } from "../../sources/port.ts";
import { type Daily, dayOf, type MalformedRow, malformedKey, type TargetCounts } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";

const KEPT_DAYS = 31;
const KEPT_MALFORMED = 20;

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
