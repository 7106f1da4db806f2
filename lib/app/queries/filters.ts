// Which alerts, events and deliveries a person asks for: one meaning of each filter, for commands, pages and the API.
import type { Alert } from "../../model/alert.ts";
import type { Event } from "../../model/event.ts";
import { Severity } from "../../model/severity.ts";
import { LEVELS } from "../../model/source-kinds.ts";
import type { Delivery } from "../delivery/deliver.ts";
import type { App } from "../deps.ts";

/** The words that the filters of each list know. */
export const LIST_WORDS = {
  alerts: { severity: Severity.options, status: ["firing", "resolved"] },
  ended: { severity: Severity.options, status: ["resolved"] },
  events: { severity: LEVELS, status: ["firing", "resolved"] },
  deliveries: { severity: Severity.options, status: ["pending", "delivered", "dead"] },
} satisfies Record<string, Record<"severity" | "status", readonly string[]>>;

/** The first of the words between commas that is not known. */
export function unknownWord(text: string, known: readonly string[]): string | undefined {
  return text.split(",").find((word) => !known.includes(word.trim()));
}

/** What is undefined lets everything pass; of several words between commas, any one does. */
export interface Filters {
  /** Of alerts; of events it is their level. */
  severity?: string | undefined;
  rule?: string | undefined;
  channel?: string | undefined;
  /** Id or name. */
  resource?: string | undefined;
  status?: string | undefined;
  /** How far back; ms. */
  since?: number | undefined;
  /** Kind or id of a source. */
  source?: string | undefined;
  /** Part of what is shown, in lower case. */
  text?: string | undefined;
}

type Passes<T> = (one: T) => boolean;

/** Alerts by when they began, what they are about, and the channels that they are routed to. */
export function alertFilter(app: App, filters: Filters): Passes<Omit<Alert, "events">> {
  const { severity, rule, channel, resource, status, text } = filters;
  const from = fromOf(app, filters);
  return (alert) => {
    if (!among(severity, alert.severity) || !among(rule, alert.rule) || !among(status, alert.status)) return false;
    if (!isAbout(resource, alert.resource) || Date.parse(alert.startsAt) < from) return false;
    if (channel !== undefined && !channelsOf(app, alert).some((name) => among(channel, name))) return false;
    return text === undefined || wordsOf(alert).toLowerCase().includes(text);
  };
}

/** Events by their time and level, what they are about, where they come from, and the rules that they concern. */
export function eventFilter(app: App, filters: Filters): Passes<Event> {
  const { severity, rule, resource, source, text } = filters;
  const from = fromOf(app, filters);
  return (event) => {
    if (!among(severity, event.level) || !isAbout(resource, event.resource)) return false;
    if (source !== undefined && !among(source, event.source) && !among(source, event.sourceId)) return false;
    if (Date.parse(event.time) < from) return false;
    if (rule !== undefined && !app.rules.touch(event).touches.some((touch) => among(rule, touch.rule.config.id)))
      return false;
    return text === undefined || JSON.stringify(event).toLowerCase().includes(text);
  };
}

/** Deliveries by when they were made, their channel and how they fare, and by any one of their alerts. */
export function deliveryFilter(app: App, filters: Filters): Passes<Delivery> {
  const { severity, rule, channel, resource, status } = filters;
  const from = fromOf(app, filters);
  return ({ channel: to, status: is, createdAt, notification }) => {
    if (!among(channel, to) || !among(status, is) || createdAt < from) return false;
    if (severity === undefined && rule === undefined && resource === undefined) return true;
    return notification.alerts.some((alert) => {
      return among(severity, alert.severity) && among(rule, alert.rule) && isAbout(resource, alert.resource);
    });
  };
}

/** The channels that an alert is sent to. */
export function channelsOf(app: App, alert: Omit<Alert, "events">): string[] {
  const names = app.router.routes(alert as Alert).flatMap(({ channels }) => channels);
  return [...new Set(names)];
}

function fromOf({ clock }: App, { since }: Filters): number {
  return since === undefined ? Number.NEGATIVE_INFINITY : clock.now() - since;
}

function among(wanted: string | undefined, value: string): boolean {
  return wanted === undefined || wanted === value || wanted.split(",").some((word) => word.trim() === value);
}

function isAbout(wanted: string | undefined, resource: Alert["resource"]): boolean {
  return wanted === undefined || (resource !== null && (resource.id === wanted || resource.name === wanted));
}

function wordsOf({ id, rule, summary, resource, labels, connection }: Omit<Alert, "events">): string {
  return [id, rule, summary, resource?.name, resource?.id, connection, ...Object.values(labels)].join(" ");
}
