// What is open, seen and sent, read back from the store for people.

import type { Alert } from "../../model/alert.ts";
import type { Event } from "../../model/event.ts";
import { rulePartition } from "../../rules/compile.ts";
import type { Key, Row } from "../../store/port.ts";
import type { Delivery } from "../delivery/deliver.ts";
import type { App } from "../deps.ts";
import { type Holds, readHolds } from "../groups/holds.ts";
import { EVENTS, newestFirst } from "../persistence/by-time.ts";
import { inPieces } from "../persistence/in-pieces.ts";
import { ENDED, type EndedRow, type EventsRow, type RuleRow } from "../persistence/rows.ts";

const DAY_MS = 86_400_000;

/** Rows of events, each of which may hold hundreds. */
const SLICES = 20;

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
  const found: OpenRow<T>[] = [];
  for (const rule of [...app.rules.all, app.healthRule]) {
    for await (const rows of inPieces<RuleRow>(app.store, rulePartition(rule))) {
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

/** The alerts that ended within `history`, oldest first: those that `wants`, since all their events may be much. */
export async function endedAlerts(app: App, wants: (alert: Alert) => boolean = () => true): Promise<Alert[]> {
  const found: Alert[] = [];
  for await (const rows of inPieces<EndedRow>(app.store, ENDED)) {
    for (const { data } of rows) if (wants(data.alert)) found.push(data.alert);
  }
  return found.sort(byStart);
}

/**
 * Events since `since` (ms; default: within `history`) that were evaluated, by their time; of each what `keep` keeps.
 */
export async function seenEvents<T = Event>(
  app: App,
  since = 0,
  keep: (event: Event) => readonly T[] = (event) => [event as T],
): Promise<T[]> {
  const now = app.clock.now();
  const found: { time: string; kept: T }[] = [];
  // One is found never before its own time by more than a clock's error.
  const from = Math.max(since, now - app.config.history) - DAY_MS;
  for await (const rows of newestFirst<EventsRow>(app.store, EVENTS, { from, to: now, atOnce: SLICES })) {
    for (const { data } of rows) {
      for (const event of data.events.toReversed()) {
        if (Date.parse(event.time) < since) continue;
        for (const kept of keep(event)) found.push({ time: event.time, kept });
      }
    }
  }
  const inOrder = found.reverse().sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return inOrder.map(({ kept }) => kept);
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
