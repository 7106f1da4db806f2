// Incidents that no group closes: those that a fallback opened, and those whose route has gone. Each has a row until
// its alert has ended and that was said to its channel (closing.ts).
import type { Alert } from "../../model/alert.ts";
import type { NotifiedAlert } from "../../model/notification.ts";
import { type StrayRow, strayKey } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";

/** Those of the alerts that are news to an incident channel: what ended there, or never began, is none. */
export async function openThere(
  unit: Unit,
  channel: string,
  alerts: readonly NotifiedAlert[],
): Promise<NotifiedAlert[]> {
  await unit.load(alerts.map(({ id }) => strayKey(channel, id)));
  return alerts.filter(({ id, status }) => status === "firing" || unit.value(strayKey(channel, id)) !== undefined);
}

/** Takes note of what an incident channel is told outside any group; the alerts' rows are loaded. */
export function noteStrays(unit: Unit, channel: string, alerts: readonly Pick<Alert, "id" | "status">[], last: string) {
  for (const { id, status } of alerts) {
    const key = strayKey(channel, id);
    if (status === "firing") unit.put(key, { channel, alert: id, last } satisfies StrayRow);
    else unit.delete(key);
  }
}
