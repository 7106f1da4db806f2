// Deliveries come into being: a telling becomes notifications of the size and kind each channel takes, each a row of its own.
import type { Telling } from "../alerts/decide.ts";
import type { Group, Suppressed } from "../alerts/group.ts";
import { bodyParts } from "../channels/parts.ts";
import type { Alert } from "../model/alert.ts";
import type { RouteConfig } from "../model/config.ts";
import { hashOf } from "../model/hash.ts";
import type { Notification } from "../model/notification.ts";
import type { App, Channel } from "./deps.ts";
import { type DeliveryRow, deliveryKey } from "./rows.ts";
import type { Unit } from "./unit.ts";

/** How long a delivery is tried; ms. */
export const GIVE_UP_MS = 86_400_000;
const NOTHING: Suppressed = { silenced: 0, muted: 0, inhibited: 0 };

/**
 * Puts what a group tells into its route's channels, each delivery behind the one its channel has not had yet. Returns the new
 * ends of the group's lanes, one entry per delivery.
 */
export async function putTelling(
  app: App,
  unit: Unit,
  group: Group,
  route: RouteConfig,
  telling: Telling,
  now: number,
): Promise<[channel: string, delivery: string][]> {
  await unit.load(Object.values(group.lanes).map(deliveryKey));
  const ends: [string, string][] = [];
  // A group may end and begin anew within one millisecond: what it tells is part of the name.
  const told = telling.alerts.map(({ id, status, count }) => [id, status, count]);
  for (const name of route.channels) {
    const channel = app.channels.get(name)!;
    if (channel.type.incident !== group.incident) continue;
    let last = group.lanes[name];
    for (const [part, notification] of notificationsFor(channel, group.values, telling).entries()) {
      const id = hashOf([group.id, group.createdAt, group.sequence, told, name, part]);
      putDelivery(unit, { ...notification, id }, last, now);
      last = id;
      ends.push([name, id]);
    }
  }
  return ends;
}

/**
 * What a dead delivery told goes to its channel's fallback, as deliveries of their own, behind those of the delivery before it.
 * Returns the last one's id.
 */
export async function putFallback(app: App, unit: Unit, dead: DeliveryRow, now: number): Promise<string | undefined> {
  const fallback = app.channels.get(app.channels.get(dead.channel)?.fallback ?? "");
  if (fallback === undefined) return undefined;
  if (dead.previous !== null) await unit.load([deliveryKey(dead.previous)]);
  let last = dead.previous === null ? undefined : unit.value<DeliveryRow>(deliveryKey(dead.previous))?.fallback;
  if (last !== undefined) await unit.load([deliveryKey(last)]);
  const { group, ...telling } = dead.notification;
  for (const [part, notification] of notificationsFor(fallback, group, telling).entries()) {
    const id = hashOf([dead.id, "fallback", fallback.name, part]);
    putDelivery(unit, { ...notification, id }, last, now);
    last = id;
  }
  return last;
}

/** Puts one marked test notification about `alert` for a channel. Returns the ids of its deliveries. */
export function putTestNotification(unit: Unit, channel: Channel, alert: Alert, now: number): string[] {
  const telling: Telling = {
    reason: "new",
    alerts: [{ ...alert, newCount: alert.count }],
    suppressed: NOTHING,
    test: true,
  };
  return notificationsFor(channel, {}, telling).map((notification, part) => {
    const id = hashOf(["test", alert.id, channel.name, part]);
    putDelivery(unit, { ...notification, id }, undefined, now);
    return id;
  });
}

/** Puts a delivery into the queue, or behind `last` where that one is still on its way. */
function putDelivery(unit: Unit, notification: Notification, last: string | undefined, now: number): void {
  const previous = last === undefined ? undefined : unit.value<DeliveryRow>(deliveryKey(last));
  const waits = previous?.status === "pending";
  const delivery: DeliveryRow = {
    id: notification.id,
    channel: notification.channel,
    status: "pending",
    attempts: 0,
    nextAttemptAt: now,
    error: null,
    createdAt: now,
    giveUpAt: now + GIVE_UP_MS,
    claim: null,
    alerts: notification.alerts.map((alert) => alert.id),
    previous: last ?? null,
    next: null,
    notification,
  };
  unit.create(deliveryKey(delivery.id), delivery, waits ? {} : { queue: "delivery", due: now });
  if (!waits) return;
  const due = unit.due(deliveryKey(previous.id));
  unit.put(deliveryKey(previous.id), { ...previous, next: delivery.id }, { queue: "delivery", due });
}

/** The notifications one channel gets of a telling, in order, their ids still empty; none where there is nothing to say to it. */
function notificationsFor(channel: Channel, group: Record<string, unknown>, telling: Telling): Notification[] {
  const { reason, suppressed, test } = telling;
  const alerts = channel.sendResolved ? telling.alerts : telling.alerts.filter(({ status }) => status === "firing");
  const counted = suppressed.silenced + suppressed.muted + suppressed.inhibited > 0;
  if (alerts.length === 0 && (!counted || channel.type.incident)) return [];
  const whole: Notification = {
    version: "1",
    id: "",
    channel: channel.name,
    status: "resolved",
    group,
    reason,
    alerts,
    suppressed,
    ...(test ? { test } : {}),
  };
  const parts = alerts.length === 0 ? [[]] : (channel.type.split ?? bodyParts)(whole);
  return parts.map((part, at) => ({
    ...whole,
    status: part.some(({ status }) => status === "firing") ? "firing" : "resolved",
    alerts: part,
    // What was held back is counted once.
    suppressed: at === 0 ? suppressed : NOTHING,
  }));
}
