// What a channel is given for one attempt beside the notification: when it is, which pages it links to, and whom
// it mentions.
import { reasonOf } from "../../channels/message/news.ts";
import type { RenderContext } from "../../channels/port.ts";
import type { Notification } from "../../model/notification.ts";
import type { App, Channel } from "../deps.ts";

/** A message that calls more people than this calls nobody in particular. */
const MOST_MENTIONS = 20;

/** `attempt` is the number of this attempt, 1 for the first. */
export function contextOf(app: App, channel: Channel, notification: Notification, attempt: number): RenderContext {
  return {
    now: app.clock.now(),
    timezone: app.config.timezone,
    attempt,
    links: app.links,
    mentions: mentionsOf(channel, notification),
  };
}

/** Those of the severities that are new or escalated in it, each once: what only goes on, or is over, calls nobody. */
function mentionsOf({ mention }: Channel, { alerts, reason, test }: Notification): readonly string[] {
  if (test) return [];
  const calling = alerts.filter((alert) => {
    const own = reasonOf(alert, reason);
    return alert.status === "firing" && (own === "new" || own === "escalation");
  });
  const ids = new Set(calling.flatMap(({ severity }) => mention[severity] ?? []));
  return [...ids].slice(0, MOST_MENTIONS);
}
