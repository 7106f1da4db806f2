// Deliveries come into being: a notice becomes notifications of the size and kind each channel
// takes, each a row of its own.
import type { Notice } from "../../alerts/decide.ts";
import { fold } from "../../alerts/fold.ts";
import type { Group } from "../../alerts/group.ts";
import type { RouteConfig } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import { lookup } from "../../model/lookup.ts";
import type { Told } from "../../model/notification.ts";
import type { App, Channel } from "../deps.ts";
import { putSent } from "../persistence/by-time.ts";
import { channelKey, type DeliveryRow, deliveryKey, type Elsewhere } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { fallbackOf } from "./delivery-due.ts";
import { bothOf, hearsEnds, knowing, toldThere } from "./elsewhere.ts";
import { elsewhereBefore, GIVE_UP_MS, isResent, laneEnd, laneStart } from "./lane-end.ts";
import { notificationsFor, partsOf } from "./notifications.ts";
import { type Put, putIncidents } from "./strays.ts";

/** What one may write as it goes to the fallback, or one of its alerts, with room for what else is in the commit. */
const ITEMS_OF_ONE = 12;

/** How many may still go to a fallback in a commit: deliveries, and of an incident channel's their alerts. */
interface Room {
  left: number;
}

function roomIn({ store }: App): Room {
  return { left: Math.max(1, Math.floor(store.limits.items / ITEMS_OF_ONE)) };
}

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
  for (const name of [...route.channels, ...leftChannels(app, group, route, notice)]) {
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

/** Channels that the route had when the incident was opened: it is closed there as well. */
function leftChannels({ channels }: App, group: Group, route: RouteConfig, { alerts }: Notice): string[] {
  if (!group.incident || alerts.some(({ status }) => status === "firing")) return [];
  return Object.keys(group.newest).filter((name) => {
    return !route.channels.includes(name) && channels.get(name)?.type.incident === true;
  });
}

/**
 * What a delivery holds goes to its channel's fallback, once, as deliveries of their own, behind those of the delivery
 * before it. Returns the delivery as it is then; the same of a test, where there is no fallback, or where it has gone
 * there before. With `handedOver` there are more alerts than there is room for: the rest goes there with the next call.
 */
export async function withFallback(
  app: App,
  unit: Unit,
  delivery: DeliveryRow,
  now: number,
  room = roomIn(app),
): Promise<DeliveryRow> {
  // A test of one channel says nothing to those behind another.
  if (delivery.fellBackAt !== undefined || delivery.notification.test) return delivery;
  await unit.load([channelKey(delivery.channel)]);
  const fallback = fallbackOf(app, unit, delivery);
  if (fallback === undefined && delivery.notification.reason !== "acknowledged") return delivery;
  if (delivery.previous !== null) await unit.load([deliveryKey(delivery.previous)]);
  const before = delivery.previous === null ? undefined : unit.value<DeliveryRow>(deliveryKey(delivery.previous));
  const known = before?.status === "pending" ? bothOf(before.elsewhere, delivery.elsewhere) : delivery.elsewhere;
  if (fallback === undefined) {
    // What comes behind it goes there all the same.
    if (before?.status !== "pending" || before.fellBackAt === undefined) return delivery;
    const { fallback: there } = before;
    return knowing({ ...delivery, fellBackAt: now, ...(there === undefined ? {} : { fallback: there }) }, known);
  }
  const { handedOver: from = 0, ...rest } = delivery;
  const { alerts } = delivery.notification;
  const to = fallback.type.incident ? Math.min(alerts.length, from + Math.max(1, room.left)) : alerts.length;
  room.left -= fallback.type.incident ? to - from : 1;
  const some = { ...delivery.notification, alerts: alerts.slice(from, to) };
  const end = from === 0 ? before?.fallback : delivery.fallback;
  const last = await putFallback(app, unit, fallback, some, { last: end, from, now });
  const moved = { ...rest, ...(last === undefined ? {} : { fallback: last }) };
  if (to < alerts.length) return { ...moved, handedOver: to };
  const isTold = hearsEnds(app.channels.get(delivery.channel), fallback);
  const told = isTold ? toldThere(known, fallback.name, alerts, last) : known;
  return knowing({ ...moved, fellBackAt: now }, told);
}

/**
 * As withFallback, for the first delivery of a lane and those that wait behind it, which are put: as many as one commit
 * takes, and the row says in `behind` which are left. Returns the first one.
 */
export async function withFallbacks(app: App, unit: Unit, first: DeliveryRow, now: number): Promise<DeliveryRow> {
  const room = roomIn(app);
  const { behind: before, ...changed } = await withFallback(app, unit, first, now, room);
  // Those behind find it there.
  unit.put(deliveryKey(first.id), changed);
  const behind = [...(before ?? changed.next)];
  if (changed.handedOver !== undefined) return before ? { ...changed, behind } : changed;
  while (behind.length > 0) {
    if (room.left <= 0) return { ...changed, behind };
    const next = behind[0]!;
    await unit.load([deliveryKey(next)]);
    const waiting = unit.value<DeliveryRow>(deliveryKey(next));
    if (waiting?.status === "pending") {
      const gone = await withFallback(app, unit, waiting, now, room);
      if (gone === waiting) room.left--;
      unit.put(deliveryKey(next), gone);
      if (gone.handedOver !== undefined) return { ...changed, behind };
      behind.push(...waiting.next);
    }
    behind.shift();
  }
  return changed;
}

/**
 * Puts a notification, of whose alerts `from` were put before, for a channel's fallback behind `last`. Returns the id
 * of the last delivery there.
 */
async function putFallback(
  app: App,
  unit: Unit,
  fallback: Channel,
  told: Told,
  { last, from, now }: { last: string | undefined; from: number; now: number },
): Promise<string | undefined> {
  if (fallback.type.incident) {
    const put: Put = (notifications, nameOf, last) => {
      return putInLane(app, unit, fallback, notifications, nameOf, { last, now });
    };
    return putIncidents(app, unit, fallback, told, { last, from, put });
  }
  const { id, group, ...notice } = told;
  const nameOf = (part: number) => hashOf([id, "fallback", fallback.name, from + part]);
  const notifications = notificationsFor(fallback, group, notice);
  return (await putInLane(app, unit, fallback, notifications, nameOf, { last, now })).at(-1) ?? last;
}

/** Puts notifications behind `last`, or into one that waits there. Returns the ids of the deliveries that hold them. */
export async function putInLane(
  app: App,
  unit: Unit,
  channel: Channel,
  notifications: readonly Told[],
  nameOf: (part: number) => string,
  { last, now }: { last: string | undefined; now: number },
): Promise<string[]> {
  const ids: string[] = [];
  const before = last === undefined ? undefined : await laneEnd(unit, last);
  let known = last === undefined ? undefined : await elsewhereBefore(unit, last);
  for (const [part, nameless] of notifications.entries()) {
    const notification = { ...nameless, id: nameOf(part) };
    const end = ids.at(-1) ?? before;
    const alone = notifications.length === 1;
    const folded = alone ? await foldIntoLast(app, unit, channel, notification, end, now) : undefined;
    if (folded !== undefined) keepKnown(unit, folded, known);
    ids.push(folded ?? (await putDelivery(app, unit, notification, { last: end, known, now })));
    known = undefined;
  }
  return ids;
}

function keepKnown(unit: Unit, id: string, known: Elsewhere | undefined): void {
  const key = deliveryKey(id);
  const row = unit.value<DeliveryRow>(key);
  if (row && known) unit.put(key, knowing(row, bothOf(known, row.elsewhere)));
}

/** Puts a delivery into the queue, or behind `last` where that one is still on its way. Returns its id. */
async function putDelivery(
  app: App,
  unit: Unit,
  notification: Told,
  { last, known, now }: { last: string | undefined; known: Elsewhere | undefined; now: number },
): Promise<string> {
  const previous = last === undefined ? undefined : unit.value<DeliveryRow>(deliveryKey(last));
  const waits = previous?.status === "pending";
  const made: DeliveryRow = {
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
  const delivery = knowing(made, known);
  const key = deliveryKey(delivery.id);
  putSent(app, unit, delivery);
  if (!waits) {
    unit.create(key, delivery, { queue: "delivery", due: now });
    return delivery.id;
  }
  // What it waits for has been tried for too long already: so has it.
  const own = previous.fellBackAt === undefined ? delivery : await withFallback(app, unit, delivery, now);
  unit.create(key, own);
  const due = unit.due(deliveryKey(previous.id));
  unit.put(
    deliveryKey(previous.id),
    { ...previous, next: [...previous.next, delivery.id] },
    { queue: "delivery", due },
  );
  if (own.handedOver !== undefined) await goOnLater(unit, own, now);
  return delivery.id;
}

/** What did not fit goes to the fallback with the first delivery of the lane, which is looked at at once. */
async function goOnLater(unit: Unit, { id, previous }: DeliveryRow, now: number): Promise<void> {
  const first = await laneStart(unit, previous!);
  const key = deliveryKey(first.id);
  unit.put(key, { ...first, behind: [...(first.behind ?? []), id] }, { queue: "delivery", due: now });
}

/**
 * Where the end of the lane still waits behind another one and either has no news, both become one
 * (alerts/fold.ts). Returns its id, or undefined where they stay two.
 */
async function foldIntoLast(
  app: App,
  unit: Unit,
  channel: Channel,
  notification: Told,
  last: string | undefined,
  now: number,
): Promise<string | undefined> {
  const end = last === undefined ? undefined : unit.value<DeliveryRow>(deliveryKey(last));
  if (end === undefined || channel.type.incident || end.status !== "pending") return undefined;
  const waits = unit.due(deliveryKey(end.id)) === undefined && end.attempts === 0 && end.claim === null;
  const both = waits ? fold(end.notification, notification) : undefined;
  const parts = both && partsOf(channel, both);
  if (both === undefined || parts?.length !== 1) return undefined;
  const fallback = end.fellBackAt === undefined ? undefined : fallbackOf(app, unit, end);
  if (fallback?.type.incident && notification.alerts.length > roomIn(app).left) return undefined;
  const alerts = parts[0]!;
  const folded: DeliveryRow = {
    ...end,
    giveUpAt: now + GIVE_UP_MS,
    alerts: alerts.map(({ id }) => id),
    notification: { ...both, alerts },
  };
  // It names more than when it was made.
  putSent(app, unit, { ...folded, createdAt: now });
  const there =
    fallback && (await putFallback(app, unit, fallback, notification, { last: end.fallback, from: 0, now }));
  const gone = there === undefined ? folded : { ...folded, fallback: there };
  const isTold = fallback !== undefined && hearsEnds(channel, fallback);
  const told = isTold ? toldThere(end.elsewhere, fallback.name, notification.alerts, there) : end.elsewhere;
  unit.put(deliveryKey(end.id), knowing(gone, told));
  return end.id;
}
