// The title of a message and of an alert: at most so long, and never without a name of what is new.
import type { Notification, NotifyReason } from "../../model/notification.ts";
import { oneLine } from "../../model/printable.ts";
import { durationText } from "./duration-text.ts";
import { type News, type Tone, toneOf } from "./news.ts";
import { characters, cut } from "./plain.ts";

/** Characters of a message's title, at most. */
const TITLE_LIMIT = 150;
/** Characters of one name where the title has several. */
const NAME_LIMIT = 48;

const SIGNS: Readonly<Record<Tone, string>> = {
  critical: "🔴",
  error: "🟠",
  warning: "🟡",
  info: "🔵",
  resolved: "✅",
};
const WORDS: Readonly<Record<NotifyReason, string>> = {
  new: "new",
  escalation: "escalated",
  digest: "held back until now",
  resolved: "resolved",
  update: "matched again",
  repeat: "still firing",
  acknowledged: "acknowledged",
};

/** The message's title, one line: `own`, or the news by name, as many names as it holds. */
export function titleOf(notification: Notification, lead: readonly News[], own?: string): string {
  const mark = notification.test ? "TEST: " : "";
  if (own !== undefined) return mark + cut(oneLine(own), TITLE_LIMIT - mark.length, characters);
  const [first, ...others] = lead;
  if (!first) return `${mark}${SIGNS.info} What was held back has ended`;
  if (others.length === 0) return mark + alertTitle(first, TITLE_LIMIT - mark.length, characters);
  const head = `${mark}${reasonsText(lead)}: `;
  return head + namesText(lead, TITLE_LIMIT - head.length);
}

/**
 * "🔴 CRITICAL summary", "✅ RESOLVED (critical) summary · lasted 12m"; the summary is cut so that
 * all of it costs at most `max`.
 */
export function alertTitle({ alert, reason }: News, max: number, cost: (text: string) => number): string {
  const resolved = alert.status === "resolved";
  const state = resolved ? `RESOLVED (${alert.severity})` : alert.severity.toUpperCase();
  const before = `${SIGNS[toneOf(alert)]} ${state} `;
  const lasted = resolved && alert.endsAt !== null ? durationText(alert.startsAt, alert.endsAt) : "";
  const known = resolved || reason === "new" ? "" : WORDS[reason];
  const after = [lasted && `lasted ${lasted}`, known].filter(Boolean).map((text) => ` · ${text}`);
  const frame = before + after.join("");
  return before + cut(oneLine(alert.summary), max - cost(frame), cost) + after.join("");
}

/** "2 new, 1 resolved". */
function reasonsText(lead: readonly News[]): string {
  const counts = new Map<string, number>(Object.keys(WORDS).map((reason) => [reason, 0]));
  for (const { reason } of lead) counts.set(reason, counts.get(reason)! + 1);
  const parts = [...counts].filter(([, number]) => number > 0);
  return parts.map(([reason, number]) => `${number} ${WORDS[reason as NotifyReason]}`).join(", ");
}

/** "🔴 name; ✅ name; +3 more": the first name at least. */
function namesText(lead: readonly News[], room: number): string {
  const more = (number: number) => (number === 0 ? "" : `; +${number} more`);
  let text = "";
  for (const [index, { alert }] of lead.entries()) {
    const rest = more(lead.length - index - 1);
    const before = `${index === 0 ? "" : "; "}${SIGNS[toneOf(alert)]} `;
    const space = room - text.length - before.length - rest.length;
    const name = cut(oneLine(alert.summary), index === 0 ? Math.min(space, NAME_LIMIT) : NAME_LIMIT, characters);
    if (name.length > space) return text + more(lead.length - index);
    text += before + name;
  }
  return text;
}
