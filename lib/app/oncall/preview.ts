// What a silence would have held back in the last day, had it been there.
import type { Silence } from "../../alerts/suppress.ts";
import type { Alert } from "../../model/alert.ts";
import { iso } from "../../model/iso.ts";
import { deliveriesBack } from "../delivery/deliver.ts";
import type { App } from "../deps.ts";
import { ENDS, type EndRow, newestFirst } from "../persistence/by-time.ts";
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
  /** How many deliveries it would have held back. */
  deliveries: number;
}

/** `open` are the alerts that fire. The silence has no beginning and no end yet: it is tried on the whole last day. */
export async function previewSilence(
  app: App,
  open: readonly Alert[],
  { match, during }: Pick<SilenceRow, "match" | "during">,
): Promise<SilencePreview> {
  const to = app.clock.now();
  const since = to - DAY_MS;
  const silence = app.suppression.silence({ id: "", match, from: since, until: to, during, comment: null });
  const times = spansOf(silence);
  const known = new Map<string, Alert>();
  for await (const rows of newestFirst<EndRow>(app.store, ENDS, { from: since, to })) {
    const ended = await app.store.getMany<EndedRow>(rows.map(({ data }) => endedKey(data.id)));
    for (const { data } of ended) known.set(data.alert.id, data.alert);
  }
  for (const alert of open) known.set(alert.id, alert);
  const alerts = [...known.values()].filter(({ startsAt, endsAt, ...alert }) => {
    const [start, end] = [Date.parse(startsAt), endsAt === null ? to : Date.parse(endsAt)];
    if (!times.some((span) => start < span.end && end >= span.start)) return false;
    return silence.matches({ ...alert, startsAt, status: "firing", endsAt: null });
  });
  return { since: iso(since), alerts, deliveries: await countHeld(app, { from: since, to }, alerts, times) };
}

/** Within which the silence holds; its minutes are looked at once. */
interface Span {
  /** ms */
  start: number;
  /** Not part of it; ms */
  end: number;
}

function spansOf({ from, until, during }: Silence): Span[] {
  if (during.length === 0) return [{ start: from, end: until + 1 }];
  const spans: Span[] = [];
  for (let at = Math.floor(from / MINUTE_MS) * MINUTE_MS; at <= until; at += MINUTE_MS) {
    const date = new Date(at);
    if (!during.some((interval) => interval?.contains(date))) continue;
    const last = spans.at(-1);
    if (last?.end === at) last.end += MINUTE_MS;
    else spans.push({ start: Math.max(at, from), end: at + MINUTE_MS });
  }
  return spans;
}

interface Sent {
  made: number;
  /** Ids of the alerts whose end it tells of. */
  ended: string[];
}

/** How many deliveries of these alerts alone fall within. The end of what was told before is always sent. */
async function countHeld(
  app: App,
  range: { from: number; to: number },
  alerts: readonly Alert[],
  times: readonly Span[],
): Promise<number> {
  /** When each alert was first told of; before the range where it began before. */
  const told = new Map(alerts.map(({ id, startsAt }) => [id, Date.parse(startsAt) < range.from ? 0 : range.to]));
  const sent: Sent[] = [];
  for await (const rows of deliveriesBack(app, range)) {
    for (const { row } of rows) {
      const made = row.createdAt;
      const own = row.alerts.filter((id) => told.has(id));
      for (const id of own) told.set(id, Math.min(told.get(id)!, made));
      if (own.length === 0 || own.length < row.alerts.length) continue;
      const resolved = row.notification.alerts.filter(({ status }) => status === "resolved");
      sent.push({ made, ended: resolved.map(({ id }) => id) });
    }
  }
  return sent.filter(({ made, ended }) => {
    const span = times.find(({ start, end }) => start <= made && made < end);
    return span !== undefined && ended.every((id) => told.get(id)! >= span.start);
  }).length;
}

/** Every alert that is open or ended within `history`, once. */
export async function knownAlerts(app: App): Promise<Alert[]> {
  const all = [...(await endedAlerts(app)), ...(await openAlerts(app))];
  return [...new Map(all.map((alert) => [alert.id, alert])).values()];
}
