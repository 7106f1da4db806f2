// Incidents that no group closes are closed here, once their alerts have ended.
import type { Notice } from "../../alerts/decide.ts";
import type { Alert } from "../../model/alert.ts";
import { hashOf } from "../../model/hash.ts";
import type { Row } from "../../store/port.ts";
import type { App, Channel } from "../deps.ts";
import { STRAYS, type StrayRow } from "../persistence/delivery-rows.ts";
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

async function closeOne(app: App, unit: Unit, { pk, sk }: Row<StrayRow>): Promise<void> {
  const row = unit.value<StrayRow>({ pk, sk });
  const ended = row && unit.value<EndedRow>(endedKey(row.alert));
  if (ended === undefined) return;
  // It may open again at this very moment.
  unit.check(endedKey(row!.alert));
  unit.delete({ pk, sk });
  const channel = app.channels.get(row!.channel);
  if (channel?.type.incident) await putClosing(app, unit, channel, ended.alert, row!.last);
}

/** Puts what closes an alert's incident behind `last`. */
async function putClosing(app: App, unit: Unit, channel: Channel, alert: Alert, last: string): Promise<void> {
  const notice: Notice = { reason: "resolved", alerts: [{ ...alert, newCount: 0 }], suppressed: NOTHING };
  const nameOf = (part: number) => hashOf(["closing", alert.id, alert.endsAt, channel.name, last, part]);
  const notifications = notificationsFor(channel, { alert: alert.id }, notice);
  await putInLane(app, unit, channel, notifications, nameOf, { last, now: app.clock.now() });
}
