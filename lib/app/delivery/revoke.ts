// What an acknowledgement takes back: escalations that have not left yet.
import { bucketOf, type Group, groupPartition, HEAD, type Member } from "../../alerts/group.ts";
import type { App } from "../deps.ts";
import { channelsOf } from "../groups/assignments.ts";
import { type DeliveryRow, deliveryKey } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { isClaimed, removeDelivery } from "./outcomes.ts";

/**
 * Takes back the escalations in the groups that are about acknowledged alerts alone. One that is being sent at this
 * moment is not tried again. Where no channel of a group has had it, the group's alerts are as before.
 */
export async function revokeEscalations(
  app: App,
  unit: Unit,
  groups: readonly string[],
  isAcknowledged: (alertId: string) => boolean,
): Promise<void> {
  for (const id of groups) {
    const key = { pk: groupPartition(id), sk: HEAD };
    await unit.load([key]);
    const group = unit.value<Group>(key);
    const route = group && app.router.byId(group.route);
    if (group === undefined || route?.escalation !== true) continue;
    const rows = await waitingIn(unit, Object.values(group.newest));
    const revoked = rows.filter(({ notification, alerts }) => {
      return notification.reason === "escalation" && alerts.every(isAcknowledged);
    });
    const taken = revoked.filter((row) => !isClaimed(app, row));
    for (const row of revoked) {
      if (!isClaimed(app, row)) await removeDelivery(unit, row.id, app.clock.now());
      else
        unit.put(
          deliveryKey(row.id),
          { ...row, revoked: true },
          { queue: "delivery", due: unit.due(deliveryKey(row.id)) },
        );
    }
    const unheard = channelsOf(app, route, group.incident).every((name) => {
      return taken.some(({ channel }) => channel === name);
    });
    if (unheard) await forget(unit, group, new Set(taken.flatMap(({ alerts }) => alerts)));
  }
}

/** The deliveries that are still on their way from these on, and to the fallbacks of their channels. */
async function waitingIn(unit: Unit, ends: readonly string[]): Promise<DeliveryRow[]> {
  const found = new Map<string, DeliveryRow>();
  for (const left = [...ends]; left.length > 0; ) {
    const id = left.pop()!;
    await unit.load([deliveryKey(id)]);
    const row = unit.value<DeliveryRow>(deliveryKey(id));
    if (row === undefined || found.has(id)) continue;
    if (row.fallback !== undefined) left.push(row.fallback);
    if (row.status !== "pending") continue;
    found.set(id, row);
    if (row.previous !== null) left.push(row.previous);
  }
  return [...found.values()];
}

/** This group notified nobody of them. */
async function forget(unit: Unit, { id }: Group, alerts: ReadonlySet<string>): Promise<void> {
  const keys = [...new Set([...alerts].map(bucketOf))].map((sk) => ({ pk: groupPartition(id), sk }));
  await unit.load(keys);
  for (const key of keys) {
    const members = unit.value<Member[]>(key);
    if (members === undefined) continue;
    unit.put(
      key,
      members.map((member): Member => (alerts.has(member.id) ? { ...member, notified: null, count: 0 } : member)),
    );
  }
}
