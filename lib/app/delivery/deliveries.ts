// Deliveries come into being: a notice becomes notifications of the size and kind each channel
// takes, each a row of its own.
import type { Notice } from "../../alerts/decide.ts";
import { fold } from "../../alerts/fold.ts";
import type { Group } from "../../alerts/group.ts";
import type { Alert } from "../../model/alert.ts";
import type { RouteConfig } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import { lookup } from "../../model/lookup.ts";
import type { Notification } from "../../model/notification.ts";
import { HEALTH_RULE } from "../../model/own-alerts.ts";
import type { App, Channel } from "../deps.ts";
import { wayAround } from "../groups/assignments.ts";
import { putSent } from "../persistence/by-time.ts";
import { type ChannelRow, channelKey, type DeliveryRow, deadKey, deliveryKey } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { GIVE_UP_MS, laneEnd } from "./lane-end.ts";
import { NOTHING, notificationsFor, partsOf } from "./notifications.ts";

/** What one that waits may write as it goes to the fallback, with room for what else is in the commit. */
const ITEMS_BEHIND = 12;

/**
 * Puts a group's notice into its route's channels, each delivery behind the one its channel has not had yet. Returns
 * the group's newest deliveries, one entry each. Those so far are loaded.
 */
export async function putDeliveries(
  app: App,
  unit: Unit,
  group: Group,
  route: RouteConfig,
  notice: Notice,
  now: number,
): Promise<[channel: string, delivery: string][]> {
  const ends: [string, string][] = [];
  // A group may end and begin anew within one millisecond: its content is part of the name.
  const notified = notice.alerts.map(({ id, status, count }) => [id, status, count]);
  for (const name of route.channels) {
    const channel = app.channels.get(name)!;
    if (channel.type.incident !== group.incident) continue;
    if (notice.reason === "acknowledged" && !channel.type.acknowledges) continue;
    const again = group.incident && notice.reason === "repeat";
    if (again && !(await isResent(unit, channel, group, notice, now))) continue;
    const nameOf = (part: number) => hashOf([group.id, group.createdAt, group.sequence, notified, name, part]);
    const ids = await putInLane(app, unit, channel, notificationsFor(channel, group.values, notice), nameOf, {
      last: lookup(group.newest, name),
      now,
    });
    for (const id of ids) ends.push([name, id]);
  }
  return ends;
}

/**
 * Whether the channel gets a firing incident again, as a delivery of its own: not while what it got last is still on
 * its way; and where that is dead, it is tried anew with what is to be said now, for its fallback has had it.
 */
async function isResent(unit: Unit, channel: Channel, group: Group, notice: Notice, now: number): Promise<boolean> {
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
  { failedSince: _before, endedAt: _dead, ...row }: DeliveryRow,
  notice: Notice,
  now: number,
): Promise<void> {
  const { id } = row;
  const [notification] = notificationsFor(channel, values, { ...notice, reason: row.notification.reason });
  if (notification === undefined) return;
  const again = { status: "pending", attempts: 0, nextAttemptAt: now, giveUpAt: now + GIVE_UP_MS } as const;
  unit.put(
    deliveryKey(id),
    { ...row, ...again, notification: { ...notification, id } },
    { queue: "delivery", due: now },
  );
  await unit.load([deadKey(id)]);
  unit.delete(deadKey(id));
}

/**
 * What a delivery holds goes to its channel's fallback, once, as deliveries of their own, behind those of
 * the delivery before it. Returns the delivery as it is then; the same where there is no fallback, or
 * where it has gone there before.
 */
export async function withFallback(app: App, unit: Unit, delivery: DeliveryRow, now: number): Promise<DeliveryRow> {
  if (delivery.fellBackAt !== undefined) return delivery;
  await unit.load([channelKey(delivery.channel)]);
  if (fallbackOf(app, unit, delivery) === undefined) return delivery;
  if (delivery.previous !== null) await unit.load([deliveryKey(delivery.previous)]);
  const before = delivery.previous === null ? undefined : unit.value<DeliveryRow>(deliveryKey(delivery.previous));
  const last = await putFallback(app, unit, delivery, delivery.notification, before?.fallback, now);
  return { ...delivery, ...(last === undefined ? {} : { fallback: last }), fellBackAt: now };
}

/**
 * As withFallback, for the first delivery of a lane and those that wait behind it, which are put: as many as one commit
 * takes, and the row says in `behind` which are left. Returns the first one.
 */
export async function withFallbacks(app: App, unit: Unit, first: DeliveryRow, now: number): Promise<DeliveryRow> {
  const { behind: before, ...changed } = await withFallback(app, unit, first, now);
  // Those behind find it there.
  unit.put(deliveryKey(first.id), changed);
  const behind = [...(before ?? changed.next)];
  const most = Math.max(1, Math.floor(app.store.limits.items / ITEMS_BEHIND));
  for (let done = 0; behind.length > 0; done++) {
    if (done === most) return { ...changed, behind };
    const next = behind.shift()!;
    await unit.load([deliveryKey(next)]);
    const waiting = unit.value<DeliveryRow>(deliveryKey(next));
    if (waiting?.status !== "pending") continue;
    unit.put(deliveryKey(next), await withFallback(app, unit, waiting, now));
    behind.push(...waiting.next);
  }
  return changed;
}

/**
 * The channel's fallback; for Lookout's own alerts, where it has none, a way around it, unless they
 * took one as they opened.
 */
