// What must hold of what channels got: each delivery arrived as it was recorded, each alert was notified in full, and
// nothing twice but under its own id.
import type { DeliveryRow } from "../../lib/app/persistence/delivery-rows.ts";
import type { Alert } from "../../lib/model/alert.ts";
import { differences, tally } from "./differences.ts";
import type { Notified, Stage } from "./stage.ts";

/** The channels that get the rules with state in messages; `pager` has incidents. */
const MESSAGES: Record<string, string[]> = {
  audit: ["each"],
  ops: ["burst", "pool"],
  kinds: ["silent", "unserved", "flap", "unknown", "changed", "various", "surge", "unheard"],
  chat: ["broken", "deploy"],
};

/** What is wrong with what was notified, in a sentence each; `strained` as in judge. */
export function judgeNotified(
  stage: Stage,
  deliveries: readonly DeliveryRow[],
  alerts: readonly Alert[],
  { strained }: { strained: boolean },
): string[] {
  return [
    ...judgeMessages(deliveries, alerts, strained),
    ...judgeDeliveries(stage, deliveries, strained),
    ...judgeRequests(stage.notified, deliveries, alerts),
    ...judgeIncidents(stage.notified, deliveries, alerts),
  ];
}

/**
 * What a channel got of each alert adds up to what the alert counted; its end was notified once. Where processes hung,
 * a match may have been found after that: it is counted, and not notified again.
 */
function judgeMessages(deliveries: readonly DeliveryRow[], alerts: readonly Alert[], strained: boolean): string[] {
  const byId = ({ id }: Alert) => id;
  const ended = ({ status }: Alert) => status === "resolved";
  return Object.entries(MESSAGES).flatMap(([channel, rules]) => {
    const notified = deliveries.filter((row) => row.channel === channel).flatMap((row) => row.notification.alerts);
    const due = alerts.filter(({ rule }) => rules.includes(rule));
    const counted = tally(notified, byId, ({ newCount }) => newCount);
    const counts = tally(due, byId, (alert) => {
      const known = counted.get(alert.id) ?? 0;
      return strained && ended(alert) && known > 0 ? Math.min(known, alert.count) : alert.count;
    });
    const ends = tally(due.filter(ended), byId);
    return [
      ...differences(`count on ${channel}`, counts, counted),
      ...differences(`end on ${channel}`, ends, tally(notified.filter(ended), byId)),
    ];
  });
}

/** Each delivery has arrived, and again only where its sender died. */
function judgeDeliveries(stage: Stage, deliveries: readonly DeliveryRow[], strained: boolean): string[] {
  const wrong: string[] = [];
  const deaths = stage.procs.filter(({ dead }) => dead).length;
  for (const { id, status, error, channel } of deliveries) {
    if (status !== "delivered") wrong.push(`delivery ${id} to ${channel} is ${status}: ${error}`);
  }
  for (const [channel, own] of Map.groupBy(deliveries, (row) => row.channel)) {
    const arrived = stage.notified.filter((one) => one.channel === channel).length;
    const attempts = own.reduce((sum, row) => sum + row.attempts, 0);
    if (arrived < own.length || arrived > attempts)
      wrong.push(`${arrived} requests for ${own.length} deliveries to ${channel}`);
    const refused = (stage.requests.get(channel) ?? 0) - arrived;
    // A death leaves in doubt what was claimed at once, each delivery at most once.
    if (!strained && attempts > own.length * (1 + deaths) + refused) {
      wrong.push(`${attempts} attempts, ${refused} of them refused, for ${own.length} deliveries to ${channel}`);
    }
  }
  return wrong;
}

/** Nothing was sent that is not recorded, or otherwise than recorded; what came twice came under its own id. */
function judgeRequests(
  notified: readonly Notified[],
  deliveries: readonly DeliveryRow[],
  alerts: readonly Alert[],
): string[] {
  const wrong: string[] = [];
  const rows = new Map(deliveries.map((row) => [row.id, row]));
  const known = new Set(alerts.map(({ id }) => id));
  const named = notified.filter(({ id }) => id !== "");
  for (const [id, requests] of Map.groupBy(named, (one) => one.id)) {
    const row = rows.get(id);
    if (row === undefined) wrong.push(`delivery ${id} was sent but is not recorded`);
    else if (requests.length > row.attempts) wrong.push(`delivery ${id} arrived ${requests.length} times`);
    if (requests.some(({ text }) => text !== JSON.stringify(row?.notification)))
      wrong.push(`delivery ${id} was sent otherwise than recorded`);
  }
  for (const id of new Set(deliveries.flatMap((row) => row.alerts))) {
    if (!known.has(id)) wrong.push(`alert ${id} was sent but is not recorded`);
  }
  return wrong;
}

/** An incident is opened and closed, or, where the alert came and went at once, neither. */
function judgeIncidents(
  notified: readonly Notified[],
  deliveries: readonly DeliveryRow[],
  alerts: readonly Alert[],
): string[] {
  const wrong: string[] = [];
  const actions = notified.filter(({ channel }) => channel === "pager").map(({ text }) => JSON.parse(text));
  const named = deliveries.flatMap((row) => row.notification.alerts);
  const firing = new Set(named.filter(({ status }) => status === "firing").map(({ id }) => id));
  for (const alert of alerts.filter(({ rule }) => rule === "broken" || rule === "deploy")) {
    const own = new Set(actions.filter((one) => one.dedup_key === alert.id).map((one) => one.event_action));
    const brief = own.size === 0 && !firing.has(alert.id);
    if (!brief && [...own].join() !== "trigger,resolve")
      wrong.push(`${alertLine(alert)}: the pager had ${[...own].join()}`);
  }
  return wrong;
}

export function alertLine({ rule, key, count }: Alert): string {
  return `${rule} ${Object.values(key).join()} ×${count}`;
}
