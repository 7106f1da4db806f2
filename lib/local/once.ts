// One round: every source polled once, then timers, groups and deliveries, and what can be said about how it went.

import { deliverDue, nextDue } from "../app/deliver.ts";
import type { App } from "../app/deps.ts";
import { checkHealth, type Problem } from "../app/health.ts";
import { notifyDue } from "../app/notify.ts";
import { type PollReport, pollSource } from "../app/poll.ts";
import { reconcileRules } from "../app/registry.ts";
import { type DeliveryRow, deliveryKey } from "../app/rows.ts";
import { fireTimers } from "../app/timers.ts";

/** How long after the last poll a failed delivery is still tried again; ms. */
const RETRY_MS = 10_000;

export interface RoundReport {
  polls: PollReport[];
  /** The deliveries tried in this round, as they are now. */
  deliveries: DeliveryRow[];
  problems: Problem[];
}

/** Runs one round. Rejects only where the store fails; everything else is in the report. */
export async function runOnce(app: App, signal: AbortSignal): Promise<RoundReport> {
  await reconcileRules(app);
  const polls = await Promise.all(app.config.sources.map((source) => pollSource(app, source, signal)));
  const polled = app.clock.now();
  await fireTimers(app, signal);
  const problems = await checkHealth(app);
  const tried = new Set(await tell(app, signal));
  for (;;) {
    const due = await nextDue(app, [...tried]);
    if (due === undefined || due > polled + RETRY_MS || signal.aborted) break;
    await app.clock.sleep(Math.max(0, due - app.clock.now()));
    for (const id of await deliverDue(app, signal)) tried.add(id);
  }
  const rows = await app.store.getMany<DeliveryRow>([...tried].map(deliveryKey));
  const deliveries = rows.map(({ data }) => data);
  if (!deliveries.some(({ status }) => status === "dead")) return { polls, deliveries, problems };
  // A delivery died in this very round: say so now.
  const worse = await checkHealth(app);
  await tell(app, signal);
  return { polls, deliveries, problems: worse };
}

async function tell(app: App, signal: AbortSignal): Promise<string[]> {
  await notifyDue(app, { signal });
  return deliverDue(app, signal);
}
