// What is open, seen and sent, read back from the store for people.
import type { Alert } from "../../model/alert.ts";
import type { Event } from "../../model/event.ts";
import { rulePartition } from "../../rules/compile.ts";
import type { Key } from "../../store/port.ts";
import type { Delivery } from "../delivery/deliver.ts";
import type { App } from "../deps.ts";
import { type Holds, readHolds } from "../groups/holds.ts";
import { dayOf, ENDED, type EndedRow, type EventsRow, eventsPartition, type RuleRow } from "../persistence/rows.ts";

const DAY_MS = 86_400_000;

/** A firing alert and the row that it stands in. */
export interface OpenRow {
  alert: Alert;
  key: Key;
}

/** The firing alerts, oldest first, each with what holds it back now. */
export async function openAlerts(app: App): Promise<Alert[]> {
  return (await openRows(app)).map(({ alert }) => alert);
}

/** Likewise, each with its row. */
export async function openRows(app: App): Promise<OpenRow[]> {
  const open: OpenRow[] = [];
  for (const rule of [...app.rules.all, app.healthRule]) {
    for (const { pk, sk, data } of await app.store.list<RuleRow>(rulePartition(rule))) {
      const { alert } = data.state;
      if (alert?.status === "firing") open.push({ alert, key: { pk, sk } });
    }
  }
  const holds = await readHolds(
    app,
    open.map(({ alert }) => alert),
  );
  const now = app.clock.now();
  return open
    .sort((a, b) => byStart(a.alert, b.alert))
    .map(({ alert, key }) => ({ alert: { ...alert, suppressedBy: heldBy(app, holds, alert, now) }, key }));
}

/** What holds the alert back at `now` (ms) on the routes it takes, for people: `silence "migration"`. */
function heldBy(app: App, holds: Holds, alert: Alert, now: number): string[] {
  const all = app.router.routes(alert).flatMap((route) => holds.of(alert, route, now).map(({ by }) => by));
  return [...new Set(all)];
}

/** The alerts that ended within `history`, oldest first. */
export async function endedAlerts(app: App): Promise<Alert[]> {
  const rows = await app.store.list<EndedRow>(ENDED);
  return rows.map(({ data }) => data.alert).sort(byStart);
}

/** Events that were evaluated since `since` (ms) or within `history`, by their time. */
export async function seenEvents(app: App, since = 0): Promise<Event[]> {
  const now = app.clock.now();
  const events: Event[] = [];
  // An event is kept under the day it was evaluated on, which is never before its own by more than a clock's error.
  for (let at = Math.max(since, now - app.config.history); dayOf(at) <= dayOf(now); at += DAY_MS) {
    const rows = await app.store.list<EventsRow>(eventsPartition(dayOf(at)));
    for (const { data } of rows) events.push(...data.events);
  }
  const wanted = since === 0 ? events : events.filter(({ time }) => Date.parse(time) >= since);
  return wanted.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
}

/** A delivery as people see it. */
export interface DeliveryView {
  id: string;
  channel: string;
  status: Delivery["status"];
  attempts: number;
  nextAttemptAt: string | null;
  error: string | null;
  createdAt: string;
  alerts: string[];
  /** The delivery that took it in, since the channel's service takes fewer messages than there were. */
  foldedInto?: string;
}

export function viewDelivery(row: Delivery): DeliveryView {
  const { id, channel, status, attempts, nextAttemptAt, error, createdAt, alerts } = row;
  const next = nextAttemptAt === null ? null : new Date(nextAttemptAt).toISOString();
  return {
    id,
    channel,
    status,
    attempts,
    nextAttemptAt: next,
    error,
    createdAt: new Date(createdAt).toISOString(),
    alerts,
    ...(row.into === undefined ? {} : { foldedInto: row.into }),
  };
}

function byStart(a: Alert, b: Alert): number {
  return a.startsAt < b.startsAt ? -1 : a.startsAt > b.startsAt ? 1 : 0;
}
