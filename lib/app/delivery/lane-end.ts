// What a channel got last: where its next deliveries line up, also once their group has ended and begins anew, and
// whether what died is tried again in place of one more.
import type { Notice } from "../../alerts/decide.ts";
import type { Group } from "../../alerts/group.ts";
import { lookup } from "../../model/lookup.ts";
import { type Row, RowDamaged, type Store } from "../../store/port.ts";
import type { Channel } from "../deps.ts";
import {
  type DeliveryRow,
  type DroppedRow,
  deadKey,
  deliveryKey,
  droppedKey,
  type Elsewhere,
  type NewestRow,
  newestKey,
} from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { bothOf } from "./elsewhere.ts";
import { notificationsFor } from "./notifications.ts";

/** Deliveries that are read at once. */
const AT_ONCE = 200;
/** How long a delivery is tried; ms. */
export const GIVE_UP_MS = 86_400_000;

/** The delivery as it is tried anew; what its fallback has had of it, it has had. */
export function madeNew(row: DeliveryRow, now: number): DeliveryRow {
  const { failedSince: _before, revoked: _all, takenBack: _taken, ...rest } = row;
  return { ...rest, status: "pending", error: null, nextAttemptAt: now, giveUpAt: now + GIVE_UP_MS };
}

/**
 * The delivery that says what the named one says: itself, or the one that took it in; of one that was dropped the one
 * that it waited for.
 */
export async function laneEnd(unit: Unit, id: string): Promise<string> {
  await unit.load([deliveryKey(id)]);
  const row = unit.value<DeliveryRow>(deliveryKey(id));
  if (row === undefined) await unit.load([droppedKey(id)]);
  const end = row === undefined ? unit.value<DroppedRow>(droppedKey(id))?.previous : row.into;
  return end === undefined ? id : laneEnd(unit, end);
}

/**
 * What the next delivery of the lane is to know of those up to the named one. One that is on its way hands on itself
 * what it knows.
 */
export async function elsewhereBefore(unit: Unit, id: string): Promise<Elsewhere | undefined> {
  await unit.load([deliveryKey(id)]);
  const row = unit.value<DeliveryRow>(deliveryKey(id));
  if (row?.into !== undefined) return elsewhereBefore(unit, row.into);
  if (row !== undefined) return row.status === "pending" ? undefined : row.elsewhere;
  await unit.load([droppedKey(id)]);
  const { previous, elsewhere } = unit.value<DroppedRow>(droppedKey(id)) ?? {};
  return previous === undefined ? elsewhere : bothOf(await elsewhereBefore(unit, previous), elsewhere);
}

/** The first delivery of the lane that is still on its way, of those up to the named one, which is. */
export async function laneStart(unit: Unit, id: string): Promise<DeliveryRow> {
  await unit.load([deliveryKey(id)]);
  const row = unit.value<DeliveryRow>(deliveryKey(id))!;
  if (row.previous === null) return row;
  await unit.load([deliveryKey(row.previous)]);
  const before = unit.value<DeliveryRow>(deliveryKey(row.previous));
  return before?.status === "pending" ? laneStart(unit, before.id) : row;
}

/**
 * The ids of the deliveries by time; of those of a lane each behind the one before it, whatever the clock was. Those
 * that cannot be read are in `leftOut`.
 */
export async function inOrder(
  store: Pick<Store, "getMany">,
  ids: readonly string[],
  leftOut: Map<string, RowDamaged>,
): Promise<string[]> {
  const places: Pick<DeliveryRow, "id" | "previous" | "createdAt">[] = [];
  // Only their places are held: together their messages may be much.
  for (let from = 0; from < ids.length; from += AT_ONCE) {
    const rows = await readable(store, ids.slice(from, from + AT_ONCE), leftOut);
    for (const { data } of rows) places.push({ id: data.id, previous: data.previous, createdAt: data.createdAt });
  }
  const byTime = places.sort((a, b) => a.createdAt - b.createdAt);
  const left = new Map(byTime.map((place) => [place.id, place]));
  const ordered: string[] = [];
  for (const place of byTime) {
    const lane: string[] = [];
    for (let one = left.get(place.id); one !== undefined; one = left.get(one.previous ?? "")) {
      left.delete(one.id);
      lane.push(one.id);
    }
    for (const id of lane.reverse()) ordered.push(id);
  }
  return ordered;
}

/** One that is damaged hides none of the others. */
async function readable(
  store: Pick<Store, "getMany">,
  ids: readonly string[],
  leftOut: Map<string, RowDamaged>,
): Promise<Row<DeliveryRow>[]> {
  try {
    return await store.getMany<DeliveryRow>(ids.map(deliveryKey));
  } catch (error) {
    if (!(error instanceof RowDamaged)) throw error;
    if (ids.length === 1) leftOut.set(ids[0]!, error);
    if (ids.length === 1) return [];
  }
  const rows: Row<DeliveryRow>[] = [];
  for (const id of ids) for (const row of await readable(store, [id], leftOut)) rows.push(row);
  return rows;
}

