// Explanations for people: what matched first and in detail, the rest one line each, the nearest first.
import type { AlertExplanation, Effect, EventExplanation, RuleVerdict } from "../../app/queries/explain.ts";
import type { ExplainedDelivery, Notifying, RouteStanding } from "../../app/queries/explain-notifying.ts";
import type { TargetStatus } from "../../app/queries/status.ts";
import type { Alert } from "../../model/alert.ts";
import { withShortIds } from "../../model/printable.ts";
import { type Io, oneLine, styled } from "../io.ts";
import { severityStyle } from "./severity.ts";

/** Where it is written, and how its times are shown. */
export type Page = Io & { time(iso: string): string };

/** Whom somebody may be told of. */
type Told = Pick<Alert, "acknowledgedBy">;

/** Columns of the reason why a rule did or did not match. */
const REASON = 400;
/** As many deliveries of one alert are shown. */
const DELIVERIES = 5;

const DID: Record<Effect["kind"], string> = {
  opened: "opened",
  counted: "counted into",
  resolved: "resolved",
  closed: "closed",
};
const WOULD: Record<Effect["kind"], string> = {
  opened: "would open",
  counted: "would count into",
  resolved: "would resolve",
  closed: "would close",
};

/** `nearest` bounds how many of the rules that did not match are shown. */
export function eventText(page: Page, { event, stored, rules }: EventExplanation, nearest: number): string {
  const matching = rules.filter(({ matched }) => matched);
  const others = rules.filter(({ matched }) => !matched);
  const level = styled(page, severityStyle(event.level), event.level);
  const lines = [
    `event ${event.id.slice(0, 8)}  ${page.time(event.time)}  ${level}  ${event.source}  ${oneLine(event.resource.name, 60)}: ${oneLine(event.message)}`,
    ...(event.future ? ["its time was more than 10 minutes ahead when it was found: clocks differ"] : []),
    `${matching.length} of ${rules.length} rules match${stored ? "" : "; this is what would happen now"}`,
    ...matching.flatMap((verdict) => ["", ...matchedLines(page, verdict, stored)]),
  ];
  if (others.length === 0) return `${lines.join("\n")}\n`;
  const shown = others.slice(0, nearest);
  lines.push("", others.length > shown.length ? "not matched, the nearest first:" : "not matched:");
  for (const { rule, at, reason, mismatches } of shown) {
    const more = mismatches.length > 1 ? ` (and ${fields(mismatches.length - 1)} more)` : "";
    lines.push(`  ${rule}${place(at)}: ${oneLine(reason ?? "", REASON)}${more}`);
  }
  if (others.length > shown.length) lines.push(`  and ${others.length - shown.length} more: --all shows them`);
  return `${lines.join("\n")}\n`;
}

export function alertText(page: Page, { alert, at, openedBy, deadline, ...notifying }: AlertExplanation): string {
  const status = styled(page, severityStyle(alert.status === "firing" ? alert.severity : "resolved"), alert.status);
  const lines = [
    `alert ${alert.id.slice(0, 8)}  ${status}  ${alert.severity}  ×${alert.count}  ${oneLine(alert.summary)}`,
    `rule ${alert.rule}${at === null ? ", which the configuration has no more" : place(at)}; key ${pairs(alert.key)}`,
    `${openedBy === null ? "opened" : `opened by event ${openedBy.slice(0, 8)}`} at ${page.time(alert.startsAt)}${
      alert.endsAt === null ? "" : `, ended at ${page.time(alert.endsAt)}`
    }`,
  ];
  if (alert.acknowledgedBy !== null) {
    const when = alert.acknowledgedAt === undefined ? "" : ` at ${page.time(alert.acknowledgedAt)}`;
    lines.push(`acknowledged by ${oneLine(alert.acknowledgedBy)}${when}`);
  }
  lines.push(...deadlineLines(page, deadline), ...notifyingLines(page, notifying, alert, true));
  return `${lines.join("\n")}\n`;
}

/** Of a resource of which no event was seen since `since`: how far its targets are read. */
export function unseenText(
  page: Pick<Page, "time">,
  name: string,
  since: string,
  targets: readonly TargetStatus[],
): string {
  const lines = [`No event of ${oneLine(name)} was seen since ${page.time(since)}.`];
  for (const { source, lastReadAt, error } of targets) {
    const read = lastReadAt === null ? "was never read completely" : `is read up to ${page.time(lastReadAt)}`;
    lines.push(`Its target of ${source} ${read}${error === null ? "" : `: ${oneLine(error, 200)}`}.`);
  }
  if (targets.length === 0) lines.push(`No target has this id; "lookout status" lists what is read.`);
  return `${lines.join("\n")}\n`;
}

