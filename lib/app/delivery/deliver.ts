// Deliveries as the use cases handle them: those that are due are sent (sender.ts), and people
// list, repeat and drop them.
import type { App } from "../deps.ts";
import { DEAD, DELIVERIES, type DeadRow, type DeliveryRow, deadKey, deliveryKey } from "../persistence/rows.ts";
import { tryNow } from "./channel-notes.ts";
import { GIVE_UP_MS } from "./deliveries.ts";
import { isClaimed, removeDelivery } from "./outcomes.ts";
import { createSender } from "./sender.ts";

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
  const times = rows.flatMap(({ data, due }) => {
    return data.status === "pending" && due !== undefined && !isClaimed(app, data) ? [due] : [];
  });
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Makes deliveries pending again, under the same id, and sends nothing yet. Ids that are not there are passed over. */
export async function redeliver(app: App, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    await app.transact(async (unit) => {
      const key = deliveryKey(id);
      await unit.load([key, deadKey(id)]);
      const row = unit.value<DeliveryRow>(key);
      // What was folded into another is sent with that one.
      if (row === undefined || row.status === "folded") return;
      const now = app.clock.now();
      const { failedSince: _before, revoked: _taken, ...rest } = row;
      const again: DeliveryRow = {
        ...rest,
        status: "pending",
        error: null,
        nextAttemptAt: now,
        giveUpAt: now + GIVE_UP_MS,
      };
      unit.put(key, again, { queue: "delivery", due: now });
      await tryNow(unit, row.channel);
      unit.delete(deadKey(id));
    });
  }
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

/** All deliveries, oldest first. */
export async function listDeliveries(app: Pick<App, "store">): Promise<DeliveryRow[]> {
  const rows = await app.store.list<DeliveryRow>(DELIVERIES);
  return rows.map((row) => row.data).sort((a, b) => a.createdAt - b.createdAt);
}
