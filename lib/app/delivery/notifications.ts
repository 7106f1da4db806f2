// What a channel gets of a notice: notifications of the size and kind it takes.
import type { Notice } from "../../alerts/decide.ts";
import type { Suppressed } from "../../alerts/group.ts";
import { bodyParts } from "../../channels/message/parts.ts";
import { readably } from "../../channels/message/readable.ts";
import type { Notification, NotifiedAlert } from "../../model/notification.ts";
import type { Channel } from "../deps.ts";

/** Nothing was held back. */
export const NOTHING: Suppressed = { silenced: 0, muted: 0, inhibited: 0 };

/**
 * The notifications one channel gets of a notice, in order, their ids still empty; none where
 * there is nothing to say to it.
 */
export function notificationsFor(channel: Channel, group: Record<string, unknown>, notice: Notice): Notification[] {
  const { reason, suppressed, test } = notice;
  const alerts = channel.sendResolved ? notice.alerts : notice.alerts.filter(({ status }) => status === "firing");
  const counted = suppressed.silenced + suppressed.muted + suppressed.inhibited > 0;
  if (alerts.length === 0 && (!counted || channel.type.incident)) return [];
  const whole: Notification = {
    version: "1",
    id: "",
    channel: channel.name,
    status: "resolved",
    group,
    reason,
    alerts,
    suppressed,
    ...(test ? { test } : {}),
  };
  const parts = alerts.length === 0 ? [[]] : partsOf(channel, whole);
  return parts.map((part, at) => ({
    ...whole,
    status: part.some(({ status }) => status === "firing") ? "firing" : "resolved",
    alerts: part,
    // What was held back is counted once.
    suppressed: at === 0 ? suppressed : NOTHING,
  }));
}

/** The alerts of each delivery that a notification takes. */
export function partsOf({ type }: Pick<Channel, "type">, notification: Notification): NotifiedAlert[][] {
  return readably(notification, type.split ?? bodyParts);
}