function matchedLines(
  page: Page,
  { rule, at, key, reason, effects, deadline }: RuleVerdict,
  stored: boolean,
): string[] {
  const lines = [`${styled(page, "bold", rule)}${place(at)}`, `  key ${pairs(key ?? {})}`];
  if (reason !== null) lines.push(`  ${oneLine(reason, REASON)}`);
  for (const effect of effects) {
    const { id, status, severity, count } = effect.alert;
    const isNew = effect.kind === "opened" && !stored;
    const name = isNew ? `an alert (${severity})` : `alert ${id.slice(0, 8)} (${status}, ${severity}, ×${count})`;
    lines.push(`  ${(stored ? DID : WOULD)[effect.kind]} ${name}`);
    lines.push(...notifyingLines(page, effect, effect.alert, stored).map((line) => `    ${line}`));
    if (effect.kind === "counted" && effect.routes.some(({ notified }) => notified)) {
      lines.push("    a message names it already: a new match sends none by itself");
    }
  }
  return [...lines, ...deadlineLines(page, deadline).map((line) => `  ${line}`)];
}

function deadlineLines(page: Page, deadline: RuleVerdict["deadline"]): string[] {
  if (deadline === null) return [];
  const { at, to, waits } = deadline;
  const silently = to === "close" ? " silently" : "";
  if (waits) return [`was to ${to}${silently} at ${page.time(at)}, and waits for its targets to be read up to then`];
  return [`will ${to}${silently} by itself at ${page.time(at)}, unless something happens before`];
}

function notifyingLines(page: Page, { routes, deliveries }: Notifying, alert: Told, stored: boolean): string[] {
  const lines = routes.flatMap((route) => routeLines(page, route, alert, stored));
  if (routes.length === 0 && deliveries.length === 0) lines.push("nobody was notified: no group holds it any more");
  const shown = deliveries.slice(-DELIVERIES);
  if (shown.length < deliveries.length) lines.push(`${deliveries.length - shown.length} earlier deliveries`);
  return [...lines, ...shown.map((delivery) => deliveryLine(page, delivery))];
}

function routeLines(
  page: Page,
  { route, at, channels, group, notified, heldBy, next, escalation }: RouteStanding,
  { acknowledgedBy }: Told,
  stored: boolean,
): string[] {
  if (route === null) return ["its route is not in the configuration any more: it goes on by the routes of now"];
  const lines = [`${route}${place(at)} → ${channels.join(", ")}; group ${pairs(group)}`];
  if (heldBy !== null) {
    const until = heldBy.until === null ? "" : ` until ${page.time(heldBy.until)}`;
    lines.push(
      styled(page, "yellow", `  ${heldBy.kind} by ${oneLine(withShortIds(heldBy.by))}${place(heldBy.at)}${until}`),
    );
  } else if (next !== null) {
    lines.push(`  ${notified || stored ? "due" : "would be notified"} at ${page.time(next.at)} (${next.reason})`);
  } else if (!notified && acknowledgedBy !== null && isStep(route)) {
    lines.push(
      `  not notified: taken back, since ${oneLine(acknowledgedBy, 60)} acknowledged it before anybody here had it`,
    );
  } else if (!notified) lines.push("  not notified: it came and went while it was held back, or closed silently");
  if (escalation !== null) {
    lines.push(
      `  escalates at ${page.time(escalation.at)} to ${escalation.channels.join(", ")}, unless acknowledged before`,
    );
  }
  return lines;
}

/** Who is notified there is so by escalation alone. */
function isStep(route: string): boolean {
  return route.includes(".escalate[");
}

function deliveryLine(
  page: Page,
  { id, channel, status, attempts, error, reason, ...rest }: ExplainedDelivery,
): string {
  const name = `delivery ${id.slice(0, 8)} to ${channel} (${reason})`;
  const tries = `${attempts} ${attempts === 1 ? "try" : "tries"}`;
  const into = rest.foldedInto === undefined ? "" : `, as part of delivery ${rest.foldedInto.slice(0, 8)}`;
  const why = `${into}${error === null ? "" : `: ${oneLine(error, 200)}`}`;
  if (status === "delivered") {
    return styled(
      page,
      "green",
      `${name}: delivered${rest.endedAt === null ? "" : ` at ${page.time(rest.endedAt)}`} after ${tries}${into}`,
    );
  }
  const fallback = rest.fallback === null ? "" : `; delivery ${rest.fallback.slice(0, 8)} went to the fallback`;
  if (status === "pending") {
    const at = rest.nextAttemptAt === null ? "" : `, next at ${page.time(rest.nextAttemptAt)}`;
    const next = rest.behind === null ? at : `, behind delivery ${rest.behind.slice(0, 8)}`;
    return styled(page, "yellow", `${name}: pending after ${tries}${next}${why}${fallback}`);
  }
  return styled(page, "red", `${name}: dead after ${tries}${why}${fallback}`);
}

/** `connection=prod, resource.id=svc-1` */
function pairs(values: Record<string, unknown>): string {
  const text = Object.entries(values).map(([field, value]) => {
    return `${field}=${oneLine(typeof value === "string" ? value : JSON.stringify(value), 60)}`;
  });
  return text.length === 0 ? "of everything" : text.join(", ");
}

function place(at: string | null): string {
  return at === null ? "" : ` (${at})`;
}

function fields(count: number): string {
  return count === 1 ? "1 field" : `${count} fields`;
}
