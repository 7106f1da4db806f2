// `alerts`, `events`, `deliveries`: what is open, seen and sent, as tables for people or JSON for scripts.
import { type Delivery, listDeliveries, newestDeliveries } from "../../app/delivery/deliver.ts";
import { partOfAlerts } from "../../app/queries/event-alerts.ts";
import { alertFilter, deliveryFilter, eventFilter, type Filters } from "../../app/queries/filters.ts";
import { endedAlerts, openAlerts, seenEvents, viewDelivery } from "../../app/queries/lists.ts";
import type { Alert } from "../../model/alert.ts";
import type { Event } from "../../model/event.ts";
import { timeIn } from "../../model/local-time.ts";
import { redactedValue, withShortIds } from "../../model/printable.ts";
import type { Redactor } from "../../model/redactor.ts";
import { type FilterOptions, filtersFrom, isFiltered, limitOf } from "../filters.ts";
import { DONE, type Io, jsonLines, oneLine, styled } from "../io.ts";
import { type CommonOptions, openExisting } from "../open.ts";
import { bySeverity, severityStyle } from "../print/severity.ts";
import { type List, listText } from "../print/table.ts";

/** Columns for a name, and for a text that may go on below. */
const NAME = 30;
const TEXT = 300;

type Time = (iso: string) => string;

export type ListOptions = CommonOptions & FilterOptions;

export async function alertsCommand(io: Io, options: ListOptions & { all?: boolean }): Promise<number> {
  const filters = filtersFrom(options);
  const ended = options.all || (filters.status?.split(",").includes("resolved") ?? false);
  const { app, close } = await openExisting(io, options);
  try {
    const passes = alertFilter(app, filters);
    const alerts = [...(ended ? await endedAlerts(app, passes) : []), ...(await openAlerts(app)).filter(passes)];
    const time = timeIn(app.config.timezone);
    const none = options.all ? "There is no alert.\n" : "No alert is open.\n";
    if (options.json) jsonLines(io, alerts);
    else show(io, { head: ALERTS, rows: urgentFirst(alerts).map((alert) => alertRow(io, alert, time)) }, filters, none);
    return DONE;
  } finally {
    await close();
  }
}

export interface LimitedOptions extends ListOptions {
  limit?: string;
}

export async function eventsCommand(io: Io, options: LimitedOptions): Promise<number> {
  const filters = filtersFrom(options);
  const limit = options.limit === undefined ? undefined : limitOf(options.limit);
  const { app, close } = await openExisting(io, options);
  try {
    const { rule, channel, status } = filters;
    const isAsked = channel !== undefined || status !== undefined;
    const isPart = isAsked ? await partOfAlerts(app, alertFilter(app, { rule, channel, status })) : () => true;
    const passesAlone = eventFilter(app, filters);
    const passes = (event: Event) => passesAlone(event) && isPart(event);
    const time = timeIn(app.config.timezone);
    if (options.json) jsonLines(io, await read((event) => (passes(event) ? [event] : [])));
    else {
      const rows = await read((event) => (passes(event) ? [eventRow(io, event, time)] : []));
      show(io, { head: EVENTS, rows }, filters, NO_EVENT);
    }
    return DONE;

    async function read<T>(keep: (event: Event) => T[]): Promise<T[]> {
      const found = await seenEvents(app, filters.since === undefined ? 0 : app.clock.now() - filters.since, keep);
      return limit === undefined ? found : found.slice(-limit);
    }
  } finally {
    await close();
  }
}

export async function deliveriesCommand(io: Io, options: LimitedOptions): Promise<number> {
  const filters = filtersFrom(options);
  const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : limitOf(options.limit);
  const { app, close } = await openExisting(io, options);
  try {
    const passes = deliveryFilter(app, filters);
    const time = timeIn(app.config.timezone);
    if (options.json) jsonLines(io, await read((row) => (passes(row) ? [viewDelivery(row)] : [])));
    else {
      const rows = await read((row) => (passes(row) ? [deliveryRow(io, row, time)] : []));
      show(io, { head: DELIVERIES, rows }, filters, NONE_SENT);
    }
    return DONE;

    /** Where it is known how far back, no others are read. */
    function read<T>(keep: (row: Delivery) => T[]): Promise<T[]> {
      const { since = limit < Number.POSITIVE_INFINITY ? app.config.history : undefined } = filters;
      if (since === undefined) return listDeliveries(app, keep);
      return newestDeliveries(app, { from: app.clock.now() - since, limit }, keep);
    }
  } finally {
    await close();
  }
}

