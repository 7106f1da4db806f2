// What an acknowledgement takes back: escalations that have not left yet.
import { escalatedIn } from "../../alerts/fold.ts";
import { type Group, groupPartition, HEAD } from "../../alerts/group.ts";
import type { NotifyReason } from "../../model/notification.ts";
import type { App } from "../deps.ts";
import { channelsOf } from "../groups/assignments.ts";
import { forget, isTakenBack, withoutAlerts } from "../groups/taken-back.ts";
import { type DeliveryRow, deliveryKey } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { laneEnd } from "./lane-end.ts";
import { isClaimed, removeDelivery, takeBack } from "./outcomes.ts";

type IsAcknowledged = (alertId: string) => boolean;

/**
 * Takes the acknowledged alerts out of the groups' escalations, and back what is about such alerts alone. One that is
 * being sent at this moment is not tried again with them. An alert that nobody of a group has been notified of is there
 * as before.
 */
export async function revokeEscalations(
  app: App,
  unit: Unit,
  groups: readonly string[],
  isAcknowledged: IsAcknowledged,
): Promise<void> {
  for (const id of groups) {
    const key = { pk: groupPartition(id), sk: HEAD };
    await unit.load([key]);
    const group = unit.value<Group>(key);
    const route = group && app.router.byId(group.route);
    // The file may have the step's route no more, and the group is not moved yet.
    if (group === undefined || !(route ? route.escalation : group.step)) continue;
    const waiting = await waitingIn(unit, Object.values(group.newest));
    const channels = route ? channelsOf(app, route, group.incident) : Object.keys(group.newest);
    await revokeIn(app, unit, { group, channels, waiting, isAcknowledged });
  }
}

/** A group that escalates, with its deliveries that are still on their way. */
interface Revoking {
  group: Group;
  channels: readonly string[];
  waiting: readonly DeliveryRow[];
  isAcknowledged: IsAcknowledged;
}

async function revokeIn(app: App, unit: Unit, revoking: Revoking): Promise<void> {
  const { group, waiting, isAcknowledged } = revoking;
  const now = app.clock.now();
  const escalated = new Set(waiting.flatMap(({ notification }) => escalatedIn(notification).filter(isAcknowledged)));
  const unheard = [...escalated].filter((alert) => isUnheard(unit, revoking, alert));
  const flying = waiting.filter((row) => isClaimed(app, row));
  const underWay = new Set(flying.flatMap(({ alerts }) => alerts));
  const forgotten = new Set(unheard.filter((alert) => !underWay.has(alert)));
  for (const { id } of waiting) {
    const key = deliveryKey(id);
    // Those before it have changed whom it waits for.
    const row = unit.value<DeliveryRow>(key)!;
    const alerts = takenOf(row, escalated, isAcknowledged);
    if (alerts.length === 0) continue;
    const others = flying.flatMap((other) => (other.id === id ? [] : other.id));
    const takenBack = { alerts, group: group.id, unheard: unheard.filter((alert) => alerts.includes(alert)), others };
    const left = isClaimed(app, row) ? { ...row, takenBack } : withoutAlerts(row, alerts);
    if (left === undefined) await removeDelivery(unit, id, now);
    else unit.put(key, left, { queue: "delivery", due: unit.due(key) });
  }
  await forget(unit, group.id, forgotten, now);
}

/** Whether all that was to notify somebody of the alert, channels and fallbacks, is still on its way. */
function isUnheard(unit: Unit, { channels, waiting }: Revoking, alert: string): boolean {
  const rows = waiting.filter(({ notification }) => escalatedIn(notification).includes(alert));
  const went = rows.flatMap(({ fallback }) => (fallback === undefined ? [] : [deliveryKey(fallback)]));
  const places = [...channels, ...went.map((key) => unit.value<DeliveryRow>(key)?.channel)];
  return places.every((name) => rows.some(({ channel }) => channel === name));
}

const TAKEN: ReadonlySet<NotifyReason> = new Set<NotifyReason>(["escalation", "update", "repeat"]);

/** The alerts that are taken back of the delivery: all of them where nothing else would be left to be said. */
function takenOf(
  { notification: { alerts, reason: whole } }: DeliveryRow,
  escalated: ReadonlySet<string>,
  isAcknowledged: IsAcknowledged,
): string[] {
  // What others are notified of first, and any end, is not to be lost.
  const takeable = alerts.filter(({ reason = whole }) => TAKEN.has(reason));
  const taken = takeable.filter(({ id }) => escalated.has(id));
  if (taken.length === 0 && whole !== "escalation") return [];
  const isAll = takeable.length === alerts.length && alerts.every(({ id }) => isAcknowledged(id));
  return (isAll ? alerts : taken).map(({ id }) => id);
}

/** The deliveries that are still on their way from these on, and to the fallbacks of their channels. */
async function waitingIn(unit: Unit, ends: readonly string[]): Promise<DeliveryRow[]> {
  const found = new Map<string, DeliveryRow>();
  for (const left = [...ends]; left.length > 0; ) {
    const id = await laneEnd(unit, left.pop()!);
    const row = unit.value<DeliveryRow>(deliveryKey(id));
    if (row === undefined || found.has(id)) continue;
    if (row.fallback !== undefined) left.push(row.fallback);
    if (row.status !== "pending") continue;
    found.set(id, row);
    if (row.previous !== null) left.push(row.previous);
  }
  return [...found.values()];
}

/** What was acknowledged while it was being sent is not tried again. Returns whether nothing is left of it. */
export async function dropTakenBack(app: App, unit: Unit, id: string): Promise<boolean> {
  const key = deliveryKey(id);
  const row = unit.value<DeliveryRow>(key);
  if (row?.status !== "pending" || !isTakenBack(row) || isClaimed(app, row)) return false;
  const left = await takeBack(app, unit, row);
  if (left !== undefined) unit.put(key, left, { queue: "delivery", due: unit.due(key) });
  return left === undefined;
}
