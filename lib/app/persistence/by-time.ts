// Rows that list by time what lies elsewhere by id: deliveries as they were made, alerts as they ended. Who looks at
// the newest of them, or at those of a week, reads no others.
import type { Config } from "../../model/config.ts";
import { createTurns } from "../../sources/cloud/turns.ts";
import type { Key, Row, Store } from "../../store/port.ts";
import type { DeliveryRow } from "./delivery-rows.ts";
import { dayOf, type EndedRow, eventsPartition } from "./rows.ts";
import type { Unit } from "./unit.ts";

const DAY_MS = 86_400_000;
/** A delivery is tried for a day, and kept for `history` after that. */
const LONGER_MS = 2 * DAY_MS;
/** Characters of an alert's id that tell it from others; who needs to be sure reads the delivery itself. */
const ID_CHARACTERS = 12;

export const SENT = "sent/";
export const ENDS = "ends/";
export const EVENTS = eventsPartition("");

/** A delivery that was made. */
export interface SentRow {
  id: string;
  /** Rules whose alerts it names; none of a test notification. */
  rules: string[];
  /** Beginnings of the ids of the alerts that it names. */
  alerts: string[];
}

/** An alert that ended, as it was then. */
export interface EndRow {
  id: string;
  rule: string;
  startsAt: string;
  endsAt: string;
}

/** Lists a delivery that is put in the same unit. */
export function putSent(
  { config }: { config: Config },
  unit: Unit,
  { id, createdAt, alerts, notification }: DeliveryRow,
): void {
  const rules = notification.test ? [] : [...new Set(notification.alerts.map(({ rule }) => rule))];
  const row: SentRow = { id, rules, alerts: alerts.map(shortOf) };
  unit.create(keyAt(SENT, createdAt, id), row, { expires: createdAt + config.history + LONGER_MS });
}

/** Lists an alert whose end is put in the same unit. */
export function putEnd(
  { config }: { config: Config },
  unit: Unit,
  { alert: { id, rule, startsAt, endsAt } }: EndedRow,
  now: number,
): void {
  const row: EndRow = { id, rule, startsAt, endsAt: endsAt! };
  unit.create(keyAt(ENDS, now, id), row, { expires: now + config.history });
}

/** Whether it may name the alert. */
export function mayName({ alerts }: SentRow, alertId: string): boolean {
  return alerts.includes(shortOf(alertId));
}

/** An alert's id as rows keep it that may name thousands. */
export function shortOf(alertId: string): string {
  return alertId.slice(0, ID_CHARACTERS);
}

/** Its place in the order of time begins with the time, as those of events do. */
export function keyAt(list: string, at: number, name: string): Key {
  return { pk: `${list}${dayOf(at)}`, sk: `${String(at).padStart(15, "0")}/${name}` };
}

export interface Range {
  /** ms */
  from: number;
  to: number;
  /** Only rows before this one; an `sk` that was given before. */
  before?: string | undefined;
  /** Rows of one piece. */
  atOnce?: number;
}

/** The rows of a list from the newest back, piece by piece; between two of them other work has its turn. */
export async function* newestFirst<T>(store: Store, list: string, range: Range): AsyncGenerator<Row<T>[]> {
  const { from, to, before, atOnce = 200 } = range;
  const turn = createTurns(1);
  const start = before === undefined ? to : Math.min(to, timeOf(before));
  for (let day = start; dayOf(day) >= dayOf(from); day -= DAY_MS) {
    for (let after = dayOf(day) === dayOf(start) ? before : undefined; ; ) {
      const options = { reverse: true, limit: atOnce, ...(after === undefined ? {} : { after }) };
      const rows = await store.list<T>(`${list}${dayOf(day)}`, options);
      const wanted = rows.filter(({ sk }) => timeOf(sk) >= from);
      if (wanted.length > 0) yield wanted;
      if (wanted.length < atOnce) break;
      after = rows.at(-1)!.sk;
      await turn();
    }
  }
}

/** When a row of a list came; ms. NaN for what is no place in one. */
export function timeOf(sk: string): number {
  return /^\d{15}\//.test(sk) ? Number(sk.slice(0, 15)) : Number.NaN;
}