function fallbackOf(
  app: App,
  unit: Unit,
  { channel: name, notification, createdAt }: DeliveryRow,
): Channel | undefined {
  // The fallback has the incident where its service was not to be had; who takes care of it is no news there.
  if (notification.reason === "acknowledged") return undefined;
  const channel = app.channels.get(name);
  const own = app.channels.get(channel?.fallback ?? "");
  if (own !== undefined || channel === undefined || !isOwnHealth(notification)) return own;
  const failingSince = unit.value<ChannelRow>(channelKey(name))?.failingSince ?? null;
  const known = failingSince !== null && createdAt >= failingSince + channel.fallbackAfter;
  return known ? undefined : wayAround(app, name);
}

function isOwnHealth({ alerts }: Notification): boolean {
  return alerts.some(({ rule }) => rule === HEALTH_RULE);
}

/**
 * Puts a notification of the delivery's channel for its fallback, behind `last`. Returns the id of
 * the last delivery there.
 */
async function putFallback(
  app: App,
  unit: Unit,
  delivery: DeliveryRow,
  { id, group, ...notice }: Notification,
  last: string | undefined,
  now: number,
): Promise<string | undefined> {
  const fallback = fallbackOf(app, unit, delivery);
  if (fallback === undefined) return last;
  if (last !== undefined) await unit.load([deliveryKey(last)]);
  const nameOf = (part: number) => hashOf([id, "fallback", fallback.name, part]);
  const ids = await putInLane(app, unit, fallback, notificationsFor(fallback, group, notice), nameOf, { last, now });
  return ids.at(-1) ?? last;
}

/** Puts one marked test notification about `alert` for a channel. Returns the ids of its deliveries. */
export async function putTestNotification(
  app: App,
  unit: Unit,
  channel: Channel,
  alert: Alert,
  now: number,
): Promise<string[]> {
  const isOver = alert.status === "resolved";
  const notice: Notice = {
    reason: isOver ? "resolved" : "new",
    alerts: [{ ...alert, newCount: alert.count }],
    suppressed: NOTHING,
    test: true,
  };
  const nameOf = (part: number) => hashOf(["test", alert.id, channel.name, part, ...(isOver ? ["over"] : [])]);
  // The incident of a test is closed whatever the channel wants of others.
  return putInLane(app, unit, channel, notificationsFor({ ...channel, sendResolved: true }, {}, notice), nameOf, {
    last: undefined,
    now,
  });
}

/** Puts notifications behind `last`, or into one that waits there. Returns the ids of the deliveries that hold them. */
async function putInLane(
  app: App,
  unit: Unit,
  channel: Channel,
  notifications: readonly Notification[],
  nameOf: (part: number) => string,
  { last, now }: { last: string | undefined; now: number },
): Promise<string[]> {
  const ids: string[] = [];
  const before = last === undefined ? undefined : await laneEnd(unit, last);
  for (const [part, nameless] of notifications.entries()) {
    const notification = { ...nameless, id: nameOf(part) };
    const end = ids.at(-1) ?? before;
    const alone = notifications.length === 1;
    const folded = alone ? await foldIntoLast(app, unit, channel, notification, end, now) : undefined;
    ids.push(folded ?? (await putDelivery(app, unit, notification, end, now)));
  }
  return ids;
}

/** Puts a delivery into the queue, or behind `last` where that one is still on its way. Returns its id. */
async function putDelivery(
  app: App,
  unit: Unit,
  notification: Notification,
  last: string | undefined,
  now: number,
): Promise<string> {
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
    next: [],
    notification,
  };
  const key = deliveryKey(delivery.id);
  putSent(app, unit, delivery);
  if (!waits) {
    unit.create(key, delivery, { queue: "delivery", due: now });
    return delivery.id;
  }
  // What it waits for has been tried for too long already: so has it.
  unit.create(key, previous.fellBackAt === undefined ? delivery : await withFallback(app, unit, delivery, now));
  const due = unit.due(deliveryKey(previous.id));
  unit.put(
    deliveryKey(previous.id),
    { ...previous, next: [...previous.next, delivery.id] },
    { queue: "delivery", due },
  );
  return delivery.id;
}

/**
 * Where the end of the lane still waits behind another one and either has no news, both become one
 * (alerts/fold.ts). Returns its id, or undefined where they stay two.
 */
async function foldIntoLast(
  app: App,
  unit: Unit,
  channel: Channel,
  notification: Notification,
  last: string | undefined,
  now: number,
): Promise<string | undefined> {
  const end = last === undefined ? undefined : unit.value<DeliveryRow>(deliveryKey(last));
  if (end === undefined || channel.type.incident || end.status !== "pending") return undefined;
  const waits = unit.due(deliveryKey(end.id)) === undefined && end.attempts === 0 && end.claim === null;
  const both = waits ? fold(end.notification, notification) : undefined;
  const parts = both && partsOf(channel, both);
  if (both === undefined || parts?.length !== 1) return undefined;
  const alerts = parts[0]!;
  const folded: DeliveryRow = {
    ...end,
    giveUpAt: now + GIVE_UP_MS,
    alerts: alerts.map(({ id }) => id),
    notification: { ...both, alerts },
  };
  // It names more than when it was made.
  putSent(app, unit, { ...folded, createdAt: now });
  if (end.fellBackAt === undefined) unit.put(deliveryKey(end.id), folded);
  else {
    const fallback = await putFallback(app, unit, end, notification, end.fallback, now);
    unit.put(deliveryKey(end.id), fallback === undefined ? folded : { ...folded, fallback });
  }
  return end.id;
}
