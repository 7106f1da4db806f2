// What incident services are given about one alert: a title, a text for people, and its facts by name.
import type { Notification, NotifiedAlert } from "../../model/notification.ts";
import { oneLine } from "../../model/printable.ts";
import type { Severity } from "../../model/severity.ts";
import type { RenderContext } from "../port.ts";
import { fieldsText } from "./alert-lines.ts";
import { harmlessLink } from "./link.ts";
import { inert, writeText } from "./markdown.ts";
import { reasonOf } from "./news.ts";
import { characters, cut } from "./plain.ts";

const FACT_CHARACTERS = 500;

/** One notification for each alert, as incident services take them. */
export function oneByOne(notification: Notification): NotifiedAlert[][] {
  return notification.alerts.map((alert) => [alert]);
}

/** The notification's one alert; undefined where it has none. */
export function onlyAlert({ alerts }: Notification): NotifiedAlert | undefined {
  if (alerts.length > 1) throw new Error("an incident is about one alert: split the notification first");
  return alerts[0];
}

/** The user's own title or the alert's summary, on one line and marked where it is a test. */
export function incidentTitle(
  { summary }: NotifiedAlert,
  test: boolean,
  own: string | undefined,
  limit: number,
): string {
  return cut((test ? "TEST: " : "") + oneLine(own ?? summary), limit, characters);
}

/** The message that a chat would get, of at most `limit` characters: Markdown in which no event's text formats. */
export function incidentText(notification: Notification, context: RenderContext, limit: number): string {
  return writeText(notification, context, {
    limit,
    measure: characters,
    escape: inert,
    strong: (written) => `**${written}**`,
    link: (written, address) => `[${written}](${address})`,
    beside: " · ",
    newline: "  \n",
    gap: "\n\n",
  }).text;
}

/** What a service can route and search by, each a text of at most 500 characters; what there is none of is absent. */
export function factsOf(alert: NotifiedAlert, { reason }: Notification): Record<string, string> {
  const { resource } = alert;
  const facts = {
    rule: alert.rule,
    severity: alert.severity,
    reason: reasonOf(alert, reason),
    connection: alert.connection,
    region: alert.region,
    resource: resource && `${resource.type} ${resource.name}`,
    resourceId: resource?.id,
    key: fieldsText(alert.key),
    labels: fieldsText(alert.labels),
    count: String(alert.count),
    startsAt: alert.startsAt,
    runbook: alert.runbook,
  };
  const known = Object.entries(facts).map(([name, value]) => [
    name,
    cut(oneLine(value ?? ""), FACT_CHARACTERS, characters),
  ]);
  return Object.fromEntries(known.filter(([, value]) => value !== ""));
}

/** The page that tells most about the alert: its runbook, or else the first of the links. */
export function pageOf(alert: NotifiedAlert, context: RenderContext): string | undefined {
  const links = context.links?.(alert) ?? [];
  return harmlessLink(links[0]?.url ?? alert.runbook ?? "");
}

/** The severity in words of one's own. */
export function bySeverity<T>(words: Readonly<Record<Severity, T>>, { severity }: NotifiedAlert): T {
  const word = Object.hasOwn(words, severity) ? words[severity] : undefined;
  if (word === undefined) throw new Error("the alert's severity is none");
  return word;
}
