// What every chat says about a notification, as plain lines that each channel writes in its own markup: the most urgent
// alerts first, as many as the channel holds, the rest counted. A message never exceeds its medium's limit.
import type { Notification, NotifiedAlert } from "../model/notification.ts";
import { alertLines, alertTitle, fieldsText, piece, REASONS, SIGNS, type Tone, toneOf } from "./alert-lines.ts";
import type { Line, Medium } from "./medium.ts";
import { oneLine } from "./plain.ts";

export interface Message {
  /** One line. With one alert it is the alert's; with several it counts them. */
  title: string;
  /** Of the most urgent alert. */
  tone: Tone;
  blocks: Line[][];
}

const TEST_NOTE = "This is a test message of Lookout. Nothing has happened.";
const URGENCY: readonly Tone[] = ["critical", "error", "warning", "info", "resolved"];

/** The message, within the medium's limit; times are shown in `timezone` (IANA name). */
export function compose(notification: Notification, timezone: string, medium: Medium): Message {
  const alerts = mostUrgentFirst(notification.alerts);
  const alone = alerts.length === 1 ? alerts[0] : undefined;
  const counts = countsOf(alerts);
  const mark = notification.test ? "TEST: " : "";
  const title = mark + (alone ? alertTitle(alone, medium) : overview(notification, counts, medium));
  const head: Line[][] = notification.test ? [[{ text: TEST_NOTE }]] : [];
  const foot = heldBack(notification);
  const shown: Line[][] = [];
  const time = timeIn(timezone);

  let left = medium.limit;
  for (const block of [[{ text: title, strong: true }], ...head, ...foot]) left -= medium.block(block);
  for (const alert of alerts) {
    const facts = alertLines(alert, notification.reason, time, medium);
    const block = alone ? facts : [{ text: alertTitle(alert, medium), strong: true }, ...facts];
    count(counts, alert, -1);
    left -= medium.block(block);
    if (left < total(more(counts), medium)) {
      count(counts, alert, +1);
      break;
    }
    shown.push(block);
  }
  return { title, tone: alerts[0] ? toneOf(alerts[0]) : "info", blocks: [...head, ...shown, ...more(counts), ...foot] };
}

function mostUrgentFirst(alerts: readonly NotifiedAlert[]): NotifiedAlert[] {
  const severity = (alert: NotifiedAlert) => URGENCY.indexOf(alert.severity);
  const ended = (alert: NotifiedAlert) => Number(alert.status === "resolved");
  return alerts.toSorted((a, b) => ended(a) - ended(b) || severity(a) - severity(b));
}

/** How many alerts there are of each tone. */
type Counts = Map<Tone, number>;

function countsOf(alerts: readonly NotifiedAlert[]): Counts {
  const counts: Counts = new Map(URGENCY.map((tone) => [tone, 0]));
  for (const alert of alerts) count(counts, alert, +1);
  return counts;
}

function count(counts: Counts, alert: NotifiedAlert, by: number): void {
  const tone = toneOf(alert);
  counts.set(tone, (counts.get(tone) ?? 0) + by);
}

function countsText(counts: Counts): string {
  const parts = [...counts].filter(([, number]) => number > 0).map(([tone, number]) => `${number} ${tone}`);
  return parts.join(", ");
}

function more(counts: Counts): Line[][] {
  const rest = [...counts.values()].reduce((sum, number) => sum + number, 0);
  return rest === 0 ? [] : [[{ text: `+${rest} more: ${countsText(counts)}` }]];
}

function total(blocks: readonly Line[][], medium: Medium): number {
  return blocks.reduce((sum, block) => sum + medium.block(block), 0);
}

function overview(notification: Notification, counts: Counts, medium: Medium): string {
  if (notification.alerts.length === 0) return `${SIGNS.info} What was held back has ended`;
  const worst = URGENCY.find((tone) => (counts.get(tone) ?? 0) > 0) ?? "info";
  const group = piece(fieldsText(notification.group), 0.1, medium);
  const parts = [`${SIGNS[worst]} ${countsText(counts)}`, REASONS[notification.reason], group];
  return parts.filter(Boolean).join(" · ");
}

/** One line about what silences, mutes and inhibition kept from this channel. */
function heldBack({ suppressed }: Notification): Line[][] {
  const parts = Object.entries(suppressed).filter(([, number]) => number > 0);
  if (parts.length === 0) return [];
  return [[{ text: `Held back, not shown: ${parts.map(([how, number]) => `${number} ${how}`).join(", ")}` }]];
}

/** Shows ISO times as "2026-11-20 11:00:00 GMT+1"; what is no time is shown as it is. */
function timeIn(timezone: string): (iso: string) => string {
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: timezone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  });
  return (iso) => {
    const at = Date.parse(iso);
    if (Number.isNaN(at)) return oneLine(iso).slice(0, 40);
    const parts = Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
    const { year, month, day, hour, minute, second, timeZoneName } = parts;
    return `${year}-${month}-${day} ${hour}:${minute}:${second} ${timeZoneName}`;
  };
}
