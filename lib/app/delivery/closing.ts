// Incidents that no group knows are closed here once their alerts have ended, and acknowledged as their alerts are.
import type { Notice } from "../../alerts/decide.ts";
import type { Alert } from "../../model/alert.ts";
import { hashOf } from "../../model/hash.ts";
import type { NotifyReason } from "../../model/notification.ts";
import type { Key, Row } from "../../store/port.ts";
import type { App, Channel } from "../deps.ts";
import { type DeliveryRow, deliveryKey, STRAYS, type StrayRow } from "../persistence/delivery-rows.ts";
import { inPieces } from "../persistence/in-pieces.ts";
import { type EndedRow, endedKey } from "../persistence/rows.ts";
import { isFatal } from "../persistence/superseded.ts";
import type { Unit } from "../persistence/unit.ts";
import { putInLane } from "./deliveries.ts";
import { NOTHING, notificationsFor } from "./notifications.ts";

/**
 * Closes the incidents that no group closes and whose alerts have ended: each behind what its channel was last told of
 * it. Where the channel is not in the configuration any more nobody can.
 */
export async function closeStrays(app: App): Promise<void> {
  for await (const rows of inPieces<StrayRow>(app.store, STRAYS)) await closeOver(app, rows);
}

/** Where they do not fit into one commit, or fail together, each half is tried by itself. Throws StoreError. */
async function closeOver(app: App, rows: readonly Row<StrayRow>[]): Promise<void> {
  try {
    const isDone = await app.transact(async (unit, abandon) => {
      await unit.load([...rows, ...rows.map(({ data }) => endedKey(data.alert))]);
      for (const row of rows) await closeOne(app, unit, row);
      if (rows.length > 1 && !unit.fits()) return abandon();
      return true;
    });
    if (isDone) return;
  } catch (error) {
    if (isFatal(error)) throw error;
    const [{ data }] = rows as [Row<StrayRow>];
    if (rows.length === 1) app.log.error("incident not closed", { ...data, error: (error as Error).message });
  }
  if (rows.length === 1) return;
  const half = rows.length >> 1;
  await closeOver(app, rows.slice(0, half));
  await closeOver(app, rows.slice(half));
}

/** The alert's incidents that no group knows, by their rows, each with the last delivery about it, if that is there. */
export type Strays = ReadonlyMap<Key, DeliveryRow | undefined>;

/** Loads them. */
export async function straysOf({ store }: Pick<App, "store">, unit: Unit, { id }: Pick<Alert, "id">): Promise<Strays> {
  const listed = await store.list<StrayRow>(STRAYS, { prefix: `${id}/` });
  await unit.load([...listed, ...listed.map(({ data }) => deliveryKey(data.last))]);
  return new Map(listed.map(({ pk, sk, data }) => [{ pk, sk }, unit.value<DeliveryRow>(deliveryKey(data.last))]));
}

/** They are acknowledged where their service has a word for it, but for what was taken back before it opened one. */
export async function acknowledgeStrays(app: App, unit: Unit, alert: Alert, strays: Strays): Promise<void> {
  for (const [key, before] of strays) {
    const row = unit.value<StrayRow>(key);
    const channel = app.channels.get(row?.channel ?? "");
    if (row === undefined || !channel?.type.acknowledges) continue;
    const isGone = before !== undefined && unit.value(deliveryKey(row.last)) === undefined;
    const behind = isGone ? before.previous : row.last;
    if (behind === null) {
      unit.delete(key);
      continue;
    }
    const last = await putOutside(app, unit, channel, { alert, reason: "acknowledged", last: behind });
    unit.put(key, { ...row, last });
  }
}

async function closeOne(app: App, unit: Unit, { pk, sk }: Row<StrayRow>): Promise<void> {
  const row = unit.value<StrayRow>({ pk, sk });
  const ended = row && unit.value<EndedRow>(endedKey(row.alert));
  if (ended === undefined) return;
  // It may open again at this very moment.
  unit.check(endedKey(row!.alert));
  unit.delete({ pk, sk });
  const channel = app.channels.get(row!.channel);
  const { last } = row!;
  if (channel?.type.incident) await putOutside(app, unit, channel, { alert: ended.alert, reason: "resolved", last });
}

/** Puts what is said of an alert's incident behind `last`. Returns the id of the last delivery there. */
async function putOutside(
  app: App,
  unit: Unit,
  channel: Channel,
  { alert, reason, last }: { alert: Alert; reason: NotifyReason; last: string },
): Promise<string> {
  const notice: Notice = { reason, alerts: [{ ...alert, newCount: 0, reason }], suppressed: NOTHING };
  const nameOf = (part: number) => hashOf([reason, alert.id, alert.endsAt, channel.name, last, part]);
  const notifications = notificationsFor(channel, { alert: alert.id }, notice);
  return (await putInLane(app, unit, channel, notifications, nameOf, { last, now: app.clock.now() })).at(-1) ?? last;
}
