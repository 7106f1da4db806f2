// The webhook body and its limit of 1 MB: older events are left out first, then the alerts are
// spread over several bodies.
import type { Event } from "../../model/event.ts";
import type { Notification, NotifiedAlert } from "../../model/notification.ts";
import { jsonItemBytes } from "./plain.ts";

/** Bytes of a body, at most. */
export const BODY_LIMIT = 1_000_000;
/** For an id or counts that a part's own notification may write longer. Bytes. */
const RESERVE = 1_000;

/** The notification with exactly its documented fields, in their documented order. */
export function wireForm(notification: Notification): Notification {
  const { version, id, channel, status, group, reason, alerts, suppressed, test } = notification;
  return { version, id, channel, status, group, reason, alerts, suppressed, ...(test ? { test } : {}) };
}

/**
 * The alerts of each body of at most `limit` bytes, in order. One part when they fit, as they are or with fewer
 * events; else every alert keeps only its newest event, in as few parts as the order allows. An alert that exceeds the
 * limit by itself is a part by itself. `size`: what a value costs in a list.
 */
export function bodyParts(
  notification: Notification,
  limit = BODY_LIMIT,
  size: (value: unknown) => number = jsonItemBytes,
): NotifiedAlert[][] {
  const { alerts } = notification;
  const room = limit - RESERVE - size(wireForm({ ...notification, alerts: [] }));
  const sizes = alerts.map((alert) => size(newest(alert, 1)));
  const least = sizes.reduce((sum, one) => sum + one, 0);
  if (least <= room) return [withEvents(alerts, room - least, size)];
  return inBins(
    alerts.map((alert) => newest(alert, 1)),
    sizes,
    room,
  );
}

/** Adds events, newest first and evenly over the alerts, while there is room. */
function withEvents(alerts: readonly NotifiedAlert[], room: number, size: (value: unknown) => number): NotifiedAlert[] {
  const kept = alerts.map(() => 1);
  const depth = alerts.reduce((most, alert) => Math.max(most, alert.events.length), 0);
  let left = room;
  for (let age = 1; age < depth; age++) {
    for (const [index, alert] of alerts.entries()) {
      const event: Event | undefined = alert.events[alert.events.length - 1 - age];
      if (!event) continue;
      left -= size(event);
      if (left < 0) return alerts.map((one, i) => newest(one, kept[i]!));
      kept[index] = age + 1;
    }
  }
  return [...alerts];
}

function inBins(alerts: readonly NotifiedAlert[], sizes: readonly number[], room: number): NotifiedAlert[][] {
  const bins: NotifiedAlert[][] = [];
  let left = 0;
  for (const [index, alert] of alerts.entries()) {
    left -= sizes[index]!;
    if (left < 0) {
      bins.push([]);
      left = room - sizes[index]!;
    }
    bins.at(-1)!.push(alert);
  }
  return bins;
}

function newest(alert: NotifiedAlert, count: number): NotifiedAlert {
  return alert.events.length <= count ? alert : { ...alert, events: alert.events.slice(-count) };
}
