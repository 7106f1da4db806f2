// The whole thing as one process: every source on its own beat, and a tick that does what is due,
// until it is stopped.
import { ROUND_WAIT_MS } from "../alerts/group.ts";
import { notifyGroups } from "../app/delivery/notify.ts";
import { createSender } from "../app/delivery/sender.ts";
import type { App, Bus } from "../app/deps.ts";
import { reconcileRules } from "../app/evaluation/registry.ts";
import { createEmergency } from "../app/health/emergency.ts";
import { endHealth } from "../app/health/health.ts";
import type { Problem } from "../app/health/problem.ts";
import { Superseded } from "../app/persistence/superseded.ts";
import { allCaughtUp } from "../app/polling/behind.ts";
import { type LeasedPoll, pollLeased } from "../app/polling/poll.ts";
import type { PollReport } from "../app/polling/poll-shard.ts";
import { type HealthCheck, type Rung, tick } from "../app/tick.ts";
import type { SourceConfig } from "../model/config.ts";
import { StoreGone } from "../store/port.ts";

const TICK_MS = 1_000;
const HEALTH_MS = 30_000;
/** Where nothing can be written it is tried again so often; ms. */
const TROUBLE_MS = 5_000;
/** A failure that stays the same is logged so often; ms. */
const LOG_MS = 60_000;
const PURGE_MS = 3_600_000;
/** For so long after a start or a take-over it also looks for rounds that ended with their process; ms. */
const AHEAD_MS = 5_000;
/** How often a daemon looks whether a source that another one polls is free; ms. */
const LOOK_MS = 1_000;
/** Why a pause ends early. Without a reason of its own an abort makes an error with a stack, once for each tick. */
const WOKEN = "woken";

export interface DaemonHooks {
  /** Its configuration decides now. */
  started?(): void;
  polled?(report: PollReport): void;
  /** What is wrong beyond what the store knows, such as a refused configuration. */
  problems?(): readonly Problem[];
}

/** The doorbell of one process: wakes the tick at once. */
export interface LocalBus extends Bus {
  /** Resolves at the next ring, after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** The groups that were rung for since it was last asked, and the poll rounds that are over. */
  take(): Rung;
}

export function createLocalBus(sleep: (ms: number, signal: AbortSignal) => Promise<void>): LocalBus {
  let rung = false;
  let wake: (() => void) | undefined;
  let groups = new Set<string>();
  let over = new Set<string>();
  return {
    async publish(_transitions, due, round) {
      if (round !== undefined) {
        over.add(round);
        for (const id of due) groups.add(id);
      }
      rung = true;
      wake?.();
    },
    async wait(ms, signal) {
      if (rung) {
        rung = false;
        return;
      }
      const pause = new AbortController();
      wake = () => pause.abort(WOKEN);
      if (signal.aborted) wake();
      signal.addEventListener("abort", wake, { once: true });
      await sleep(ms, pause.signal).catch(() => {});
      signal.removeEventListener("abort", wake);
      rung = false;
    },
    take() {
      const taken = { groups: [...groups], over };
      groups = new Set();
      over = new Set();
      return taken;
    },
  };
}

/**
 * Runs until the signal aborts, then finishes or leaves safely what is in hand. Rejects where the store cannot be
 * used at the start, with Superseded as soon as a newer configuration decides, and with StoreGone once the channels
 * were notified that the state is gone.
 */
export async function runDaemon(app: App, bus: LocalBus, signal: AbortSignal, hooks: DaemonHooks = {}): Promise<void> {
  await reconcileRules(app);
  hooks.started?.();
  const over = new AbortController();
  const daemon: Daemon = {
    app,
    bus,
    hooks,
    signal: AbortSignal.any([signal, over.signal]),
    giveUp: (error) => over.abort(error),
    aheadUntil: 0,
    logged: new Map(),
  };
  const first = app.config.sources.map(() => Promise.withResolvers<void>());
  const polling = app.config.sources.map((source, at) => pollForever(daemon, source, first[at]!.resolve));
  // What a catch-up of several sources opens and resolves pages nobody.
  const firstRound = Promise.all(first.map(({ promise }) => promise));
  const patience = app.clock.sleep(ROUND_WAIT_MS, daemon.signal).catch(() => {});
  const ready = Promise.race([firstRound, patience]);
  await Promise.all([...polling, tickForever(daemon, ready)]);
  await allCaughtUp(app);
  over.signal.throwIfAborted();
  await decideRung(daemon);
  await endHealth(app);
}

interface Daemon {
  app: App;
  bus: LocalBus;
  hooks: DaemonHooks;
  signal: AbortSignal;
  /** A newer configuration decides, or the state is gone: this process ends what it does. */
  giveUp(error: Superseded | StoreGone): void;
  /** Until when rounds are looked for that ended with their process; ms. */
  aheadUntil: number;
  /** When failures of the last minute were logged, by their text; ms. */
  logged: Map<string, number>;
}

/**
 * Says what failed, and goes on with the next turn; but for a newer configuration and a state that
 * is gone, which end all of it.
 */
function failed(daemon: Daemon, what: string, error: unknown, fields: Record<string, unknown> = {}): void {
  const { app, giveUp, logged } = daemon;
  if (error instanceof Superseded || error instanceof StoreGone) {
    giveUp(error);
    return;
  }
  const line = { ...fields, error: (error as Error).message };
  const name = JSON.stringify([what, line]);
  const now = app.clock.now();
  if (Math.abs(now - (logged.get(name) ?? Number.NEGATIVE_INFINITY)) < LOG_MS) return;
  for (const [old, at] of logged) if (Math.abs(now - at) >= LOG_MS) logged.delete(old);
  logged.set(name, now);
  app.log.error(what, line);
}

