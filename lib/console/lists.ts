// Lists that go back through `history`, a page at a time: events, deliveries, alerts that have ended. Each page reads
// what it shows and no more than so much beside it; `next` leads on to what is older.
import { deliveriesBack, listDead, listPending, readDeliveries } from "../app/delivery/deliver.ts";
import type { App } from "../app/deps.ts";
import { ENDS, type EndRow, EVENTS, keyAt, newestFirst, type Range, SENT } from "../app/persistence/by-time.ts";
import { type EndedRow, type EventsRow, endedKey } from "../app/persistence/rows.ts";
import { alertFilter, deliveryFilter, eventFilter } from "../app/queries/filters.ts";
import { type DeliveryView, viewDelivery } from "../app/queries/lists.ts";
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import { redactedValue } from "../model/printable.ts";
import { type Filters, PAGE } from "./queries.ts";

const DAY_MS = 86_400_000;
/** Events that one page looks through, at most; and deliveries, or alerts. */
const EVENTS_READ = 20_000;
const ROWS_READ = 2_000;
/** Rows of events that are read at once: each may hold hundreds. */
const SLICES = 20;

/** Of the time before it nothing is kept: whatever is asked for, no day of it is looked at. ms */
function oldest({ clock, config }: App): number {
  return clock.now() - config.history - DAY_MS;
}

/** What a page shows, and where the next one begins; null where there is nothing older. */
export interface Stretch<T> {
  items: T[];
  next: string | null;
}

/** Events that pass, the newest first by when they were found. */
export async function eventsOf(app: App, filters: Filters): Promise<Stretch<Event>> {
  const { before, since = DAY_MS, until } = filters;
  const to = until ?? app.clock.now();
  const range: Range = { from: to - since, to };
  // How far back is counted from the end that is asked for.
  const passes = eventFilter(app, { ...filters, since: undefined });
  const items: Event[] = [];
  let read = 0;
  for await (const { event, place } of eventsBack(app, range, before)) {
    if (items.length === PAGE || read === EVENTS_READ) return { items, next: place };
    read++;
    if (isWithin(event, range) && passes(event)) items.push(redactedValue(event, app.redact));
  }
  return { items, next: null };
}

/** Each event with its place: that of its row, and how many of the row are up to it. */
async function* eventsBack(app: App, range: Range, before: string | undefined) {
  const [, from, count] = /^(.+) (\d{1,7})$/s.exec(before ?? "") ?? [];
  // The row itself is among those before this.
  const start = from === undefined ? undefined : `${from} `;
  // What is dated before it was found may be found up to now.
  const all = { from: Math.max(range.from, oldest(app)), to: app.clock.now(), before: start, atOnce: SLICES };
  for await (const rows of newestFirst<EventsRow>(app.store, EVENTS, all)) {
    for (const { sk, data } of rows) {
      for (let at = sk === from ? Number(count) : data.events.length; at > 0; at--) {
        const event = data.events[at - 1];
        if (event !== undefined) yield { event, place: `${sk} ${at}` };
      }
    }
  }
}

function isWithin({ time }: Event, { from, to }: Range): boolean {
  const at = Date.parse(time);
  return at >= from && at <= to;
}

/** Deliveries that pass, the newest first. */
export async function deliveriesOf(app: App, filters: Filters): Promise<Stretch<DeliveryView>> {
  const { status, since = Number.POSITIVE_INFINITY, before } = filters;
  if (status === "dead" || status === "pending") return troubledOf(app, filters, status);
  const passes = deliveryFilter(app, filters);
  const items: DeliveryView[] = [];
  let read = 0;
  const from = Math.max(app.clock.now() - since, oldest(app));
  const range = { from, to: app.clock.now(), before, atOnce: PAGE };
  for await (const found of deliveriesBack(app, range)) {
    for (const { row, place } of found) {
      if (!passes(row)) continue;
      items.push(viewDelivery(row));
      if (items.length === PAGE) return { items, next: place };
    }
    read += found.length;
    if (read >= ROWS_READ) return { items, next: found.at(-1)!.place };
  }
  return { items, next: null };
}

/** Those on their way, or dead: as many as there is trouble, whatever is kept beside them. */
async function troubledOf(app: App, filters: Filters, status: "dead" | "pending"): Promise<Stretch<DeliveryView>> {
  const ids = (status === "dead" ? await listDead(app) : await listPending(app)).map(({ id }) => id);
  const { before } = filters;
  const placed = (await readDeliveries(app, ids))
    .filter(deliveryFilter(app, filters))
    .map((row) => ({ row, place: keyAt(SENT, row.createdAt, row.id).sk }))
    .filter(({ place }) => before === undefined || place < before)
    .sort((a, b) => (a.place < b.place ? 1 : -1));
  const shown = placed.slice(0, PAGE);
  return {
    items: shown.map(({ row }) => viewDelivery(row)),
    next: placed.length > PAGE ? shown.at(-1)!.place : null,
  };
}

/** The alerts that ended and pass, the newest first. */
export async function endedOf(app: App, filters: Filters): Promise<Stretch<Alert>> {
  const { before } = filters;
  const passes = alertFilter(app, filters);
  const items = new Map<string, Alert>();
  let read = 0;
  const range = { from: app.clock.now() - app.config.history, to: app.clock.now(), before, atOnce: PAGE };
  for await (const rows of newestFirst<EndRow>(app.store, ENDS, range)) {
    const found = await app.store.getMany<EndedRow>(rows.map(({ data }) => endedKey(data.id)));
    const byId = new Map(found.map(({ data: { alert } }) => [alert.id, alert]));
    for (const { sk, data } of rows) {
      const alert = byId.get(data.id);
      // It opened again since, or was found to have ended at another time.
      if (alert === undefined || alert.endsAt !== data.endsAt || !passes(alert)) continue;
      items.set(alert.id, redactedValue(alert, app.redact));
      if (items.size === PAGE) return { items: [...items.values()], next: sk };
    }
    read += rows.length;
    if (read >= ROWS_READ) return { items: [...items.values()], next: rows.at(-1)!.sk };
  }
  return { items: [...items.values()], next: null };
}
