// Telling people: groups are decided, and what is due is sent meanwhile. Whatever is not done by the end stays due in the table.

import { notifyDue, notifyGroups, type Outlet } from "../app/delivery/notify.ts";
import { createSender, type Sender } from "../app/delivery/sender.ts";
import type { App } from "../app/deps.ts";
import { fireTimers } from "../app/evaluation/timers.ts";

/** Before the deadline: a delivery in hand is sent (15 s at most) and recorded, and never sent twice for lack of time. ms */
export const TELLING_RESERVE = 20_000;
/** Deadlines are fired for so long at a time before what they led to is told; ms. */
const TIMERS_MS = 10_000;

export interface TellSummary {
  /** How many deliveries were made, and how many were tried. */
  made: number;
  tried: number;
}

/** Decides the named groups, due or not; `round` is the poll round that is over. One that fails stops no other: it stays due for the sweep. */
export function tellGroups(
  app: App,
  groups: readonly string[],
  round: string | undefined,
  signal: AbortSignal,
): Promise<TellSummary> {
  const over = new Set(round === undefined ? [] : [round]);
  return telling(app, signal, (outlet) => notifyGroups(app, groups, { over, signal, outlet }));
}

/** Decides every group that is due. */
export function tellDue(app: App, signal: AbortSignal): Promise<TellSummary> {
  return telling(app, signal, (outlet) => notifyDue(app, { signal, outlet }));
}

/** Fires the deadlines that are due and tells everything that is, by turns where there is much of either. */
export async function sweepDue(app: App, signal: AbortSignal): Promise<TellSummary & { fired: number }> {
  let fired = 0;
  const told = await telling(app, signal, async (outlet) => {
    for (let count = 0; ; ) {
      const until = app.clock.now() + TIMERS_MS;
      fired += await fireTimers(app, signal, until);
      const all = app.clock.now() < until;
      count += await notifyDue(app, { signal, outlet });
      if (all || signal.aborted) return count;
    }
  });
  return { fired, ...told };
}

/** Sends what is due while `decide` is at work, which says when there is more of it, and after it. */
async function telling(
  app: App,
  signal: AbortSignal,
  decide: (outlet: Outlet) => Promise<number>,
): Promise<TellSummary> {
  const tried = new Set<string>();
  const sender: Sender = createSender(app, signal, (id) => tried.add(id));
  // Where it fails, it fails at the end too, and says so there.
  void sender.poke().catch(() => {});
  let made: number;
  try {
    made = await decide({
      room: sender.room,
      offer(rows) {
        void sender.offer(rows).catch(() => {});
        return sender.caughtUp();
      },
    });
  } catch (error) {
    // What is under way is waited for all the same: the function is frozen as it ends.
    await sender.poke().catch(() => {});
    throw error;
  }
  await sender.poke();
  return { made, tried: tried.size };
}
