// What a channel is given for one attempt beside the notification: when it is, which pages it links to, whom it
// mentions, and the words of its template.
import { reasonOf } from "../../channels/message/news.ts";
import { characters, cut } from "../../channels/message/plain.ts";
import type { RenderContext } from "../../channels/port.ts";
import type { Notification } from "../../model/notification.ts";
import { oneLine } from "../../model/printable.ts";
import type { App, Channel } from "../deps.ts";
import { consoleLinks } from "./links.ts";

/** A message that calls more people than this calls nobody in particular. */
const MOST_MENTIONS = 20;
const ERROR_CHARACTERS = 200;

/** `attempt` is the number of this attempt, 1 for the first. */
export async function contextOf(
  app: App,
  channel: Channel,
  notification: Notification,
  attempt: number,
): Promise<RenderContext> {
  const own = await ownLinks(app);
  const context: RenderContext = {
    now: app.clock.now(),
    timezone: app.config.timezone,
    attempt,
    links: (alert) => [...app.links(alert), ...own(alert)],
    mentions: mentionsOf(channel, notification),
  };
  try {
    return { ...context, ...channel.ownWords?.(notification, context) };
  } catch (error) {
    const reason = cut(oneLine(app.redact((error as Error).message)), ERROR_CHARACTERS, characters);
    app.log.warn("the template of a channel failed; Lookout's own words go", { channel: channel.name, error: reason });
    return { ...context, note: `The template of the channel "${channel.name}" failed: ${reason}` };
  }
}

/** A secret that cannot be resolved costs its link alone: the message goes, and the console says what is wrong. */
async function ownLinks({ config, clock, ackSecret }: App): Promise<App["links"]> {
  if (config.console?.publicUrl === undefined) return () => [];
  const secret = await ackSecret().catch(() => undefined);
  return consoleLinks(config.console.publicUrl, secret, clock.now());
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
