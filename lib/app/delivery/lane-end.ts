// What a group's channels got last: where its next deliveries line up, also once it has ended and begins anew.
import type { Group } from "../../alerts/group.ts";
import { type DeliveryRow, deliveryKey, type NewestRow, newestKey } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";

/** How long a delivery is tried; ms. */
export const GIVE_UP_MS = 86_400_000;

/** The delivery that says what the named one says: itself, or the one that took it in. */
export async function laneEnd(unit: Unit, id: string): Promise<string> {
  await unit.load([deliveryKey(id)]);
  const into = unit.value<DeliveryRow>(deliveryKey(id))?.into;
  return into === undefined ? id : laneEnd(unit, into);
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
