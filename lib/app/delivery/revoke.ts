// What an acknowledgement takes back: escalations that have not left yet.
import { escalatedIn } from "../../alerts/fold.ts";
import { type Group, groupPartition, HEAD } from "../../alerts/group.ts";
import type { NotifyReason } from "../../model/notification.ts";
import type { App } from "../deps.ts";
import { channelsOf } from "../groups/assignments.ts";
import { forget, isTakenBack, withoutAlerts } from "../groups/taken-back.ts";
import { type DeliveryRow, deliveryKey, type TakenBack } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { laneEnd } from "./lane-end.ts";
import { removeDelivery, takeBack } from "./next-in-lane.ts";
import { isClaimed } from "./outcomes.ts";

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
  const parts: Part[] = [];
  // What nobody was notified of is known before anything is taken: groups may share a message.
  for (const id of groups) {
    const key = { pk: groupPartition(id), sk: HEAD };
    await unit.load([key]);
    const group = unit.value<Group>(key);
    const route = group && app.router.byId(group.route);
    // The file may have the step's route no more, and the group is not moved yet.
    if (group === undefined || !(route ? route.escalation : group.step)) continue;
    const waiting = await waitingIn(unit, Object.values(group.newest));
    const channels = route ? channelsOf(app, route, group.incident) : Object.keys(group.newest);
    parts.push(partOf(app, unit, { group: group.id, channels, waiting, isAcknowledged }));
  }
  const rows = new Map(parts.flatMap(({ waiting }) => waiting.map((row) => [row.id, row])));
  for (const id of rows.keys()) await takeOut(app, unit, id, parts, isAcknowledged);
  for (const { group, forgotten } of parts) await forget(unit, group, forgotten, app.clock.now());
}

/** A group that escalates, with its deliveries that are still on their way. */
interface Revoking {
  /** Its id. */
  group: string;
  channels: readonly string[];
  waiting: readonly DeliveryRow[];
  isAcknowledged: IsAcknowledged;
}

/** What an acknowledgement is to a group. */
interface Part extends Pick<Revoking, "group" | "waiting"> {
  /** The alerts that are taken back. */
  escalated: ReadonlySet<string>;
  /** Those of them that nobody has been notified of; and without those that are being sent at this moment. */
  unheard: readonly string[];
  forgotten: ReadonlySet<string>;
  /** Its deliveries that are being sent. */
  flying: readonly string[];
}

function partOf(app: App, unit: Unit, revoking: Revoking): Part {
  const { group, waiting, isAcknowledged } = revoking;
  const escalated = new Set(waiting.flatMap(({ notification }) => escalatedIn(notification).filter(isAcknowledged)));
  const unheard = [...escalated].filter((alert) => isUnheard(unit, revoking, alert));
  const flying = waiting.filter((row) => isClaimed(app, row));
  const underWay = new Set(flying.flatMap(({ alerts }) => alerts));
  const forgotten = new Set(unheard.filter((alert) => !underWay.has(alert)));
  return { group, waiting, escalated, unheard, forgotten, flying: flying.map(({ id }) => id) };
}

/** Takes the alerts out of a delivery, for all of the groups that it is of. */
async function takeOut(
  app: App,
  unit: Unit,
  id: string,
  parts: readonly Part[],
  isAcknowledged: IsAcknowledged,
): Promise<void> {
  const key = deliveryKey(id);
  // Those before it have changed whom it waits for.
  const row = unit.value<DeliveryRow>(key)!;
  const own = parts.filter(({ waiting }) => waiting.some((one) => one.id === id));
  const escalated = new Set(own.flatMap((part) => [...part.escalated]));
  const alerts = takenOf(row, escalated, isAcknowledged);
  if (alerts.length === 0) return;
  const left = isClaimed(app, row) ? { ...row, takenBack: takenBackOf(row, alerts, own) } : withoutAlerts(row, alerts);
  if (left === undefined) await removeDelivery(unit, id, app.clock.now());
  else unit.put(key, left, { queue: "delivery", due: unit.due(key) });
}

/** With what was taken back of it before, for other groups. */
function takenBackOf(
  { id, takenBack: before }: DeliveryRow,
  alerts: readonly string[],
  own: readonly Part[],
): TakenBack {
  const earlier = before?.groups ?? [];
  const groups = own.map(({ group, unheard, flying }) => {
    const known = earlier.find((one) => one.group === group)?.unheard ?? [];
    return {
      group,
      unheard: [...new Set([...known, ...unheard.filter((one) => alerts.includes(one))])],
      others: flying.filter((one) => one !== id),
    };
  });
  const others = earlier.filter(({ group }) => !groups.some((one) => one.group === group));
  return { alerts: [...new Set([...(before?.alerts ?? []), ...alerts])], groups: [...others, ...groups] };
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
