// One round: every source polled once, then timers, groups and deliveries, and what can be said about how it went.
import { ROUND_WAIT_MS } from "../alerts/group.ts";
import { type Delivery, nextDue, readDeliveries } from "../app/delivery/deliver.ts";
import type { App, Bus } from "../app/deps.ts";
import { reconcileRules } from "../app/evaluation/registry.ts";
import type { Problem } from "../app/health/problem.ts";
import { isOverWithin } from "../app/parallel.ts";
import { leaveGeneration } from "../app/persistence/generation.ts";
import { pollSources } from "../app/polling/poll.ts";
import type { PollReport } from "../app/polling/poll-shard.ts";
import { type Rung, type Ticked, type TickParts, tick } from "../app/tick.ts";
import { RowDamaged } from "../store/port.ts";

/** How long after the last poll a failed delivery is still tried again; ms. */
const RETRY_MS = 10_000;
/** How long what was found waits at most for the polls that still go on; ms. */
const MEANWHILE_MS = 10_000;

export interface RoundReport {
  polls: PollReport[];
  /** The deliveries tried in this round, as they are now. */
  deliveries: Delivery[];
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
  // Printed below, where the round comes so far.
  verified.catch(() => {});
  const underWay = pollSources(polling, app.config.sources, signal);
  const tried = new Set<string>();
  /** Also what waits for a round: of a process that is gone there may be some. */
  const ahead = ROUND_WAIT_MS;
  async function turn(parts: TickParts): Promise<Ticked> {
    const ticked = await tick(polling, signal, parts);
    for (const id of ticked.tried) tried.add(id);
    return ticked;
  }
  // Notifying does not wait for the end of all polls, however long one takes.
  const meanwhile = Math.min(MEANWHILE_MS, ...app.config.sources.map(({ every }) => every));
  while (!(await isOverWithin(underWay, meanwhile))) await turn({ rung, atOnce: true, due: true, ahead });
  const { reports: polls, errors } = await underWay;
  // What a damaged row stops is among the problems.
  for (const error of errors.values()) if (!(error instanceof RowDamaged)) throw error;
  const polled = app.clock.now();
  await verified;
  const { problems } = await turn({ health: {}, timers: true, rung, atOnce: true, due: true, ahead });
  for (;;) {
    const due = await nextDue(app, [...tried]);
    if (due === undefined || due > polled + RETRY_MS || signal.aborted) break;
    await app.clock.sleep(Math.max(0, due - app.clock.now()));
    await turn({});
  }
  const deliveries = await readDeliveries(app, [...tried]);
  if (!deliveries.some(({ status }) => status === "dead")) return { polls, deliveries, problems };
  // A delivery died in this very round: say so now.
  const worse = await tick(app, signal, { health: {}, due: true });
  return { polls, deliveries, problems: worse.problems };
}

/** The application whose doorbell keeps what it is rung for, until it is asked: a single round decides all of it. */
function collectingRings(app: App): { polling: App; rung: () => Rung } {
  let groups: string[] = [];
  const over = new Set<string>();
  const publish: Bus["publish"] = async (transitions, more, round) => {
    groups.push(...more);
    if (round !== undefined) over.add(round);
    await app.bus.publish(transitions, more, round);
  };
  function rung(): Rung {
    const taken = groups;
    groups = [];
    return { groups: taken, over };
  }
  return { polling: { ...app, bus: { publish } }, rung };
}
