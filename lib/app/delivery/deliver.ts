// Deliveries as the use cases handle them: those that are due are sent (sender.ts), and people
// list, repeat and drop them.

import type { Alert } from "../../model/alert.ts";
import { createTurns } from "../../sources/cloud/turns.ts";
import { type Row, RowDamaged } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { mayName, newestFirst, type Range, SENT, type SentRow, timeOf } from "../persistence/by-time.ts";
import {
  type ChannelRow,
  channelKey,
  DEAD,
  DELIVERIES,
  type DeadRow,
  type DeliveryRow,
  deadKey,
  deliveryKey,
  type RateRow,
  rateKey,
  strayKey,
} from "../persistence/delivery-rows.ts";
import { drain } from "../persistence/drain.ts";
import { inPieces } from "../persistence/in-pieces.ts";
import { endedKey } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { destinationOfChannel } from "./attempt.ts";
import { tryNow } from "./channel-notes.ts";
import { behindReadable, inOrder, laneEnd, laneOfRow, madeNew, putAgain, type SentAgain } from "./lane-end.ts";
import { gateOf } from "./limits/gate.ts";
import { removeDelivery } from "./next-in-lane.ts";
import { isClaimed, isHeld } from "./outcomes.ts";
import { createSender } from "./sender.ts";
import { noteStrays } from "./strays.ts";

/** Deliveries that are read at once: between two pieces other work has its turn. */
const PAGE = 200;
/** No try is put off for longer; ms. */
const AHEAD_MS = 30 * 86_400_000;

/** Sends everything that is due. Returns the ids of what was tried. */
export async function deliverDue(app: App, signal: AbortSignal): Promise<string[]> {
  const tried = new Set<string>();
  await createSender(app, signal, (id) => tried.add(id)).poke();
  return [...tried];
}

/**
 * When the next pending delivery among the given ones may be tried; ms, undefined where none can be by this process.
 */
export async function nextDue(app: App, ids: readonly string[]): Promise<number | undefined> {
  const rows = await app.store.getMany<DeliveryRow>(ids.map(deliveryKey));
  const times: number[] = [];
  for (const { data, due } of rows) {
    if (data.status !== "pending" || due === undefined || isClaimed(app, data)) continue;
    times.push(Math.max(due, await opensAt(app, data.channel)));
  }
  return times.length === 0 ? undefined : Math.min(...times);
}

/** When the channel may be given a delivery; ms, now or past where it may be now. */
async function opensAt(app: App, name: string): Promise<number> {
  const { id } = await destinationOfChannel(app, name);
  const [channel, rate] = await Promise.all([
    app.store.get<ChannelRow>(channelKey(name)),
    app.store.get<RateRow>(rateKey(id)),
  ]);
  const seen = { channel: channel?.data, rate: rate?.data };
  const gate = gateOf(app.channels.get(name)?.type.rate, seen, app.clock.now(), (claim) => isHeld(app, claim));
  return gate.opensAt;
}

/**
 * Makes deliveries pending again, under the same id, in the order in which they were made, and sends nothing yet: where
 * another took one in, that other. Ids that are not there are passed over. Returns those that cannot be sent again,
 * since a row of theirs is damaged: they are left as they are.
 */
export async function redeliver(app: App, ids: readonly string[]): Promise<Map<string, RowDamaged>> {
  const leftOut = new Map<string, RowDamaged>();
  const sent: SentAgain = { starts: new Map(), newest: new Map() };
  for (const named of await inOrder(app.store, ids, leftOut)) {
    try {
      const row = await app.transact((unit) => redeliverOne(app, unit, named, sent));
      // One that was taken in is not where its turn was.
      if (row?.id === named) sent.newest.set(laneOfRow(row), named);
    } catch (error) {
      if (!(error instanceof RowDamaged)) throw error;
      leftOut.set(named, error);
    }
  }
  return leftOut;
}

