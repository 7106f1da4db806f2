// What a channel gets of a notice: notifications of the size and kind it takes.
import type { Notice } from "../../alerts/decide.ts";
import { countedTogether } from "../../alerts/fold.ts";
import type { Suppressed } from "../../alerts/group.ts";
import { isNews, newsOf } from "../../channels/message/news.ts";
import { bodyParts } from "../../channels/message/parts.ts";
import { readably } from "../../channels/message/readable.ts";
import type { Counted, Notification, NotifiedAlert, Told } from "../../model/notification.ts";
import type { Channel } from "../deps.ts";

/** Nothing was held back. */
export const NOTHING: Suppressed = { silenced: 0, muted: 0, inhibited: 0 };

/**
 * The notifications one channel gets of a notice, in order, their ids still empty; none where
 * there is nothing to say to it.
 */
export function notificationsFor(
  channel: Channel,
  group: Record<string, unknown>,
  notice: Notice & Pick<Told, "counted">,
): Told[] {
  const { reason, suppressed, test } = notice;
  const alerts = channel.sendResolved ? notice.alerts : notice.alerts.filter(({ status }) => status === "firing");
  const isHeld = suppressed.silenced + suppressed.muted + suppressed.inhibited > 0;
  if (alerts.length === 0 && (!isHeld || channel.type.incident)) return [];
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
  const isForPeople = channel.type.split === undefined;
  const told = isForPeople && parts.length > 1 ? newsFirst(whole) : parts;
  const counted = isForPeople ? countedWith(notice.counted, missing(alerts, told)) : undefined;
  return told.map((part, at) => ({
    ...whole,
    status: part.some(({ status }) => status === "firing") ? "firing" : "resolved",
    alerts: part,
    // What was held back is counted once, and so is what is only counted.
    suppressed: at === 0 ? suppressed : NOTHING,
    ...(counted && at === told.length - 1 ? { counted } : {}),
  }));
}

/**
 * For people: the news, the most urgent first, and behind it what they have been notified of, as long as that makes no
 * message of its own. They read no more of it than how much there is.
 */
function newsFirst(notification: Notification): NotifiedAlert[][] {
  return readably(notification, (one) => {
    const { lead, known } = newsOf(one);
    const [first = [], ...others] = bodyParts({ ...one, alerts: [...lead.map(({ alert }) => alert), ...known] });
    const news = new Set(lead.filter(({ reason }) => isNews(reason)).map(({ alert }) => alert.id));
    return [first, ...others.filter((part) => part.some(({ id }) => news.has(id)))];
  });
}

function missing(alerts: readonly NotifiedAlert[], parts: readonly NotifiedAlert[][]): NotifiedAlert[] {
  if (parts.length === 1 && parts[0]!.length === alerts.length) return [];
  const named = new Set(parts.flatMap((part) => part.map(({ id }) => id)));
  return alerts.filter(({ id }) => !named.has(id));
}

/** What is counted before with these alerts, too; undefined where there are none. */
function countedWith(before: Counted | undefined, alerts: readonly NotifiedAlert[]): Counted | undefined {
  if (alerts.length === 0) return before;
  const own: Counted = { alerts: {}, newCount: 0 };
  for (const { severity, newCount } of alerts) {
    own.alerts[severity] = (own.alerts[severity] ?? 0) + 1;
    own.newCount += newCount;
  }
  return countedTogether(before, own);
}

/** The alerts of each delivery that a notification takes, where each of them has to hold all that it says. */
export function partsOf({ type }: Pick<Channel, "type">, notification: Notification): NotifiedAlert[][] {
  return readably(notification, type.split ?? bodyParts);
}