/** What is sent again together. */
export interface SentAgain {
  /** By the delivery that is the newest of its lane to be sent again: the first of the lane that is on its way. */
  starts: Map<string, string>;
  /** By lane the newest one. */
  newest: Map<string, string>;
}

/** Its lane as far as the delivery itself tells: two routes with equal groups are in one. */
export function laneOfRow({ channel, notification }: DeliveryRow): string {
  return JSON.stringify([channel, notification.group]);
}

/** The delivery; where the one before it is damaged, behind the one of its lane that was sent again last. */
export async function behindReadable(unit: Unit, row: DeliveryRow, { newest }: SentAgain): Promise<DeliveryRow> {
  if (row.previous === null) return row;
  try {
    await unit.load([deliveryKey(row.previous)]);
    return row;
  } catch (error) {
    if (!(error instanceof RowDamaged)) throw error;
    return { ...row, previous: newest.get(laneOfRow(row)) ?? null };
  }
}

/** Into the queue; where it waits for others of its lane, the first of them is tried now. */
export async function putAgain(unit: Unit, row: DeliveryRow, now: number, { starts }: SentAgain): Promise<void> {
  const key = deliveryKey(row.id);
  const before = row.previous === null ? undefined : deliveryKey(row.previous);
  await unit.load(before ? [before] : []);
  const previous = before && unit.value<DeliveryRow>(before);
  if (previous?.status !== "pending") return unit.put(key, row, { queue: "delivery", due: now });
  unit.put(key, row);
  if (!previous.next.includes(row.id)) {
    const due = unit.due(before!);
    const options = due === undefined ? {} : { queue: "delivery" as const, due };
    unit.put(before!, { ...previous, next: [...previous.next, row.id] }, options);
  }
  const first = await laneStart(unit, await knownStart(unit, starts, previous.id));
  starts.set(row.id, first.id);
  const at = first.nextAttemptAt === null ? null : Math.min(first.nextAttemptAt, now);
  unit.put(deliveryKey(first.id), { ...first, nextAttemptAt: at }, { queue: "delivery", due: now });
}

/** Where to look for the first of the lane from: from where it was, as long as that is on its way. */
async function knownStart(unit: Unit, starts: SentAgain["starts"], id: string): Promise<string> {
  const known = starts.get(id);
  if (known === undefined) return id;
  await unit.load([deliveryKey(known)]);
  return unit.value<DeliveryRow>(deliveryKey(known))?.status === "pending" ? known : id;
}

/** A group that begins anew, with its newest deliveries that are still on their way from before. */
export async function withNewestBefore(unit: Unit, group: Group): Promise<Group> {
  if (group.sequence > 0) return group;
  const before = unit.value<NewestRow>(newestKey(group.id));
  if (before === undefined) return group;
  const newest: Record<string, string> = {};
  for (const [channel, last] of Object.entries(before)) {
    const end = await laneEnd(unit, last);
    if (unit.value<DeliveryRow>(deliveryKey(end))?.status === "pending") newest[channel] = end;
  }
  return { ...group, newest: { ...newest, ...group.newest } };
}

/** The group has ended: it is known for as long as its last deliveries may be on their way. */
export function keepNewest(unit: Unit, { id, newest }: Pick<Group, "id" | "newest">, now: number): void {
  unit.put(newestKey(id), newest, { expires: now + GIVE_UP_MS });
}

/**
 * Whether the channel gets a firing incident again, as a delivery of its own: not while what it got last is still on
 * its way; and where that is dead, it is tried anew with what is to be said now, for its fallback has had it.
 */
export async function isResent(
  unit: Unit,
  channel: Channel,
  group: Group,
  notice: Notice,
  now: number,
): Promise<boolean> {
  if (channel.type.resend === undefined) return false;
  const last = lookup(group.newest, channel.name);
  if (last === undefined) return true;
  const row = unit.value<DeliveryRow>(deliveryKey(await laneEnd(unit, last)));
  if (row?.status === "dead") await tryAnew(unit, channel, group, row, notice, now);
  return row?.status !== "pending" && row?.status !== "dead";
}

async function tryAnew(
  unit: Unit,
  channel: Channel,
  { values }: Group,
  row: DeliveryRow,
  notice: Notice,
  now: number,
): Promise<void> {
  const { id } = row;
  const [notification] = notificationsFor(channel, values, { ...notice, reason: row.notification.reason });
  if (notification === undefined) return;
  const again: DeliveryRow = { ...madeNew(row, now), notification: { ...notification, id } };
  unit.put(deliveryKey(id), again, { queue: "delivery", due: now });
  await unit.load([deadKey(id)]);
  unit.delete(deadKey(id));
}