async function redeliverOne(app: App, unit: Unit, named: string, sent: SentAgain): Promise<DeliveryRow | undefined> {
  const id = await laneEnd(unit, named);
  const key = deliveryKey(id);
  await unit.load([key, deadKey(id)]);
  const row = unit.value<DeliveryRow>(key);
  if (row === undefined) return undefined;
  const now = app.clock.now();
  const again = await behindReadable(unit, madeNew(row, now), sent);
  await putAgain(unit, again, now, sent);
  await closeAfter(app, unit, again);
  await tryNow(unit, row.channel);
  unit.delete(deadKey(id));
  return again;
}

/** What opens the incident of an alert that has ended meanwhile is followed by what closes it. */
async function closeAfter(app: App, unit: Unit, { id, channel, notification }: DeliveryRow): Promise<void> {
  if (app.channels.get(channel)?.type.incident !== true || notification.test) return;
  const firing = notification.alerts.filter(({ status }) => status === "firing");
  await unit.load(firing.flatMap((alert) => [endedKey(alert.id), strayKey(channel, alert.id)]));
  // One that ends at this very moment, too.
  for (const alert of firing) unit.check(endedKey(alert.id));
  noteStrays(
    unit,
    channel,
    firing.filter((alert) => unit.value(endedKey(alert.id)) !== undefined),
    id,
  );
}

/** Removes a delivery for good. */
export async function dropDelivery(app: App, id: string): Promise<void> {
  await app.transact((unit) => removeDelivery(unit, id, app.clock.now()));
}

/** Ids of the deliveries that are dead, with their channels. */
export async function listDead(app: Pick<App, "store">): Promise<(DeadRow & { id: string })[]> {
  const rows = await app.store.list<DeadRow>(DEAD);
  return rows.map(({ sk, data }) => ({ id: sk, ...data }));
}

/** A delivery as it fares: one that another took in fares as that one does. */
export type Delivery = DeliveryRow & { status: Exclude<DeliveryRow["status"], "folded"> };

/** A delivery, and its place in the order of time. */
interface Placed {
  row: Delivery;
  place: string;
}

/** Deliveries made within the range, the newest first, each once; read piece by piece, and no others. */
export async function* deliveriesBack(app: Pick<App, "store">, range: Range): AsyncGenerator<readonly Placed[]> {
  for await (const rows of newestFirst<SentRow>(app.store, SENT, range)) {
    const found = await readDeliveries(app, [...new Set(rows.map(({ data }) => data.id))]);
    const byId = new Map(found.map((row) => [row.id, row]));
    yield rows.flatMap(({ sk, data }) => {
      const row = byId.get(data.id);
      // One that came to name more is listed anew, and counts at its first place.
      return row !== undefined && timeOf(sk) === row.createdAt ? [{ row, place: sk }] : [];
    });
  }
}

/** The newest deliveries that were made since `from` (ms) and pass, at most so many; oldest first. */
export async function newestDeliveries<T>(
  app: Pick<App, "store" | "clock">,
  { from, limit }: { from: number; limit: number },
  keep: (row: Delivery) => readonly T[],
): Promise<T[]> {
  const kept: T[] = [];
  const range = { from, to: app.clock.now(), atOnce: Math.min(limit, PAGE) };
  for await (const found of deliveriesBack(app, range)) {
    for (const { row } of found) kept.push(...keep(row));
    if (kept.length >= limit) break;
  }
  return kept.slice(0, limit).reverse();
}

/** Ids of the deliveries that begin so: two are enough to know that it is not one. */
export async function deliveryIds(app: Pick<App, "store">, prefix: string): Promise<string[]> {
  if (prefix === "") return [];
  const rows = await app.store.list(DELIVERIES, { prefix, limit: 2 });
  return rows.map(({ sk }) => sk);
}

