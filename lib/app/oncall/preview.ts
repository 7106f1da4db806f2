// What a silence would have held back in the last day, had it been there.
import type { Alert } from "../../model/alert.ts";
import { iso } from "../../model/iso.ts";
import { listDeliveries } from "../delivery/deliver.ts";
import type { App } from "../deps.ts";
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

/** `matches` is the silence's pattern, compiled. */
export async function previewSilence(app: App, matches: (alert: object) => boolean): Promise<SilencePreview> {
  const since = app.clock.now() - DAY_MS;
  const alerts = (await knownAlerts(app)).filter((alert) => {
    const over = alert.endsAt !== null && Date.parse(alert.endsAt) < since;
    return !over && matches({ ...alert, status: "firing", endsAt: null });
  });
  const ids = new Set(alerts.map(({ id }) => id));
  const sent = (await listDeliveries(app)).filter(({ createdAt }) => createdAt >= since);
  const about = sent.filter((row) => row.alerts.length > 0 && row.alerts.every((id) => ids.has(id)));
  return { since: iso(since), alerts, deliveries: about.length };
}

/** Every alert that is open or ended within `history`, once. */
export async function knownAlerts(app: App): Promise<Alert[]> {
  const all = [...(await endedAlerts(app)), ...(await openAlerts(app))];
  return [...new Map(all.map((alert) => [alert.id, alert])).values()];
}
