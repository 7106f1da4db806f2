// One alert as the lines a person needs when woken by it, the most needed first; the length of each is bounded.
import type { NotifiedAlert, NotifyReason } from "../../model/notification.ts";
import { oneLine } from "../../model/printable.ts";
import type { Link } from "../port.ts";
import { durationText } from "./duration-text.ts";
import { harmlessLink } from "./link.ts";
import type { Line, Medium } from "./medium.ts";
import type { News } from "./news.ts";
import { characters, cut } from "./plain.ts";

const REASONS: Readonly<Record<NotifyReason, string>> = {
  new: "New",
  resolved: "Resolved",
  update: "Matched again",
  repeat: "Still firing",
  escalation: "Escalated, nobody has acknowledged it",
  digest: "Held back until now",
};
/** Characters of an id that a person needs: any unique prefix serves every command. */
const SHORT_ID = 8;

/** What a piece or a link may cost, however little the medium holds: less of it would say nothing. */
const LEAST_PIECE = 96;
const LEAST_LINK = 240;

/** How an alert is shown to people. */
export interface Shown {
  /** An ISO time in words. */
  time(iso: string): string;
  links(alert: NotifiedAlert): readonly Link[];
}

/** What follows the alert's title. */
export function alertLines({ alert, reason }: News, { time, links }: Shown, medium: Medium): Line[] {
  const { endsAt } = alert;
  const what =
    endsAt === null
      ? [`Since ${time(alert.startsAt)}`, piece(newestText(alert, time), 0.15, medium)]
      : [periodText(alert.startsAt, endsAt, time), piece(endText(alert, endsAt, time), 0.15, medium)];
  const texts = [
    piece(stateText(alert, reason), 0.1, medium),
    piece(placeText(alert), 0.1, medium),
    piece(keyText(alert), 0.1, medium),
    ...what,
    // What to do about an alarm is no help once it is over.
    alert.status === "resolved" ? "" : piece(alert.description, 0.15, medium),
    piece(labelsText(alert), 0.05, medium),
  ];
  const lines: Line[] = texts.filter((text) => text !== "").map((text) => ({ text }));
  const pages = [...(alert.runbook ? [{ text: "Runbook", url: alert.runbook }] : []), ...links(alert)];
  return [...lines, ...pages.map((page) => linkLine(page, medium))];
}

/** `name=value` of a key, a group or labels. */
export function fieldsText(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

/** The text on one line, cut to a share of what the medium holds. */
export function piece(text: string, share: number, medium: Medium): string {
  return cut(oneLine(text), Math.max(shareOf(medium, share), LEAST_PIECE), medium.text);
}

/** What a share of a message may cost. A message that holds much is still read by people. */
export function shareOf(medium: Medium, share: number): number {
  return Math.floor(Math.min(medium.limit, 8_000) * share);
}

function stateText(alert: NotifiedAlert, reason: NotifyReason): string {
  const { count, newCount } = alert;
  const matches = `${count} ${count === 1 ? "match" : "matches"}${newCount > 0 && newCount < count ? `, ${newCount} new` : ""}`;
  const parts = [
    REASONS[reason],
    `rule ${alert.rule}`,
    count > 0 ? matches : "",
    alert.acknowledgedBy ? `acknowledged by ${cut(oneLine(alert.acknowledgedBy), 60, characters)}` : "",
    `alert ${alert.id.slice(0, SHORT_ID)}`,
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

function labelsText({ labels }: NotifiedAlert): string {
  return Object.keys(labels).length === 0 ? "" : `Labels: ${fieldsText(labels)}`;
}

/** The newest event, its message only where the summary does not hold it. */
function newestText(alert: NotifiedAlert, time: (iso: string) => string): string {
  const event = alert.events.at(-1);
  if (!event) return "";
  if (!alert.summary.includes(event.message)) return `Last event ${time(event.time)}: ${event.message}`;
  return event.time === alert.startsAt ? "" : `Last event ${time(event.time)}`;
}

function periodText(startsAt: string, endsAt: string, time: (iso: string) => string): string {
  const lasted = durationText(startsAt, endsAt);
  return `${time(startsAt)} to ${time(endsAt)}${lasted && `, lasted ${lasted}`}`;
}

/** What ended it: the event that did, where the alert holds it; else how long nothing more had come. */
function endText({ startsAt, events }: NotifiedAlert, endsAt: string, time: (iso: string) => string): string {
  const event = events.at(-1);
  if (!event) return "";
  const at = Date.parse(event.time);
  if (at >= Date.parse(endsAt) && at > Date.parse(startsAt)) return `Ended by ${time(event.time)}: ${event.message}`;
  const quiet = durationText(event.time, endsAt);
  return quiet && `Ended ${quiet} after its last event`;
}

function linkLine({ text, url }: Link, medium: Medium): Line {
  const link = harmlessLink(url);
  if (!link) return { text: piece(`${text}: ${url}`, 0.1, medium) };
  if (medium.text(link) > Math.max(medium.limit * 0.1, LEAST_LINK))
    return { text: `${text}: its link is too long for this channel` };
  return { text, link };
}
