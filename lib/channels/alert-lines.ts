// One alert as the lines a person needs when woken by it; their lengths are bounded, so that one alert fits every channel.
import type { Severity } from "../model/alert.ts";
import type { NotifiedAlert, NotifyReason } from "../model/notification.ts";
import { harmlessLink } from "./address.ts";
import type { Line, Medium } from "./medium.ts";
import { characters, cut, oneLine } from "./plain.ts";

/** How urgent something looks. */
export type Tone = Severity | "resolved";
export const SIGNS: Readonly<Record<Tone, string>> = {
  critical: "🔴",
  error: "🟠",
  warning: "🟡",
  info: "🔵",
  resolved: "✅",
};
export const REASONS: Readonly<Record<NotifyReason, string>> = {
  new: "New",
  resolved: "Resolved",
  update: "Matched again",
  repeat: "Still firing",
  escalation: "Escalated, nobody has acknowledged it",
  digest: "Held back until now",
};

export function toneOf(alert: NotifiedAlert): Tone {
  return alert.status === "resolved" ? "resolved" : alert.severity;
}

/** "🔴 CRITICAL summary", "✅ RESOLVED (critical) summary". */
export function alertTitle(alert: NotifiedAlert, medium: Medium): string {
  const severity = alert.severity.toUpperCase();
  const state = alert.status === "resolved" ? `RESOLVED (${alert.severity})` : severity;
  return `${SIGNS[toneOf(alert)]} ${state} ${piece(alert.summary, 0.15, medium)}`;
}

/** What follows the title. `time` shows an ISO time to people. */
export function alertLines(
  alert: NotifiedAlert,
  reason: NotifyReason,
  time: (iso: string) => string,
  medium: Medium,
): Line[] {
  const texts = [
    piece(stateText(alert, reason), 0.1, medium),
    piece(placeText(alert), 0.1, medium),
    piece(keyText(alert), 0.1, medium),
    alert.endsAt === null ? `Since ${time(alert.startsAt)}` : `${time(alert.startsAt)} to ${time(alert.endsAt)}`,
    piece(newestText(alert, time), 0.15, medium),
    piece(alert.description, 0.15, medium),
  ];
  const lines: Line[] = texts.filter((text) => text !== "").map((text) => ({ text }));
  return alert.runbook ? [...lines, runbookLine(alert.runbook, medium)] : lines;
}

/** `name=value` of a key or a group. */
export function fieldsText(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

/** The text on one line, cut to a share of what the medium holds. */
export function piece(text: string, share: number, medium: Medium): string {
  return cut(oneLine(text), Math.floor(Math.min(medium.limit, 8_000) * share), medium.text);
}

function stateText(alert: NotifiedAlert, reason: NotifyReason): string {
  const { count, newCount } = alert;
  const firing = reason === "resolved" ? REASONS.repeat : REASONS[reason];
  const matches = `${count} ${count === 1 ? "match" : "matches"}${newCount > 0 && newCount < count ? `, ${newCount} new` : ""}`;
  const parts = [
    alert.status === "resolved" ? REASONS.resolved : firing,
    `rule ${alert.rule}`,
    count > 0 ? matches : "",
    alert.acknowledgedBy ? `acknowledged by ${cut(oneLine(alert.acknowledgedBy), 60, characters)}` : "",
  ];
  return parts.filter(Boolean).join(" · ");
}

function placeText({ connection, region, resource }: NotifiedAlert): string {
  const id = resource && resource.name !== resource.id ? ` (${resource.id})` : "";
  const what = resource ? `${resource.type} ${resource.name}${id}` : "";
  return [connection, region, what].filter(Boolean).join(" · ");
}

/** The key, unless the place has named all of it. */
function keyText({ key, connection, region, resource }: NotifiedAlert): string {
  const named: unknown[] = [connection, region, resource?.id, resource?.name];
  return Object.values(key).every((value) => named.includes(value)) ? "" : `Key: ${fieldsText(key)}`;
}

/** The newest event, its message only where the summary does not hold it. */
function newestText(alert: NotifiedAlert, time: (iso: string) => string): string {
  const event = alert.events.at(-1);
  if (!event) return "";
  if (!alert.summary.includes(event.message)) return `Last event ${time(event.time)}: ${event.message}`;
  return event.time === alert.startsAt ? "" : `Last event ${time(event.time)}`;
}

function runbookLine(runbook: string, medium: Medium): Line {
  const link = harmlessLink(runbook);
  if (!link) return { text: piece(`Runbook: ${runbook}`, 0.1, medium) };
  if (medium.text(link) > medium.limit * 0.1) return { text: "Runbook: its link is too long for this channel" };
  return { text: "Runbook", link };
}
