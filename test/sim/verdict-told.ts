// What must hold of what channels were told: each delivery arrived as it was recorded, each alert was told in full, and nothing twice but
// under its own id.
import type { DeliveryRow } from "../../lib/app/rows.ts";
import type { Alert } from "../../lib/model/alert.ts";
import type { NotifiedAlert } from "../../lib/model/notification.ts";
import { differences, tally } from "./differences.ts";
import type { Stage, Told } from "./stage.ts";

/** Each delivery has arrived, as it was recorded, and again only where its sender died. */
function judgeDeliveries(
  stage: Stage,
  deliveries: readonly DeliveryRow[],
  alerts: readonly Alert[],
  strained: boolean,
): string[] {
  const wrong: string[] = [];
  const deaths = stage.procs.filter(({ dead }) => dead).length;
  const rows = new Map(deliveries.map((row) => [row.id, row]));
  for (const { id, status, error, channel } of deliveries) {
    if (status !== "delivered") wrong.push(`delivery ${id} to ${channel} is ${status}: ${error}`);
  }
  for (const [channel, own] of Map.groupBy(deliveries, (row) => row.channel)) {
    const arrived = stage.told.filter((one) => one.channel === channel).length;
    const attempts = own.reduce((sum, row) => sum + row.attempts, 0);
    if (arrived < own.length || arrived > attempts)
      wrong.push(`${arrived} requests for ${own.length} deliveries to ${channel}`);
    const refused = (stage.requests.get(channel) ?? 0) - arrived;
    // A channel is sent one delivery after another: a death leaves at most one in doubt.
    if (!strained && attempts > own.length + refused + deaths) {
      wrong.push(`${attempts} attempts, ${refused} of them refused, for ${own.length} deliveries to ${channel}`);
    }
  }
  const known = new Set(alerts.map(({ id }) => id));
  for (const [id, requests] of Map.groupBy(
    stage.told.filter((one) => one.id !== ""),
    (one) => one.id,
  )) {
    const row = rows.get(id);
    if (row === undefined) wrong.push(`delivery ${id} was sent but is not recorded`);
    else if (requests.length > row.attempts) wrong.push(`delivery ${id} arrived ${requests.length} times`);
    if (requests.some(({ text }) => text !== JSON.stringify(row?.notification)))
      wrong.push(`delivery ${id} was sent otherwise than recorded`);
  }
  for (const id of new Set(deliveries.flatMap((row) => row.alerts))) {
    if (!known.has(id)) wrong.push(`alert ${id} was told but is not recorded`);
  }
  return wrong;
}

/** An incident is opened and closed, or, where the alert came and went at once, neither. */
function judgeIncidents(told: readonly Told[], alerts: readonly Alert[], late: boolean): string[] {
  const wrong: string[] = [];
  const actions = told.filter(({ channel }) => channel === "pager").map(({ text }) => JSON.parse(text));
  for (const alert of alerts.filter(({ rule }) => rule === "broken" || rule === "deploy")) {
    const own = new Set(actions.filter((one) => one.dedup_key === alert.id).map((one) => one.event_action));
    const brief = (late || alert.resource?.id === "svc-2") && own.size === 0;
    if (!brief && own.size !== 2) wrong.push(`${alertLine(alert)}: the pager was told ${[...own].join() || "nothing"}`);
  }
  return wrong;
}

/** What a channel was told of each alert adds up to what the alert counted. */
function judgeCounts(channel: string, told: readonly NotifiedAlert[], alerts: readonly Alert[]): string[] {
  const byId = (alert: Alert) => alert.id;
  return differences(
    `count on ${channel}`,
    tally(alerts, byId, ({ count }) => count),
    tally(told, byId, ({ newCount }) => newCount),
  );
}

export function alertLine({ rule, key, count }: Alert): string {
  return `${rule} ${Object.values(key).join()} ×${count}`;
}
