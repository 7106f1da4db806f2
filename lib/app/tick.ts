// The one composition of what is due: health is checked, deadlines fire, groups are decided, deliveries are sent. The
// daemon, single rounds, functions and replays only say which of it, and when.

import { closeStrays } from "./delivery/closing.ts";
import { type Handover, notifyDue, notifyGroups } from "./delivery/notify.ts";
import { createSender, type Sender } from "./delivery/sender.ts";
import type { App } from "./deps.ts";
import { fireTimers } from "./evaluation/timers.ts";
import { reconcileHolds } from "./groups/holds.ts";
import { checkHealth } from "./health/health.ts";
import type { Problem } from "./health/problem.ts";

/** Deadlines fire for so long at a time before what they led to is decided; ms. */
const TIMERS_MS = 10_000;

/** What the doorbell was rung for. */
export interface Rung {
  groups: readonly string[];
  /** The poll rounds that are over. */
  over: ReadonlySet<string>;
}

/** One ring: the groups that it names, and the round that is over. */
export function ringOf(groups: readonly string[], round: string | undefined): Rung {
  return { groups, over: new Set(round === undefined ? [] : [round]) };
}

/** What a tick does beside sending what is due. */
export interface TickParts {
  /** First of all: where nothing can be written, all that follows would be in vain. */
  health?: HealthCheck | undefined;
  /** Deadlines fire. */
  timers?: boolean;
  /** Asked once the deadlines have fired: these groups are decided whether they are due or not. */
  rung?: () => Rung;
  /** Nothing that was rung for waits for company, as at the end of a single round. */
  atOnce?: boolean;
  /** Every group that is due is decided. */
  due?: boolean;
  /** Also those that are due within so long, since what they wait for may have ended; ms. */
  ahead?: number;
}

export interface HealthCheck {
  /** What is wrong beyond what the store knows. */
  problems?: readonly Problem[] | undefined;
  /** When the next check comes, where that is certain; ms. */
  every?: number;
  /** Called once the check is written. */
  written?(): void;
}

export interface Ticked {
  /** What is wrong with Lookout itself, where that was checked. */
  problems: Problem[];
  /** How many deadlines fired, and how many deliveries were made. */
  fired: number;
  made: number;
  /** Ids of the deliveries that were tried. */
  tried: string[];
}

/** A sender that outlives the tick: what it does is not waited for. */
export interface Sending {
  sender: Sender;
  /** Given what it is asked to do. */
  keep(sent: Promise<void>): void;
}

/**
 * Does what is due, and what `parts` says beside it; sending goes on meanwhile, and is waited for unless it is
 * `sending`'s. Whatever is not done when the signal aborts stays due. Throws StoreError and Superseded; one failing
 * group, deadline or delivery stops no other.
 */
export async function tick(app: App, signal: AbortSignal, parts: TickParts, sending?: Sending): Promise<Ticked> {
  const tried = new Set<string>();
  const sender = sending?.sender ?? createSender(app, signal, (id) => tried.add(id));
  // Where it fails it fails at the end too, and says so there.
  const keep = sending?.keep ?? ((sent: Promise<void>) => void sent.catch(() => {}));
  const handover: Handover = {
    room: sender.room,
    offer(rows) {
      keep(sender.offer(rows));
      return sender.caughtUp();
    },
  };
  keep(sender.poke());
  try {
    const done = await decide(app, signal, parts, handover);
    if (sending === undefined) await sender.poke();
    return { ...done, tried: [...tried] };
  } catch (error) {
    // What is under way is waited for all the same: a function is frozen as it ends.
    if (sending === undefined) await sender.poke().catch(() => {});
    throw error;
  }
}

/** Deadlines and groups by turns, where there is much of either. */
async function decide(
  app: App,
  signal: AbortSignal,
  { health, timers = false, rung, atOnce = false, due = false, ahead = 0 }: TickParts,
  handover: Handover,
): Promise<Omit<Ticked, "tried">> {
  const done: Omit<Ticked, "tried"> = { problems: [], fired: 0, made: 0 };
  if (health) {
    done.problems = await checkHealth(app, health.problems, health.every);
    health.written?.();
    await closeStrays(app);
  }
  if (due) await reconcileHolds(app);
  for (let all = false; !all; ) {
    const until = app.clock.now() + TIMERS_MS;
    if (timers) done.fired += await fireTimers(app, signal, until);
    all = !timers || signal.aborted || app.clock.now() < until;
    if (rung) {
      const { groups, over } = rung();
      done.made += await notifyGroups(app, groups, { over, atOnce, signal, handover });
    }
    if (due) done.made += await notifyDue(app, { signal, handover, ahead });
  }
  return done;
}
