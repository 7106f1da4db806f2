// What is open, seen and sent, read back from the store for people.
import type { Alert } from "../../model/alert.ts";
import type { Event } from "../../model/event.ts";
import { rulePartition } from "../../rules/compile.ts";
import { createTurns } from "../../sources/cloud/turns.ts";
import type { Key, Row } from "../../store/port.ts";
import type { Delivery } from "../delivery/deliver.ts";
import type { App } from "../deps.ts";
import { type Holds, readHolds } from "../groups/holds.ts";
import { dayOf, ENDED, type EndedRow, type EventsRow, eventsPartition, type RuleRow } from "../persistence/rows.ts";

const DAY_MS = 86_400_000;

/** Rows of a rule that are read at once: between two pieces other work has its turn. */
const AT_ONCE = 250;

/** A firing alert, or what is kept of it, and the row that it stands in. */
export interface OpenRow<T = Alert> {
  alert: T;
  key: Key;
}

/** The firing alerts, oldest first, each with what holds it back now. */
export async function openAlerts(app: App): Promise<Alert[]> {
  return (await openRows(app, (alert) => alert)).map(({ alert }) => alert);
}

/** What `keep` keeps of each, with its row: of ten thousand alerts, not all events at once. */
export async function openRows<T extends Pick<Alert, "startsAt">>(
  app: App,
  keep: (alert: Alert) => T,
): Promise<OpenRow<T>[]> {
  const turn = createTurns(1);
  const found: OpenRow<T>[] = [];
  for (const rule of [...app.rules.all, app.healthRule]) {
    for (let after: string | undefined, isLast = false; !isLast; await turn()) {
      const options = { limit: AT_ONCE, ...(after === undefined ? {} : { after }) };
      const rows = await app.store.list<RuleRow>(rulePartition(rule), options);
      isLast = rows.length < AT_ONCE;
      after = rows.at(-1)?.sk;
      found.push(...(await openAmong(app, rows, keep)));
    }
  }
  return found.sort((a, b) => byStart(a.alert, b.alert));
}

async function openAmong<T>(app: App, rows: readonly Row<RuleRow>[], keep: (alert: Alert) => T): Promise<OpenRow<T>[]> {
  const open = rows.flatMap(({ pk, sk, data }) => {
    const { alert } = data.state;
    return alert?.status === "firing" ? [{ alert, key: { pk, sk } }] : [];
  });
  if (open.length === 0) return [];
  const alerts = open.map(({ alert }) => alert);
  const holds = await readHolds(app, alerts);
  const now = app.clock.now();
  return open.map(({ alert, key }) => ({
    alert: keep({ ...alert, suppressedBy: heldBy(app, holds, alert, now) }),
    key,
  }));
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

function byStart(a: Pick<Alert, "startsAt">, b: Pick<Alert, "startsAt">): number {
  return a.startsAt < b.startsAt ? -1 : a.startsAt > b.startsAt ? 1 : 0;
}
