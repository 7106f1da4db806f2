// What a message leads with: each alert with its own reason, the news before what people have been notified of.
import type { Counted, Notification, NotifiedAlert, NotifyReason } from "../../model/notification.ts";
import type { Severity } from "../../model/severity.ts";

/** How urgent something looks. */
export type Tone = Severity | "resolved";
/** The most urgent first. */
const TONES: readonly Tone[] = ["critical", "error", "warning", "info", "resolved"];

/** An alert and why it is in the notification. */
export interface News {
  alert: NotifiedAlert;
  reason: NotifyReason;
}

/** People have not been notified of it. */
const NEWS: ReadonlySet<NotifyReason> = new Set<NotifyReason>(["new", "escalation", "digest", "resolved"]);
/** What kinds of alerts a message may lead with; the first kind that there is leads it. */
const LEADING: readonly ReadonlySet<NotifyReason>[] = [
  NEWS,
  new Set<NotifyReason>(["update", "acknowledged"]),
  new Set<NotifyReason>(["repeat"]),
];

export function isNews(reason: NotifyReason): boolean {
  return NEWS.has(reason);
}

/** The alerts that the message is about, firing before resolved and then by severity; and those it only counts. */
export function newsOf(notification: Notification): { lead: News[]; known: NotifiedAlert[] } {
  const news = notification.alerts.map((alert) => ({ alert, reason: reasonOf(alert, notification.reason) }));
  const leading = LEADING.find((reasons) => news.some(({ reason }) => reasons.has(reason)));
  const leads = ({ reason }: News) => leading?.has(reason) === true;
  const urgency = ({ alert }: News) => TONES.indexOf(alert.severity) + (alert.status === "resolved" ? TONES.length : 0);
  return {
    lead: news.filter(leads).sort((a, b) => urgency(a) - urgency(b)),
    known: news.filter((one) => !leads(one)).map(({ alert }) => alert),
  };
}

/**
 * The alert's own reason. Where an older version stored none, what follows from its counts and its
 * notification's reason.
 */
export function reasonOf(alert: NotifiedAlert, whole: NotifyReason): NotifyReason {
  if (alert.reason) return alert.reason;
  if (alert.status === "resolved") return whole === "digest" ? "digest" : "resolved";
  if (whole === "escalation") return "escalation";
  // Not notified before: all that it counted is new.
  if (whole === "new" && alert.newCount >= alert.count) return "new";
  return alert.newCount > 0 ? "update" : "repeat";
}

export function toneOf(alert: NotifiedAlert): Tone {
  return alert.status === "resolved" ? "resolved" : alert.severity;
}

/** "2 critical, 1 resolved". */
export function countsText(alerts: readonly NotifiedAlert[], counted?: Counted): string {
  const counts = new Map<Tone, number>(
    TONES.map((tone) => [tone, (tone === "resolved" ? 0 : counted?.alerts[tone]) ?? 0]),
  );
  for (const alert of alerts) counts.set(toneOf(alert), counts.get(toneOf(alert))! + 1);
  const parts = [...counts].filter(([, number]) => number > 0).map(([tone, number]) => `${number} ${tone}`);
  return parts.join(", ");
}
