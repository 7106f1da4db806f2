// What is left of a delivery that alerts were taken back of, and of their group where nobody was notified of them.
import { without } from "../../alerts/fold.ts";
import { bucketOf, type Group, groupPartition, HEAD, type Member } from "../../alerts/group.ts";
import { type DeliveryRow, deliveryKey } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";

/** Whether alerts of it were acknowledged while it was being sent. */
export function isTakenBack({ takenBack, revoked }: DeliveryRow): boolean {
  return takenBack !== undefined || revoked === true;
}

/** The delivery without the alerts; undefined where nothing is left to be said. */
export function withoutAlerts(row: DeliveryRow, ids: readonly string[]): DeliveryRow | undefined {
  const gone = new Set(ids);
  const notification = without(row.notification, gone);
  if (notification === undefined) return undefined;
  const left: DeliveryRow = { ...row, alerts: notification.alerts.map(({ id }) => id), notification };
  if (row.handedOver === undefined) return left;
  const there = row.notification.alerts.slice(0, row.handedOver);
  return { ...left, handedOver: there.filter(({ id }) => !gone.has(id)).length };
}

/** What is to be tried again of a delivery that alerts were taken back of; undefined: nothing. */
export function leftOf({ takenBack, revoked: _all, ...row }: DeliveryRow): DeliveryRow | undefined {
  return withoutAlerts(row, takenBack?.alerts ?? row.alerts);
}

/** The try was in vain: where no other one has notified anybody of the alerts, their groups are as before. */
export async function forgetTakenBack(unit: Unit, { takenBack }: DeliveryRow, now: number): Promise<void> {
  for (const { group, unheard, others } of takenBack?.groups ?? []) {
    const head = { pk: groupPartition(group), sk: HEAD };
    const keys = others.map(deliveryKey);
    await unit.load([head, ...keys]);
    const known = unit.value<Group>(head);
    // Of several that fail at once each would leave it to the others: the second one to say so finds the head changed.
    if (known !== undefined && unheard.length > 0) unit.put(head, known, { queue: "group", due: unit.due(head) });
    const named = new Set(keys.flatMap((key) => unit.value<DeliveryRow>(key)?.alerts ?? []));
    await forget(unit, group, new Set(unheard.filter((id) => !named.has(id))), now);
  }
}

/** The group notified nobody of these alerts: it decides anew. */
export async function forget(unit: Unit, group: string, alerts: ReadonlySet<string>, now: number): Promise<void> {
  const head = { pk: groupPartition(group), sk: HEAD };
  const keys = [...new Set([...alerts].map(bucketOf))].map((sk) => ({ pk: head.pk, sk }));
  if (keys.length === 0) return;
  await unit.load([head, ...keys]);
  const known = unit.value<Group>(head);
  if (known === undefined) return;
  unit.put(head, known, { queue: "group", due: Math.min(now, unit.due(head) ?? now) });
  for (const key of keys) {
    const members = unit.value<Member[]>(key);
    if (members === undefined) continue;
    unit.put(
      key,
      members.map((member): Member => (alerts.has(member.id) ? { ...member, notified: null, count: 0 } : member)),
    );
  }
}
