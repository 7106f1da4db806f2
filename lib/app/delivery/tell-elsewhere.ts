// Who was told of an alert by a fallback, and is told of its end as its own channel is.
import type { Notice } from "../../alerts/decide.ts";
import { hashOf } from "../../model/hash.ts";
import type { App } from "../deps.ts";
import type { DeliveryRow, Elsewhere } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { putInLane } from "./deliveries.ts";
import { endedThere, knowing, withoutEnded } from "./elsewhere.ts";
import { NOTHING, notificationsFor } from "./notifications.ts";

/**
 * The channel has the delivery. Of what ends with it those fallbacks hear as well that were told that it fires, but for
 * those that hear of it by a route of their own. Returns the delivery as it is then.
 */
export async function tellElsewhere(app: App, unit: Unit, row: DeliveryRow, now: number): Promise<DeliveryRow> {
  const { id, elsewhere, notification } = row;
  if (elsewhere === undefined) return row;
  let left: Elsewhere = elsewhere;
  for (const [name, there] of Object.entries(elsewhere)) {
    const channel = app.channels.get(name);
    const ended = endedThere(there, notification.alerts);
    if (channel === undefined || ended.length === 0) continue;
    left = withoutEnded(left, name, ended);
    const alerts = ended.filter((alert) => !app.router.routes(alert).some(({ channels }) => channels.includes(name)));
    if (alerts.length === 0) continue;
    const notice: Notice = { reason: "resolved", alerts, suppressed: NOTHING };
    const nameOf = (part: number) => hashOf([id, "end", name, there.last, part]);
    const { last } = there;
    await putInLane(app, unit, channel, notificationsFor(channel, notification.group, notice), nameOf, { last, now });
  }
  return knowing(row, left);
}
