// What must hold of everything that arrived at the receiver, and of the state in the end, whatever was done to the
// functions.
import type { App } from "../../../lib/app/deps.ts";
import { type DeliveryRow, deliveryKey } from "../../../lib/app/persistence/delivery-rows.ts";
import { endedAlerts, openAlerts, seenEvents } from "../../../lib/app/queries/lists.ts";
import type { Alert } from "../../../lib/model/alert.ts";
import type { Event } from "../../../lib/model/event.ts";
import type { Notification } from "../../../lib/model/notification.ts";
import { HEALTH_RULE } from "../../../lib/model/own-alerts.ts";
import type { Random } from "../../../lib/simulator/random.ts";
import { differences, tally } from "../../reliability/differences.ts";
import { lineOf } from "../../reliability/story.ts";
import type { Answer } from "../../support/receiver.ts";
import type { ExactStage } from "./stage.ts";
import type { Story } from "./story.ts";

/** The rules that a deployment does not change. */
const UNCHANGED = ["each", "total", "broken", "pool"];

export interface Witness {
  /** By id, in the order in which they came first. */
  taken: Map<string, Notification>;
  /** Taken again under the same id. */
  repeats: number;
  violations: string[];
}

/** Looks at each request as it comes to the receiver; some are refused while the run is rough. */
export function witness(exact: ExactStage, random: Random, isRough: () => boolean): Witness {
  const seen: Witness = { taken: new Map(), repeats: 0, violations: [] };
  exact.stage.answer = async ({ headers, body }): Promise<Answer> => {
    // Nobody knows whose request it is: another's is answered all the same.
    void exact.outside()?.spring();
    const id = headers["webhook-id"] ?? "";
    const row = await exact.observer.store.get<DeliveryRow>(deliveryKey(id));
    if (row === undefined) seen.violations.push(`${id} was sent before it was recorded`);
    else if (JSON.stringify(row.data.notification) !== body)
      seen.violations.push(`${id} was sent otherwise than recorded`);
    if (isRough() && random.chance(0.1)) return { status: 503 };
    if (seen.taken.has(id)) seen.repeats++;
    else seen.taken.set(id, JSON.parse(body));
    return { status: 204 };
  };
  return seen;
}

/** What is wrong, in a sentence each. */
export async function judge(app: App, story: Story, { taken, violations }: Witness): Promise<string[]> {
  const [events, open, ended] = await Promise.all([seenEvents(app), openAlerts(app), endedAlerts(app)]);
  const alerts = [...open, ...ended].filter(({ rule }) => rule !== HEALTH_RULE);
  const notified = [...taken.values()];
  return [
    ...violations,
    ...judgeEvents(story, events),
    ...judgeAlerts(story, alerts, events),
    ...judgeNotified(
      alerts.filter(({ rule }) => UNCHANGED.includes(rule)),
      notified,
    ),
    ...judgeTurns(notified),
  ];
}

/** Every event was evaluated, and none twice. */
function judgeEvents(story: Story, events: readonly Event[]): string[] {
  const found = tally(
    events,
    ({ source, resource, type, message }) => lineOf(source, resource.id, type, message),
    ({ count }) => count,
  );
  const twice = [...tally(events, ({ id }) => id)].filter(([, times]) => times > 1);
  return [...differences("event", story.events, found), ...twice.map(([id]) => `event ${id} was recorded twice`)];
}

/** The alerts are those of the story, and count what happened. */
function judgeAlerts(story: Story, alerts: readonly Alert[], events: readonly Event[]): string[] {
  const byRule = (name: string) => alerts.filter(({ rule }) => rule === name);
  const count = ({ count }: { count: number }) => count;
  // A rule by id would keep an event from being evaluated twice by itself: the services do without one.
  const own = events.filter(({ source }) => source === "training-events");
  const keyed = (name: string) => (alert: Alert) => String(alert.key[name]);
  const lines = [...byRule("broken"), ...byRule("pool")].map(
    ({ rule, key, count, status }) => `${rule} ${key["resource.id"]} ×${count} ${status}`,
  );
  return [
    ...differences("alert", tally(story.alerts, String), tally(lines, String)),
    ...differences(
      "alert of each",
      tally(own, ({ id }) => id, count),
      tally(byRule("each"), keyed("id"), count),
    ),
    ...differences(
      "alert of total",
      tally(events, ({ source }) => source, count),
      tally(byRule("total"), keyed("source"), count),
    ),
  ];
}

/**
 * What was notified of each alert adds up to what it counted once it has ended, and its end was notified once. What one
 * that fires has counted since is said with its next message.
 */
function judgeNotified(alerts: readonly Alert[], notified: readonly Notification[]): string[] {
  const own = notified.flatMap((one) => one.alerts).filter(({ rule }) => UNCHANGED.includes(rule));
  const nameOf = ({ id, rule, key }: Alert) => `${rule} ${Object.values(key).join()} ${id}`;
  const ended = ({ status }: Alert) => status === "resolved";
  const said = tally(own, nameOf, ({ newCount }) => newCount);
  const counted = tally(alerts, nameOf, (alert) => {
    const known = said.get(nameOf(alert)) ?? 0;
    return ended(alert) || known === 0 ? alert.count : Math.min(known, alert.count);
  });
  return [
    ...differences("notified", counted, said),
    ...differences("notified ends", tally(alerts.filter(ended), nameOf), tally(own.filter(ended), nameOf)),
  ];
}

/**
 * Of one key, alerts follow each other, and each opens and is resolved in turn. A rule that changes begins anew, and a
 * late event may open its alert again.
 */
function judgeTurns(notified: readonly Notification[]): string[] {
  const wrong: string[] = [];
  const last = new Map<string, Alert & { at: number }>();
  for (const [at, { alerts }] of notified.entries()) {
    for (const alert of alerts.filter(({ rule }) => UNCHANGED.includes(rule))) {
      const key = `${alert.rule} ${JSON.stringify(alert.key)}`;
      const before = last.get(key);
      last.set(key, { ...alert, at });
      if (before === undefined || before.at === at) continue;
      const how = `${lineOfAlert(before)}, then ${lineOfAlert(alert)}`;
      if (before.id === alert.id && before.status === "resolved")
        wrong.push(`${key} was notified after its end: ${how}`);
      if (before.id !== alert.id && before.status === "firing") wrong.push(`${key} opened anew before its end: ${how}`);
    }
  }
  return wrong;
}

function lineOfAlert({ id, status, count, startsAt, endsAt, updatedAt }: Alert): string {
  return `${id} ${status} ×${count}, ${startsAt} to ${endsAt}, changed ${updatedAt}`;
}
