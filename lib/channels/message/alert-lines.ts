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
  acknowledged: "Acknowledged",
};
/** Characters of an id that a person needs: any unique prefix serves every command. */
const SHORT_ID = 8;

/** What a piece or a link may cost, however little the medium holds: less of it would say nothing. */
const LEAST_PIECE = 96;
const LEAST_LINK = 240;

/** How alerts are shown to people. */
export interface Shown {
  /** An ISO time in words. */
  time(iso: string): string;
  links(alert: NotifiedAlert): readonly Link[];
  /** Advice and addresses that stand further up already: each stands once. */
  said: Set<string>;
}

/** What follows the alert's title. */
export function alertLines(news: News, shown: Shown, medium: Medium): Line[] {
  const { alert } = news;
  const lines = [
    { text: piece(placeText(alert), 0.1, medium) },
    fact("Key", ": ", piece(keyText(alert), 0.1, medium)),
    ...courseOf(alert, shown.time, medium),
    // What to do about an alarm is no help once it is over.
    { text: alert.status === "resolved" ? "" : piece(once(alert.description, shown), 0.15, medium) },
    fact("Labels", ": ", piece(fieldsText(alert.labels), 0.05, medium)),
    aside(stateText(news), medium),
  ];
  return [...lines.flatMap((line) => (line?.text ? [line] : [])), ...linkLines(alert, shown, medium)];
}

/** The pages about an alert that are not linked yet, its runbook first. */
export function linkLines(alert: NotifiedAlert, shown: Pick<Shown, "links" | "said">, medium: Medium): Line[] {
  const pages = [...(alert.runbook ? [{ text: "Runbook", url: alert.runbook }] : []), ...shown.links(alert)];
  return pages.filter(({ url }) => once(url, shown) !== "").map((page) => linkLine(page, medium));
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

/** A line that few readers look for. */
export function aside(text: string, medium: Medium, share = 0.1): Line {
  return { text: piece(text, share, medium), aside: true };
}

/** What a share of a message may cost. A message that holds much is still read by people. */
export function shareOf(medium: Medium, share: number): number {
  return Math.floor(Math.min(medium.limit, 8_000) * share);
}

/** "Since 10:00", "Key: job=7". Undefined without a value. */
function fact(name: string, joint: string, value: string): Line | undefined {
  return value === "" ? undefined : { text: name + joint + value, fact: { name, value } };
}

/** The text where it stands nowhere yet, else nothing. */
function once(text: string, { said }: Pick<Shown, "said">): string {
  if (said.has(text)) return "";
  said.add(text);
  return text;
}

function stateText({ alert, reason }: News): string {
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
  return Object.values(key).every((value) => named.includes(value)) ? "" : fieldsText(key);
}

/** Since when it fires and what happened last; of one that is over, when it fired and what ended it. */
function courseOf(alert: NotifiedAlert, time: (iso: string) => string, medium: Medium): (Line | undefined)[] {
  const { startsAt, endsAt } = alert;
  if (endsAt === null) {
    const newest = piece(newestText(alert, time), 0.15, medium);
    return [fact("Since", " ", time(startsAt)), fact("Last event", " ", newest)];
  }
  const lasted = durationText(startsAt, endsAt);
  return [
    fact("Fired", " ", `${time(startsAt)} to ${time(endsAt)}${lasted && `, lasted ${lasted}`}`),
    fact("Ended", " ", piece(endText(alert, endsAt, time), 0.15, medium)),
  ];
}

/** The newest event, its message only where the summary does not hold it. */
function newestText(alert: NotifiedAlert, time: (iso: string) => string): string {
  const event = alert.events.at(-1);
  if (!event) return "";
  if (!alert.summary.includes(event.message)) return `${time(event.time)}: ${event.message}`;
  return event.time === alert.startsAt ? "" : time(event.time);
}

/** The event that ended it, where the alert holds that; else how long nothing more had come. */
export function endText({ startsAt, events }: NotifiedAlert, endsAt: string, time: (iso: string) => string): string {
  const event = events.at(-1);
  if (!event) return "";
  const at = Date.parse(event.time);
  if (at >= Date.parse(endsAt) && at > Date.parse(startsAt)) return `by ${time(event.time)}: ${event.message}`;
  const quiet = durationText(event.time, endsAt);
  return quiet && `${quiet} after its last event`;
}

function linkLine({ text, url }: Link, medium: Medium): Line {
  const link = harmlessLink(url);
  if (!link) return { text: piece(`${text}: ${url}`, 0.1, medium) };
  if (medium.text(link) > Math.max(medium.limit * 0.1, LEAST_LINK))
    return { text: `${text}: its link is too long for this channel` };
  return { text, link };
}
