// Folding: a notification that has not left yet takes in the next one where one of the two only
// repeats what was said, and where its channel's service takes fewer messages, those of other groups. Pure.
import { lookup } from "../model/lookup.ts";
import { type Counted, type Notification, type NotifiedAlert, NotifyReason, type Told } from "../model/notification.ts";
import { Severity } from "../model/severity.ts";
import type { Suppressed } from "./group.ts";

/**
 * `waiting` with what `next`, of the same group and channel, adds to it: every alert of either in its newest
 * state, what both counted, and the first of their reasons. Undefined where both have news of their own:
 * then each is to be sent by itself.
 */
export function fold(waiting: Told, next: Told): Notification | undefined {
  if (!onlyRepeats(waiting) && !onlyRepeats(next)) return undefined;
  // Whether one names what the other only counts is not known.
  if (waiting.counted || next.counted) return undefined;
  // It is for others than those who were notified before.
  if (isEscalation(waiting) || isEscalation(next)) return undefined;
  const alerts = new Map<string, NotifiedAlert>(waiting.alerts.map((alert) => [alert.id, alert]));
  for (const alert of next.alerts) {
    const before = alerts.get(alert.id);
    alerts.set(alert.id, before === undefined ? alert : folded(before, alert));
  }
  const all = [...alerts.values()].sort(byStart);
  return {
    ...waiting,
    status: all.some(({ status }) => status === "firing") ? "firing" : "resolved",
    reason: firstOf(waiting.reason, next.reason),
    alerts: all,
    suppressed: sum(waiting.suppressed, next.suppressed),
  };
}

/**
 * The first of the notifications, of one channel but of different groups, with all that the others say: every alert
 * once, in its newest state. Its group is what all of them have in common.
 */
export function combine(all: readonly [Told, ...Told[]]): Told {
  const alerts = new Map<string, { alert: NotifiedAlert; group: string }>();
  for (const one of all) {
    const group = JSON.stringify(one.group);
    for (const alert of one.alerts) {
      const before = alerts.get(alert.id);
      const both = before && sameOf(before.alert, alert, before.group === group);
      alerts.set(alert.id, { alert: both ?? alert, group });
    }
  }
  const named = [...alerts.values()].map(({ alert }) => alert).sort(byStart);
  const counted = all.map((one) => one.counted).reduce(countedTogether, undefined);
  return {
    ...all[0],
    ...(counted && { counted }),
    status: named.some(({ status }) => status === "firing") ? "firing" : "resolved",
    group: all.map(({ group }) => group).reduce(common),
    reason: all.map(({ reason }) => reason).reduce(firstOf),
    alerts: named,
    suppressed: all.map(({ suppressed }) => suppressed).reduce(sum),
  };
}

/** The alerts that it escalates, as ids: they may share it with the end of others. */
export function escalatedIn({ alerts, reason: whole }: Notification): string[] {
  return alerts.filter(({ reason = whole }) => reason === "escalation").map(({ id }) => id);
}

export function isEscalation(notification: Notification): boolean {
  return notification.reason === "escalation" || escalatedIn(notification).length > 0;
}

/** The notification without these alerts; undefined where none is left. */
export function without(notification: Notification, ids: ReadonlySet<string>): Notification | undefined {
  const { alerts, reason: whole } = notification;
  const left = alerts.filter(({ id }) => !ids.has(id));
  if (left.length === 0) return undefined;
  const reasons = left.map(({ reason = whole }) => reason);
  return {
    ...notification,
    status: left.some(({ status }) => status === "firing") ? "firing" : "resolved",
    reason: whole === "escalation" && !reasons.includes(whole) ? reasons.reduce(firstOf) : whole,
    alerts: left,
  };
}

/** How urgent it is, by the most severe alert that fires: 0 is the most urgent, what only resolves comes last. */
export function urgencyOf({ alerts }: Notification): number {
  const { options } = Severity;
  const firing = alerts.filter(({ status }) => status === "firing");
  return firing.reduce((least, { severity }) => Math.min(least, options.indexOf(severity)), options.length);
}

/**
 * An alert in its newest state. Of two groups neither has counted anything that the other has not; one group that ended
 * and began anew goes on counting.
 */
function sameOf(a: NotifiedAlert, b: NotifiedAlert, isSameGroup: boolean): NotifiedAlert {
  // One that was opened again has matched since its end.
  const isLater = a.count === b.count ? b.status === "resolved" || a.status === "firing" : a.count < b.count;
  const reasons = [a.reason, b.reason].filter((reason) => reason !== undefined);
  return {
    ...(isLater ? b : a),
    newCount: isSameGroup ? a.newCount + b.newCount : Math.max(a.newCount, b.newCount),
    ...(reasons.length > 0 && { reason: reasons.reduce(firstOf) }),
  };
}

function common(a: Record<string, unknown>, b: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(a).filter(([key, value]) => JSON.stringify(lookup(b, key)) === JSON.stringify(value)),
  );
}

function onlyRepeats({ reason }: Notification): boolean {
  return reason === "update" || reason === "repeat";
}

function folded(before: NotifiedAlert, now: NotifiedAlert): NotifiedAlert {
  const one: NotifiedAlert = { ...now, newCount: before.newCount + now.newCount };
  const reasons = [before.reason, now.reason].filter((reason) => reason !== undefined);
  return reasons.length === 0 ? one : { ...one, reason: reasons.reduce(firstOf) };
}

function firstOf(a: NotifyReason, b: NotifyReason): NotifyReason {
  const { options } = NotifyReason;
  return options.indexOf(a) <= options.indexOf(b) ? a : b;
}

function sum(a: Suppressed, b: Suppressed): Suppressed {
  return {
    silenced: a.silenced + b.silenced,
    muted: a.muted + b.muted,
    inhibited: a.inhibited + b.inhibited,
  };
}

/** What two messages count. */
export function countedTogether(a: Counted | undefined, b: Counted | undefined): Counted | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const alerts: Counted["alerts"] = { ...a.alerts };
  for (const severity of Severity.options) {
    const number = b.alerts[severity];
    if (number !== undefined) alerts[severity] = (alerts[severity] ?? 0) + number;
  }
  return { alerts, newCount: a.newCount + b.newCount };
}

function byStart(a: NotifiedAlert, b: NotifiedAlert): number {
  if (a.startsAt !== b.startsAt) return a.startsAt < b.startsAt ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
