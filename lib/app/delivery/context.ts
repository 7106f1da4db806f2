// What a channel is given for one attempt beside the notification: when it is, which pages it links to, whom it
// mentions, and the words of its template.
import { reasonOf } from "../../channels/message/news.ts";
import { characters, cut } from "../../channels/message/plain.ts";
import type { RenderContext } from "../../channels/port.ts";
import type { Alert } from "../../model/alert.ts";
import type { Notification } from "../../model/notification.ts";
import { oneLine } from "../../model/printable.ts";
import { stateRow } from "../../rules/compile.ts";
import type { App, Channel } from "../deps.ts";
import { ruleOf } from "../groups/transitions.ts";
import { type EndedRow, endedKey, type RuleRow } from "../persistence/rows.ts";
import { consoleLinks } from "./links.ts";

/** A message that calls more people than this calls nobody in particular. */
const MOST_MENTIONS = 20;
const ERROR_CHARACTERS = 200;
/** Alerts that are looked at together, to see whether they still call somebody. */
const AT_ONCE = 50;

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
    mentions: await mentionsOf(app, channel, notification),
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
async function mentionsOf(
  app: App,
  { mention }: Channel,
  { alerts, reason, test }: Notification,
): Promise<readonly string[]> {
  if (test) return [];
  const calling = alerts.filter((alert) => {
    const own = reasonOf(alert, reason);
    return (
      alert.status === "firing" && (own === "new" || own === "escalation") && mention[alert.severity] !== undefined
    );
  });
  const ids = new Set<string>();
  for (const [severity, own] of Map.groupBy(calling, (alert) => alert.severity)) {
    if (await anyWaits(app, own)) for (const id of mention[severity]!) ids.add(id);
  }
  return [...ids].slice(0, MOST_MENTIONS);
}

/** Whether any of them still fires and nobody takes care of it. A store that cannot be read keeps nobody from it. */
async function anyWaits(app: App, alerts: readonly Alert[]): Promise<boolean> {
  for (let from = 0; from < alerts.length; from += AT_ONCE) {
    const some = alerts.slice(from, from + AT_ONCE);
    const over = await overIn(app, some).catch(() => new Set());
    if (some.some(({ id }) => !over.has(id))) return true;
  }
  return false;
}

/** The ids of those that have ended or were acknowledged since their notification was made. */
async function overIn(app: App, alerts: readonly Alert[]): Promise<ReadonlySet<string>> {
  const rules = alerts.flatMap((alert) => {
    const rule = ruleOf(app, alert.rule);
    return rule ? [stateRow(rule, alert.key)] : [];
  });
  const rows = await app.store.getMany<EndedRow | RuleRow>([...rules, ...alerts.map(({ id }) => endedKey(id))]);
  const over = new Set<string>();
  for (const { data } of rows) {
    const alert = "state" in data ? data.state.alert : data.alert;
    if (alert && (alert.status !== "firing" || alert.acknowledgedBy !== null)) over.add(alert.id);
  }
  return over;
}
