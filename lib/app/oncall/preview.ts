// What a silence would have held back in the last day, had it been there.
import type { Silence } from "../../alerts/suppress.ts";
import type { Alert } from "../../model/alert.ts";
import { iso } from "../../model/iso.ts";
import type { App } from "../deps.ts";
import { ENDS, type EndRow, newestFirst, SENT, type SentRow, shortOf, timeOf } from "../persistence/by-time.ts";
import type { SilenceRow } from "../persistence/on-call-rows.ts";
import { type EndedRow, endedKey } from "../persistence/rows.ts";
import { endedAlerts, openAlerts } from "../queries/lists.ts";

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

export interface SilencePreview {
  /** ISO */
  since: string;
  /** The alerts that fired since then, while it would have held, and match. */
  alerts: Alert[];
  /** How many deliveries were about these alone and made while it would have held. */
  deliveries: number;
}

/** `open` are the alerts that fire. When the silence begins and ends is to come: the whole last day is looked at. */
export async function previewSilence(
  app: App,
  open: readonly Alert[],
  { match, during }: Pick<SilenceRow, "match" | "during">,
): Promise<SilencePreview> {
  const to = app.clock.now();
  const since = to - DAY_MS;
  const silence = app.suppression.silence({ id: "", match, from: since, until: to, during, comment: null });
  const holds = heldTimes(silence);
  const known = new Map<string, Alert>();
  for await (const rows of newestFirst<EndRow>(app.store, ENDS, { from: since, to })) {
    const ended = await app.store.getMany<EndedRow>(rows.map(({ data }) => endedKey(data.id)));
    for (const { data } of ended) known.set(data.alert.id, data.alert);
  }
  for (const alert of open) known.set(alert.id, alert);
  const alerts = [...known.values()].filter((alert) => {
    const end = alert.endsAt === null ? to : Date.parse(alert.endsAt);
    return holds(Date.parse(alert.startsAt), end) && silence.matches({ ...alert, status: "firing", endsAt: null });
  });
  const ids = new Set(alerts.map(({ id }) => shortOf(id)));
  const about = new Set<string>();
  for await (const rows of newestFirst<SentRow>(app.store, SENT, { from: since, to })) {
    for (const { sk, data } of rows) {
      const made = timeOf(sk);
      const isAbout = data.alerts.length > 0 && data.alerts.every((id) => ids.has(id));
      if (isAbout && holds(made, made)) about.add(data.id);
    }
  }
  return { since: iso(since), alerts, deliveries: about.size };
}

/** Tells whether the silence holds at some moment of a time, to the minute. Its minutes are looked at once. */
function heldTimes({ from, until, during }: Silence): (start: number, end: number) => boolean {
  if (during.length === 0) return (start, end) => start <= until && end >= from;
  const spans: { start: number; end: number }[] = [];
  for (let at = Math.floor(from / MINUTE_MS) * MINUTE_MS; at <= until; at += MINUTE_MS) {
    const date = new Date(at);
    if (!during.some((interval) => interval?.contains(date))) continue;
    const last = spans.at(-1);
    if (last?.end === at) last.end += MINUTE_MS;
    else spans.push({ start: at, end: at + MINUTE_MS });
  }
  return (start, end) => spans.some((span) => start < span.end && end >= Math.max(from, span.start));
}

/** Every alert that is open or ended within `history`, once. */
export async function knownAlerts(app: App): Promise<Alert[]> {
  const all = [...(await endedAlerts(app)), ...(await openAlerts(app))];
  return [...new Map(all.map((alert) => [alert.id, alert])).values()];
}