async function pollForever(daemon: Daemon, source: SourceConfig, first: () => void): Promise<void> {
  const { app, signal } = daemon;
  let elsewhere: LeasedPoll["elsewhere"] = [];
  while (!signal.aborted) {
    const began = app.clock.now();
    elsewhere = await pollAsOwner(daemon, source, elsewhere);
    first();
    // A clock that was set back must not make the pause longer.
    const rest = () => Math.min(source.every, Math.max(0, began + source.every - app.clock.now()));
    while (elsewhere.length > 0 && rest() > 0 && !signal.aborted) {
      const until = Math.min(...elsewhere.map(({ lease }) => lease.until));
      const look = Math.min(LOOK_MS, Math.max(until - app.clock.now(), LOOK_MS / 10));
      await app.clock.sleep(Math.min(look, rest()), signal).catch(() => {});
      if (rest() > 0 && !signal.aborted) elsewhere = await pollAsOwner(daemon, source, elsewhere, true);
    }
    await app.clock.sleep(rest(), signal).catch(() => {});
  }
  first();
}

/**
 * Polls what no other daemon does; where `asked` only shards that were elsewhere `before`. Returns those that are
 * there now.
 */
async function pollAsOwner(
  daemon: Daemon,
  source: SourceConfig,
  before: LeasedPoll["elsewhere"],
  asked = false,
): Promise<LeasedPoll["elsewhere"]> {
  const { app, signal, hooks } = daemon;
  const began = app.clock.now();
  const waited = before.length > 0;
  try {
    const shards = asked ? before.map(({ shard }) => shard) : undefined;
    const { report, elsewhere } = await pollLeased(app, source, signal, shards);
    if (elsewhere.length > 0 && !waited) {
      const { by } = elsewhere[0]!.lease;
      app.log.info("another process polls it; this one does where that ends", { source: source.id, by });
    }
    if (report !== undefined && elsewhere.length < before.length) {
      app.log.info("the other process polls it no more: this one does", { source: source.id });
      daemon.aheadUntil = began + AHEAD_MS;
    }
    if (report !== undefined) hooks.polled?.(report);
    return elsewhere;
  } catch (error) {
    failed(daemon, "source not polled", error, { source: source.id });
    return before;
  }
}

/** Decides the groups of the rounds that are over, when nothing is sent any more. */
async function decideRung({ app, bus }: Daemon): Promise<void> {
  const { groups, over } = bus.take();
  await notifyGroups(app, groups, { over });
}

/** Also where the clock was set back by more than the interval. */
function isDue(now: number, at: number, interval: number): boolean {
  return now >= at || at - now > interval;
}

/** Nothing is decided before `first`; what was decided before is sent at once. */
async function tickForever(daemon: Daemon, first: Promise<unknown>): Promise<void> {
  const { app, bus, signal, hooks } = daemon;
  let ready = false;
  void first.then(() => {
    ready = true;
    daemon.aheadUntil = app.clock.now() + AHEAD_MS;
    return bus.publish([], []);
  });
  const sender = createSender(app, signal);
  const sending = new Set<Promise<void>>();
  const emergency = createEmergency(app);
  let checkedAt = Number.NEGATIVE_INFINITY;
  /** Whether the newest check of health could be written. */
  let written = true;
  let purgeAt = 0;
  let verifying: Promise<void> | undefined;
  // Not awaited: a slow channel holds up neither the others nor the next decision.
  function keep(sent: Promise<void>): void {
    if (sending.has(sent)) return;
    sending.add(sent);
    sent
      .catch((error: unknown) => failed(daemon, "deliveries not sent; they stay due", error))
      .finally(() => sending.delete(sent));
  }
  /** Checked first: where nothing can be written, what comes after it fails. */
  function dueHealth(now: number): HealthCheck | undefined {
    const every = app.guard.trouble() ? TROUBLE_MS : HEALTH_MS;
    if (!isDue(now, checkedAt + every, every)) return undefined;
    checkedAt = now;
    written = false;
    return {
      problems: hooks.problems?.(),
      every: HEALTH_MS,
      written() {
        written = true;
      },
    };
  }
  while (!signal.aborted) {
    const now = app.clock.now();
    try {
      const ahead = now < daemon.aheadUntil ? ROUND_WAIT_MS : 0;
      const parts = ready ? { health: dueHealth(now), timers: true, rung: bus.take, due: true, ahead } : {};
      await tick(app, signal, parts, { sender, keep });
      if (isDue(now, purgeAt, PURGE_MS)) {
        purgeAt = now + PURGE_MS;
        await app.store.purge(now);
        verifying ??= app.guard
          .verify(signal)
          .catch((error: unknown) => failed(daemon, "the state was not verified", error))
          .finally(() => {
            verifying = undefined;
          });
      }
    } catch (error) {
      failed(daemon, "nothing could be notified in this tick", error);
    }
    if (ready) void emergency.look(!written);
    await bus.wait(TICK_MS, signal);
  }
  if (app.guard.trouble()?.gone) await emergency.end();
  await Promise.allSettled([...sending, verifying]);
}
