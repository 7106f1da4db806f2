// One round: every source polled once, then timers, groups and deliveries, and what can be said about how it went.

import { ROUND_WAIT_MS } from "../alerts/group.ts";
import { deliverDue, nextDue } from "../app/deliver.ts";
import type { App, Bus } from "../app/deps.ts";
import { leaveGeneration } from "../app/generation.ts";
import { checkHealth } from "../app/health.ts";
import { notifyDue, notifyGroups } from "../app/notify.ts";
import { isOverWithin } from "../app/parallel.ts";
import { type PollReport, pollSources } from "../app/poll.ts";
import type { Problem } from "../app/problems.ts";
import { reconcileRules } from "../app/registry.ts";
import { type DeliveryRow, deliveryKey } from "../app/rows.ts";
import { fireTimers } from "../app/timers.ts";
import { RowDamaged } from "../store/port.ts";

/** How long after the last poll a failed delivery is still tried again; ms. */
const RETRY_MS = 10_000;
/** How long what was found waits at most for the polls that still go on; ms. */
const MEANWHILE_MS = 10_000;

export interface RoundReport {
  polls: PollReport[];
  /** The deliveries tried in this round, as they are now. */
  deliveries: DeliveryRow[];
  problems: Problem[];
}

/** Runs one round. Rejects only where the store fails; everything else is in the report. */
export async function runOnce(app: App, signal: AbortSignal): Promise<RoundReport> {
  await reconcileRules(app);
  const report = await roundOf(app, signal);
  await leaveGeneration(app);
  return report;
}

async function roundOf(app: App, signal: AbortSignal): Promise<RoundReport> {
  const { polling, rung } = collectingRings(app);
  const verified = app.guard.verify(signal);
  // Told below, where the round comes so far.
  verified.catch(() => {});
  const underWay = pollSources(polling, app.config.sources, signal);
  const tried = new Set<string>();
  // Notifying does not wait for the end of all polls, however long one takes.
  const meanwhile = Math.min(MEANWHILE_MS, ...app.config.sources.map(({ every }) => every));
  while (!(await isOverWithin(underWay, meanwhile))) {
    await notifyGroups(app, rung.groups.splice(0), { over: rung.over, atOnce: true });
    for (const id of await tell(app, signal)) tried.add(id);
  }
  const { reports: polls, errors } = await underWay;
  // What a damaged row stops, the problems tell.
  for (const error of errors.values()) if (!(error instanceof RowDamaged)) throw error;
  const polled = app.clock.now();
  await fireTimers(polling, signal);
  await verified;
  const problems = await checkHealth(polling);
  await notifyGroups(app, rung.groups, { over: rung.over, atOnce: true });
  for (const id of await tell(app, signal)) tried.add(id);
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

/** The application whose doorbell keeps what it is rung for: a single round notifies all of it at its end. */
function collectingRings(app: App): { polling: App; rung: { groups: string[]; over: Set<string> } } {
  const rung = { groups: [] as string[], over: new Set<string>() };
  const publish: Bus["publish"] = async (transitions, groups, round) => {
    rung.groups.push(...groups);
    if (round !== undefined) rung.over.add(round);
    await app.bus.publish(transitions, groups, round);
  };
  return { polling: { ...app, bus: { publish } }, rung };
}

/** Also what waits for a round: of a process that is gone there may be some. */
async function tell(app: App, signal: AbortSignal): Promise<string[]> {
  await notifyDue(app, { signal, ahead: ROUND_WAIT_MS });
  return deliverDue(app, signal);
}
