// `lookout route`: for alerts from stdin or one that is known, which routes take them, to whom, and
// what holds them back now.
import * as z from "zod";
import type { App } from "../../app/deps.ts";
import { endedAlerts, openAlerts } from "../../app/queries/lists.ts";
import { alertLike, type RouteView, type Routing, routeAlerts } from "../../app/queries/routing.ts";
import { formatLocation } from "../../config/document/finding.ts";
import type { Alert } from "../../model/alert.ts";
import { Event, Resource } from "../../model/event.ts";
import { timeIn } from "../../model/local-time.ts";
import { NotifiedAlert } from "../../model/notification.ts";
import { formatPlace, type Place } from "../../model/place.ts";
import { withShortIds } from "../../model/printable.ts";
import { DONE, type Io, jsonLines, oneLine, styled, UsageError, WRONG } from "../io.ts";
import { type CommonOptions, type Opened, openExisting } from "../open.ts";
import { alertName, findById } from "../person.ts";
import type { Page } from "../print/explain-text.ts";
import { MOST_TEXT, stdinLines } from "../stdin.ts";

export interface RouteOptions extends CommonOptions {
  alert?: string;
}

const AnyResource = Resource.partial();
/** Part of an alert, as people write it, or one as a webhook delivers it. */
const Given = z
  .strictObject({
    ...NotifiedAlert.shape,
    resource: AnyResource.nullable(),
    events: z.array(z.strictObject({ ...Event.shape, resource: AnyResource }).partial()),
  })
  .partial();

/** Exit 1: a line of stdin is no alert. */
export async function routeCommand(io: Io, options: RouteOptions): Promise<number> {
  const opened = await openExisting(io, options);
  try {
    const { app } = opened;
    const { alerts, bad } = options.alert === undefined ? await readAlerts(io, app) : await named(app, options.alert);
    const routings = await routeAlerts(app, alerts, locateIn(opened));
    const page = { ...io, time: timeIn(app.config.timezone) };
    if (options.json) jsonLines(io, routings);
    else for (const [at, routing] of routings.entries()) io.out(describe(page, alerts[at]!, routing));
    return bad === 0 ? DONE : WRONG;
  } finally {
    await opened.close();
  }
}

interface Asked {
  alerts: Alert[];
  /** Lines that are no alert. */
  bad: number;
}

async function named(app: App, id: string): Promise<Asked> {
  const isLike = (alert: Alert) => alert.id.startsWith(id);
  const known = [...(await openAlerts(app)).filter(isLike), ...(await endedAlerts(app, isLike))];
  const all = [...new Map(known.map((alert) => [alert.id, alert])).values()];
  const about = { what: "alert", where: "lookout alerts --all" };
  return { alerts: [findById(all, (alert) => alert.id, id, about)], bad: 0 };
}

async function readAlerts(io: Io, app: App): Promise<Asked> {
  if (process.stdin.isTTY) throw new UsageError("give alerts as JSON on stdin, one per line, or name one with --alert");
  const asked: Asked = { alerts: [], bad: 0 };
  let at = 0;
  for await (const line of stdinLines(io.gone)) {
    at++;
    if (line?.trim() === "") continue;
    const problem = line === undefined ? `it is longer than ${MOST_TEXT}` : take(app, line, asked.alerts);
    if (problem === undefined) continue;
    asked.bad++;
    io.err(`lookout: line ${at} of stdin is no alert: ${problem}\n`);
  }
  return asked;
}

/** What is wrong with the line; undefined where it is an alert, which is put into the list. */
function take(app: App, line: string, alerts: Alert[]): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return "it is not valid JSON";
  }
  const { success, data, error } = Given.safeParse(value);
  if (!success) {
    const [{ path, message } = { path: [], message: "" }] = error.issues;
    return path.length === 0 ? message : `${formatPlace(path as Place)}: ${message}`;
  }
  // What a notification says of itself is no part of the alert.
  const { newCount: _newCount, reason: _reason, resource, events, ...rest } = data;
  const whole = resource && wholeResource(resource);
  const given = {
    ...rest,
    ...(whole === undefined ? {} : { resource: whole }),
    ...(events === undefined ? {} : { events: events.map(wholeEvent) }),
  };
  alerts.push(alertLike(app, given as Partial<Alert>));
  return undefined;
}

function wholeResource({ type = "", id, name }: z.infer<typeof AnyResource>): Resource {
  const known = id ?? name ?? "";
  return { type, id: known, name: name ?? known };
}

/** Nothing but patterns looks at its fields, and those take what is missing for missing. */
function wholeEvent({ resource, ...event }: NonNullable<z.infer<typeof Given>["events"]>[number]): object {
  return resource === undefined ? event : { ...event, resource: wholeResource(resource) };
}

function locateIn({ places }: Opened): (place: Place) => string | null {
  return (place) => (places.has(place) ? formatLocation(places.locate(place)) : null);
}

function describe(page: Page, alert: Alert, { routes }: Routing): string {
  const name = alert.summary === "" ? alert.rule || JSON.stringify(alert.labels) : alertName(alert);
  const lines = [
    styled(page, "bold", oneLine(`${alert.severity} ${name}`)),
    ...routes.flatMap((one) => routeLines(page, one)),
  ];
  return `${lines.join("\n")}\n`;
}

function routeLines(page: Page, route: RouteView): string[] {
  const { path, at, channels, group, groupWait, groupInterval, repeatInterval, escalate, heldBy } = route;
  const values = Object.entries(group).map(([field, value]) => `${field}=${oneLine(String(value), 60)}`);
  const lines = [
    `  ${path}${at === null ? "" : ` (${at})`} → ${channels.join(", ")}; group ${values.join(", ") || "of everything"}`,
    `    first after ${groupWait}, then every ${groupInterval}, repeated every ${repeatInterval}`,
  ];
  for (const step of escalate)
    lines.push(`    after ${step.after} without acknowledgement → ${step.channels.join(", ")}`);
  if (heldBy === null) return lines;
  const place = heldBy.at === null ? "" : ` (${heldBy.at})`;
  const until = heldBy.until === null ? "" : ` until ${page.time(heldBy.until)}`;
  return [
    ...lines,
    styled(page, "yellow", `    ${heldBy.kind} by ${withShortIds(oneLine(heldBy.by))}${place}${until}`),
  ];
}
