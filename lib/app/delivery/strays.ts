// Incidents that no group closes: those that a fallback opened, and those whose route has gone. Each has a row until
// its alert has ended and that was said to its channel (closing.ts).
import type { Notice } from "../../alerts/decide.ts";
import { isAcknowledged } from "../../alerts/taken.ts";
import type { Alert } from "../../model/alert.ts";
import { hashOf } from "../../model/hash.ts";
import type { NotifiedAlert, Told } from "../../model/notification.ts";
import { stateRow } from "../../rules/compile.ts";
import type { App, Channel } from "../deps.ts";
import { ruleOf } from "../groups/transitions.ts";
import { type StrayRow, strayKey } from "../persistence/delivery-rows.ts";
import type { RuleRow } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { notificationsFor } from "./notifications.ts";

/** Puts notifications for a fallback behind `last`, as putInLane does (deliveries.ts). */
export type Put = (
  notifications: readonly Told[],
  nameOf: (part: number) => string,
  last: string | undefined,
) => Promise<string[]>;

/**
 * Puts a notification, of whose alerts `from` were put before, for a fallback that has incidents: each alert behind the
 * last delivery about its own incident there, one that is new behind `last`. Returns the id of the last delivery.
 */
export async function putIncidents(
  app: App,
  unit: Unit,
  channel: Channel,
  { id, group, ...notice }: Told,
  { last, from, put }: { last: string | undefined; from: number; put: Put },
): Promise<string | undefined> {
  let end = last;
  for (const [at, alert] of (await openThere(unit, channel.name, notice.alerts)).entries()) {
    const open = unit.value<StrayRow>(strayKey(channel.name, alert.id));
    const name = [id, "fallback", channel.name, from + at];
    const own = notificationsFor(channel, group, { ...notice, alerts: [alert] });
    let [there] = await put(own, () => hashOf(name), open?.last ?? end);
    const taken = open === undefined ? await takenMeanwhile(app, unit, channel, alert) : undefined;
    if (taken !== undefined) {
      const news: Notice = { reason: "acknowledged", alerts: [taken], suppressed: notice.suppressed };
      [there] = await put(notificationsFor(channel, group, news), () => hashOf([...name, "acknowledged"]), there);
    }
    if (there === undefined) continue;
    noteStrays(unit, channel.name, [alert], there);
    end = there;
  }
  return end;
}

/** The alert as it is, where somebody has taken care of it since the notification was made; where that is said. */
async function takenMeanwhile(
  app: App,
  unit: Unit,
  { type }: Channel,
  { id, rule, key, status }: NotifiedAlert,
): Promise<NotifiedAlert | undefined> {
  const known = ruleOf(app, rule);
  if (!type.acknowledges || status !== "firing" || known === undefined) return undefined;
  const row = stateRow(known, key);
  await unit.load([row]);
  // It may be acknowledged at this very moment.
  unit.check(row);
  const alert = unit.value<RuleRow>(row)?.state.alert;
  if (!alert || alert.id !== id || !isAcknowledged(alert)) return undefined;
  return { ...alert, newCount: 0, reason: "acknowledged" };
}

/** Those of the alerts that are news to an incident channel: what ended there, or never began, is none. */
async function openThere(unit: Unit, channel: string, alerts: readonly NotifiedAlert[]): Promise<NotifiedAlert[]> {
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
