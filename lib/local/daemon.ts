// The whole thing as one process: every source on its own beat, and a tick that tells what is due, until it is told to stop.

import type { App, Bus } from "../app/deps.ts";
import { checkHealth, type Problem } from "../app/health.ts";
import { notifyDue } from "../app/notify.ts";
import { type PollReport, pollSource } from "../app/poll.ts";
import { reconcileRules } from "../app/registry.ts";
import { createSender } from "../app/sender.ts";
import { fireTimers } from "../app/timers.ts";
import type { SourceConfig } from "../model/config.ts";

const TICK_MS = 1_000;
const HEALTH_MS = 30_000;
const PURGE_MS = 3_600_000;
/** How long the first telling waits for the first poll of every source, so that what ended meanwhile pages nobody; ms. */
const FIRST_ROUND_MS = 120_000;

export interface DaemonHooks {
  polled?(report: PollReport): void;
  /** What is wrong beyond what the store knows, such as a refused configuration. */
  problems?(): readonly Problem[];
}

/** The doorbell of one process: wakes the tick at once. */
export interface LocalBus extends Bus {
  /** Resolves at the next ring, after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
}

export function createLocalBus(sleep: (ms: number, signal: AbortSignal) => Promise<void>): LocalBus {
  let rung = false;
  let wake: (() => void) | undefined;
  return {
    async publish() {
      rung = true;
      wake?.();
    },
    async wait(ms, signal) {
      if (rung) {
        rung = false;
        return;
      }
      const stop = new AbortController();
      const bell = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const timer = sleep(ms, AbortSignal.any([signal, stop.signal])).catch(() => {});
      await Promise.race([bell, timer]);
      stop.abort();
      rung = false;
    },
  };
}

/** Runs until the signal aborts, then finishes or leaves safely what is in hand. Rejects where the store fails for good. */
export async function runDaemon(app: App, bus: LocalBus, signal: AbortSignal, hooks: DaemonHooks = {}): Promise<void> {
  await reconcileRules(app);
  const first = app.config.sources.map(() => Promise.withResolvers<void>());
  const polling = app.config.sources.map((source, at) => pollForever(app, source, signal, hooks, first[at]!.resolve));
  const firstRound = Promise.all(first.map(({ promise }) => promise));
  const patience = app.clock.sleep(FIRST_ROUND_MS, signal).catch(() => {});
  await Promise.race([firstRound, patience]);
  await Promise.all([...polling, tickForever(app, bus, signal, hooks)]);
}

async function pollForever(
  app: App,
  source: SourceConfig,
  signal: AbortSignal,
  hooks: DaemonHooks,
  first: () => void,
): Promise<void> {
  while (!signal.aborted) {
    const began = app.clock.now();
    try {
      const report = await pollSource(app, source, signal);
      hooks.polled?.(report);
    } catch (error) {
      app.log.error("source not polled", { source: source.id, error: (error as Error).message });
    }
    first();
    // A clock that was set back must not make the pause longer.
    const rest = Math.min(source.every, Math.max(0, began + source.every - app.clock.now()));
    await app.clock.sleep(rest, signal).catch(() => {});
  }
  first();
}

/** Also where the clock was set back by more than the interval. */
function isDue(now: number, at: number, interval: number): boolean {
  return now >= at || at - now > interval;
}

async function tickForever(app: App, bus: LocalBus, signal: AbortSignal, hooks: DaemonHooks): Promise<void> {
  const sender = createSender(app, signal);
  const sending = new Set<Promise<void>>();
  let healthAt = 0;
  let purgeAt = 0;
  // Not awaited: a slow channel holds up neither the others nor the next decision.
  function keep(sent: Promise<void>): void {
    if (sending.has(sent)) return;
    sending.add(sent);
    sent
      .catch((error: Error) => app.log.error("deliveries not sent; they stay due", { error: error.message }))
      .finally(() => sending.delete(sent));
  }
  while (!signal.aborted) {
    const now = app.clock.now();
    try {
      await fireTimers(app, signal);
      if (isDue(now, healthAt, HEALTH_MS)) {
        healthAt = now + HEALTH_MS;
        await checkHealth(app, hooks.problems?.());
      }
      await notifyDue(app, { signal, made: (rows) => keep(sender.offer(rows)) });
      keep(sender.poke());
      if (isDue(now, purgeAt, PURGE_MS)) {
        purgeAt = now + PURGE_MS;
        await app.store.purge(now);
      }
    } catch (error) {
      app.log.error("nothing could be told in this tick", { error: (error as Error).message });
    }
    await bus.wait(TICK_MS, signal);
  }
  await Promise.allSettled(sending);
}