function show(io: Io, list: List, filters: Filters, none: string): void {
  if (list.rows.length > 0) io.out(listText(io, list));
  else io.out(isFiltered(filters) ? "Nothing passes these filters.\n" : none);
}

const ALERTS = ["SEVERITY", "ALERT", "SINCE", "RULE", "COUNT", "SUMMARY"];

/** Those that are open before those that have ended; then by severity; then the newest. */
function urgentFirst(alerts: readonly Alert[]): Alert[] {
  const isOver = ({ status }: Alert) => Number(status !== "firing");
  return alerts.toReversed().sort((a, b) => isOver(a) - isOver(b) || bySeverity(a, b));
}

function alertRow(io: Io, stored: Alert, time: Time): string[] {
  const alert = redactedValue(stored, io.redactor.redact);
  const state = alert.status === "firing" ? alert.severity : "resolved";
  const by = alert.acknowledgedBy;
  const when = alert.acknowledgedAt === undefined ? "" : ` at ${time(alert.acknowledgedAt)}`;
  const taken = by === null ? "" : `  (acknowledged by ${oneLine(by, 60)}${when})`;
  const held =
    alert.suppressedBy.length > 0 ? `  (held back by ${withShortIds(oneLine(alert.suppressedBy.join(", ")))})` : "";
  return [
    styled(io, severityStyle(state), state),
    alert.id.slice(0, 8),
    time(alert.startsAt),
    oneLine(alert.rule, 40),
    `×${alert.count}`,
    `${oneLine(alert.summary, TEXT)}${taken}${held}`,
  ];
}

const EVENTS = ["TIME", "LEVEL", "SOURCE", "RESOURCE", "EVENT", "MESSAGE"];
const NO_EVENT = "No event was seen.\n";

function eventRow(io: Io, stored: Event, time: Time): string[] {
  const { time: at, level, source, resource, id, message, future } = redactedValue(stored, io.redactor.redact);
  return [
    time(at),
    styled(io, severityStyle(level), level),
    source,
    oneLine(resource.name || resource.id, NAME),
    id.slice(0, 8),
    `${future ? "(dated ahead) " : ""}${oneLine(message, TEXT)}`,
  ];
}

const DELIVERIES = ["TIME", "DELIVERY", "STATUS", "CHANNEL", "TRIES", "MESSAGE"];
const NONE_SENT = "Nothing was sent.\n";
const DELIVERY_STYLES = { delivered: "green", pending: "yellow", dead: "red" } as const;

function deliveryRow(io: Io, row: Delivery, time: Time): string[] {
  const { id, channel, status, attempts, createdAt, error, foldedInto } = viewDelivery(row);
  const asPart = foldedInto === undefined ? [] : [`as part of ${foldedInto.slice(0, 8)}`];
  const said = error === null ? [] : [oneLine(error, TEXT)];
  return [
    time(createdAt),
    id.slice(0, 8),
    styled(io, DELIVERY_STYLES[status], status),
    oneLine(channel, NAME),
    String(attempts),
    [newsOf(row, io.redactor.redact), ...asPart, ...said].join("; "),
  ];
}

/** `new: deploy-failed "the summary" and 2 more` */
export function newsOf({ notification }: Pick<Delivery, "notification">, redact: Redactor["redact"]): string {
  const { reason, alerts, test } = notification;
  const first = alerts[0] && redactedValue(alerts[0], redact);
  if (first === undefined) return test ? "test" : reason;
  const more = alerts.length > 1 ? ` and ${alerts.length - 1} more` : "";
  return `${test ? "test" : reason}: ${oneLine(first.rule, 40)}, ${oneLine(first.summary)}${more}`;
}