/** All deliveries, oldest first; of each what `keep` keeps, since together their messages may be much. */
export async function listDeliveries<T = Delivery>(
  app: Pick<App, "store">,
  keep: (row: Delivery) => readonly T[] = (row) => [row as T],
): Promise<T[]> {
  const all: { at: number; kept: T }[] = [];
  for await (const rows of inPieces<DeliveryRow>(app.store, DELIVERIES)) {
    for (const row of await asTheyFare(app, rows)) for (const kept of keep(row)) all.push({ at: row.createdAt, kept });
  }
  return all.sort((a, b) => a.at - b.at).map(({ kept }) => kept);
}

/** How long before its alert's own start a delivery may seem to come: the cloud's clock and ours differ; ms. */
const EARLY_MS = 3_600_000;

/** The deliveries that name the alert, oldest first; those made before it are not read. */
export async function deliveriesNaming(
  app: App,
  { id, startsAt }: Pick<Alert, "id" | "startsAt">,
): Promise<Delivery[]> {
  const ids = new Set<string>();
  const range = { from: Date.parse(startsAt) - EARLY_MS, to: app.clock.now() };
  for await (const rows of newestFirst<SentRow>(app.store, SENT, range)) {
    for (const { data } of rows) if (mayName(data, id)) ids.add(data.id);
  }
  const found = await readDeliveries(app, [...ids]);
  // What took one in names its alerts, too.
  const takers = found.flatMap(({ into }) => (into === undefined || ids.has(into) ? [] : [into]));
  const all = [...found, ...(await readDeliveries(app, [...new Set(takers)]))];
  return all.filter(({ alerts }) => alerts.includes(id)).sort((a, b) => a.createdAt - b.createdAt);
}

/**
 * What is still on its way: what the queue lists, and what waits behind that. A delivery that another took in is in
 * that one.
 */
export async function listPending({ store, clock }: Pick<App, "store" | "clock">): Promise<DeliveryRow[]> {
  const found = new Map<string, DeliveryRow>();
  const turn = createTurns(1);
  for await (const rows of drain<DeliveryRow>({ store, clock }, "delivery", undefined, AHEAD_MS)) {
    for (let left = rows; left.length > 0; ) {
      for (const { data } of left) if (data.status === "pending") found.set(data.id, data);
      const behind = left.flatMap(({ data }) => data.next).filter((id) => !found.has(id));
      left = await store.getMany<DeliveryRow>(behind.map(deliveryKey));
      await turn();
    }
  }
  return [...found.values()];
}

/** The named ones among them. */
export async function readDeliveries(app: Pick<App, "store">, ids: readonly string[]): Promise<Delivery[]> {
  const rows = await app.store.getMany<DeliveryRow>(ids.map(deliveryKey));
  const byId = new Map((await asTheyFare(app, rows)).map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** What took one of them in is read where it is not among them. */
async function asTheyFare({ store }: Pick<App, "store">, rows: readonly Row<DeliveryRow>[]): Promise<Delivery[]> {
  const byId = new Map(rows.map(({ data }) => [data.id, data]));
  for (let left: readonly Row<DeliveryRow>[] = rows; left.length > 0; ) {
    const takers = left.flatMap(({ data: { into } }) => (into === undefined || byId.has(into) ? [] : [into]));
    left = await store.getMany<DeliveryRow>([...new Set(takers)].map(deliveryKey));
    for (const { data } of left) byId.set(data.id, data);
  }
  return rows.flatMap(({ data }) => asItFares(data, byId));
}

/** None where it, or what took it in, was dropped. */
function asItFares(row: DeliveryRow, byId: ReadonlyMap<string, DeliveryRow>): Delivery[] {
  let end: DeliveryRow | undefined = row;
  while (end?.into !== undefined) end = byId.get(end.into);
  if (end === undefined || end.status === "folded") return [];
  const { status, attempts, nextAttemptAt, error } = end;
  const { endedAt: _folded, ...rest } = row;
  const ended = end.endedAt === undefined ? {} : { endedAt: end.endedAt };
  return [{ ...rest, ...ended, status, attempts, nextAttemptAt, error }];
}
