// What a channel got last: where its next deliveries line up, also once their group has ended and begins anew, and
// whether what died is tried again in place of one more.
import type { Notice } from "../../alerts/decide.ts";
import type { Group } from "../../alerts/group.ts";
import { lookup } from "../../model/lookup.ts";
import type { Channel } from "../deps.ts";
import {
  type DeliveryRow,
  type DroppedRow,
  deadKey,
  deliveryKey,
  droppedKey,
  type NewestRow,
  newestKey,
} from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { notificationsFor } from "./notifications.ts";

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

/** The first delivery of the lane that is still on its way, of those up to the named one, which is. */
export async function laneStart(unit: Unit, id: string): Promise<DeliveryRow> {
  await unit.load([deliveryKey(id)]);
  const row = unit.value<DeliveryRow>(deliveryKey(id))!;
  if (row.previous === null) return row;
  await unit.load([deliveryKey(row.previous)]);
  const before = unit.value<DeliveryRow>(deliveryKey(row.previous));
  return before?.status === "pending" ? laneStart(unit, before.id) : row;
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
