// What waits behind a delivery that is out of the way: it goes next, and knows what that one knew.

import type { App } from "../deps.ts";
import { forgetTakenBack, leftOf } from "../groups/taken-back.ts";
import {
  type DeliveryRow,
  type DroppedRow,
  deadKey,
  deliveryKey,
  droppedKey,
  lateKey,
} from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { handOn } from "./elsewhere.ts";

/** How long a delivery that was dropped is known; ms. */
const DROPPED_MS = 30 * 86_400_000;

/** It is late no more: it came to its end, or is to be tried anew. */
export async function forgetLate(unit: Unit, { id, fellBackAt }: DeliveryRow): Promise<void> {
  if (fellBackAt === undefined) return;
  await unit.load([lateKey(id)]);
  unit.delete(lateKey(id));
}

/** Removes a delivery for good; one that waited for it goes next, or waits for the one before it. */
export async function removeDelivery(unit: Unit, id: string, now: number): Promise<void> {
  await unit.load([deliveryKey(id), deadKey(id)]);
  const row = unit.value<DeliveryRow>(deliveryKey(id));
  if (row === undefined) return;
  unit.delete(deliveryKey(id));
  unit.delete(deadKey(id));
  await forgetLate(unit, row);
  const before = row.previous === null ? undefined : deliveryKey(row.previous);
  await unit.load([...row.next.map(deliveryKey), ...(before ? [before] : [])]);
  const previous = before && unit.value<DeliveryRow>(before);
  const waitsFor = previous?.status === "pending" ? { previous: previous.id } : {};
  const knows = row.next.length === 0 && row.elsewhere ? { elsewhere: row.elsewhere } : {};
  const dropped: DroppedRow = { ...waitsFor, ...knows };
  if (Object.keys(dropped).length > 0) unit.create(droppedKey(id), dropped, { expires: now + DROPPED_MS });
  if (previous?.status !== "pending") {
    await startNext(unit, row, now);
    return;
  }
  const due = unit.due(before!);
  const next = [...previous.next.filter((one) => one !== id), ...row.next];
  unit.put(before!, { ...previous, next }, due === undefined ? {} : { queue: "delivery", due });
  for (const key of row.next.map(deliveryKey)) {
    const waiting = unit.value<DeliveryRow>(key);
    if (waiting) unit.put(key, { ...handOn(row, waiting), previous: previous.id });
  }
}

/** What is to be tried again of a delivery of which alerts were taken back; undefined: nothing, and it is gone. */
export async function takeBack({ clock }: App, unit: Unit, row: DeliveryRow): Promise<DeliveryRow | undefined> {
  const left = leftOf(row);
  if (left === undefined) await removeDelivery(unit, row.id, clock.now());
  await forgetTakenBack(unit, row, clock.now());
  return left;
}

/** Puts the deliveries that waited for one that is out of the way now into the queue. */
export async function startNext(unit: Unit, row: DeliveryRow, now: number): Promise<DeliveryRow[]> {
  const keys = row.next.map(deliveryKey);
  await unit.load(keys);
  return keys.flatMap((key): DeliveryRow[] => {
    const waiting = unit.value<DeliveryRow>(key);
    if (waiting?.status !== "pending") return [];
    const next = handOn(row, waiting);
    unit.put(key, next, { queue: "delivery", due: now });
    return [next];
  });
}
