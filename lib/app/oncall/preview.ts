// What a silence would have held back in the last day, had it been there.
import type { Alert } from "../../model/alert.ts";
import { iso } from "../../model/iso.ts";
import type { App } from "../deps.ts";
import { ENDS, type EndRow, newestFirst, SENT, type SentRow, shortOf } from "../persistence/by-time.ts";
import { type EndedRow, endedKey } from "../persistence/rows.ts";
import { endedAlerts, openAlerts } from "../queries/lists.ts";

const DAY_MS = 86_400_000;

export interface SilencePreview {
  /** ISO */
  since: string;
  /** The alerts that fired since then and match. */
  alerts: Alert[];
  /** How many deliveries of that time were about these alone. */
  deliveries: number;
}

/** `matches` is the silence's pattern, compiled; `open` are the alerts that fire. */
export async function previewSilence(
  app: App,
  open: readonly Alert[],
  matches: (alert: object) => boolean,
): Promise<SilencePreview> {
  const to = app.clock.now();
  const since = to - DAY_MS;
  const known = new Map<string, Alert>();
  for await (const rows of newestFirst<EndRow>(app.store, ENDS, { from: since, to })) {
    const ended = await app.store.getMany<EndedRow>(rows.map(({ data }) => endedKey(data.id)));
    for (const { data } of ended) if (Date.parse(data.alert.endsAt!) >= since) known.set(data.alert.id, data.alert);
  }
  for (const alert of open) known.set(alert.id, alert);
  const alerts = [...known.values()].filter((alert) => matches({ ...alert, status: "firing", endsAt: null }));
  const ids = new Set(alerts.map(({ id }) => shortOf(id)));
  const about = new Set<string>();
  for await (const rows of newestFirst<SentRow>(app.store, SENT, { from: since, to })) {
    for (const { data } of rows) {
      if (data.alerts.length > 0 && data.alerts.every((id) => ids.has(id))) about.add(data.id);
    }
  }
  return { since: iso(since), alerts, deliveries: about.size };
}

/** Every alert that is open or ended within `history`, once. */
export async function knownAlerts(app: App): Promise<Alert[]> {
  const all = [...(await endedAlerts(app)), ...(await openAlerts(app))];
  return [...new Map(all.map((alert) => [alert.id, alert])).values()];
}
