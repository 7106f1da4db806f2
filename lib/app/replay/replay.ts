// Replays events through the very application that runs live, over a store of its own and a clock that moves only when told.
// Invariant: the moments of deadlines, groups and repeats are those at which they are due; nothing is asked of a network.
import { type Group, HEAD, type Member } from "../../alerts/group.ts";
import type { Config, SourceConfig } from "../../model/config.ts";
import type { Event } from "../../model/event.ts";
import type { Notification } from "../../model/notification.ts";
import { iso } from "../../rules/alert.ts";
import type { Transition } from "../../rules/state.ts";
import type { Queue, Store } from "../../store/port.ts";
import type { App, Bus } from "../deps.ts";
import { createProgress } from "../evaluation/progress.ts";
import { reconcileRules } from "../evaluation/registry.ts";
import { commitSlice } from "../evaluation/slice.ts";
import { dropTargets, type Watched, watchTarget } from "../evaluation/watched.ts";
import { readHolds } from "../groups/holds.ts";
import { type SourceRow, sourceKey } from "../persistence/rows.ts";
import { tick } from "../tick.ts";
import { recordingApp } from "./recording-app.ts";
import { openReplayStore } from "./replay-store.ts";

const MAX_SLICE = 1_000;
/** One moment leads to no more than a few rounds: what is due at once because of what was. */
const MAX_ROUNDS = 100;
const QUEUES: readonly Queue[] = ["timer", "group", "delivery"];

export interface ReplayOptions {
  /** Its channels are recorded instead of being sent to; its connections, secrets and store are not used. */
  config: Config;
  /** Where the clock begins; ms. */
  start: number;
  /** What `absence` over targets watches, read completely all the time. Default: nothing. */
  targets?: readonly ReplayedTarget[];
  /**
   * Events come with the polls of their sources (every multiple of `every`), and with a last one at this moment (ms); deadlines wait
   * for the polls. Default: events come as they happen.
   */
  polledUntil?: number;
}

export interface ReplayedTarget extends Watched {
  /** From when on it is there; ms, default: the start. */
  since?: number;
}

/** What happened to an alert. Times in ms. */
export interface ReplayedTransition {
  /** When it was found out: not before the event time that the alert gives. */
  at: number;
  transition: Transition;
  /** What held the alert back at that moment, for people: `silence "migration"`. */
  suppressedBy: readonly string[];
}

/** A notification that would have been sent at `at` (ms). */
export interface ReplayedNotification {
  at: number;
  notification: Notification;
}

/** Alerts that are still to be told, by id, each with what holds it back; null: its group's time is still to come. */
export type Waiting = ReadonlyMap<string, Member["held"]>;

/** What people do to what is there. */
export type Act = (app: App) => Promise<void>;

export interface Replay {
  /** Where the clock is; ms. */
  now(): number;
  /**
   * Lets time pass to `at` (ms; one that has passed is now) and evaluates what was found at that moment: events of any targets,
   * ascending by time. Targets that `ended` do so after them, then people `act`, and what is due at the same moment comes last.
   */
  feed(at: number, events: readonly Event[], ended?: readonly Watched[], act?: Act): Promise<void>;
  /** Lets time pass to `until` (ms): deadlines, groups and repeats each take place when they are due. */
  passTo(until: number): Promise<void>;
  /** All so far or since they were forgotten, in the order in which they were found out. */
  readonly transitions: readonly ReplayedTransition[];
  /** Likewise, in the order in which they would have been sent. */
  readonly notifications: readonly ReplayedNotification[];
  waiting(): Promise<Waiting>;
  /** Empties both lists: a long replay holds no more than what it has open. */
  forget(): void;
  close(): Promise<void>;
}

/** Everything rejects with an Error where a step fails: nothing that was replayed may be missing from the outcome. */
export async function startReplay({ config, start, targets = [], polledUntil }: ReplayOptions): Promise<Replay> {
  let now = start;
  const transitions: ReplayedTransition[] = [];
  const notifications: ReplayedNotification[] = [];
  const store = openReplayStore(() => now);
  const bus: Bus = { publish: keep };
  const app = recordingApp(
    config,
    store,
    () => now,
    bus,
    (notification) => {
      notifications.push({ at: now, notification });
    },
  );
  const stop = new AbortController();

  async function keep(found: readonly Transition[]): Promise<void> {
    if (found.length === 0) return;
    const holds = await readHolds(
      app,
      found.map(({ alert }) => alert),
    );
    for (const transition of found) {
      const { alert } = transition;
      const all = app.router.routes(alert).flatMap((route) => holds.of(alert, route, now).map(({ name }) => name));
      transitions.push({ at: now, transition, suppressedBy: [...new Set(all)] });
    }
  }

  // A key that names its target is shared with no other: then nobody needs to look for others.
  const shares = app.rules.all.some(({ config: { absence, by } }) => {
    return absence?.over === "targets" && !by.includes("resource.id");
  });
  let living = shares ? targets : [];
  const over = new Set<string>();
  const placeOf = (sourceId: string, target: string) => `${sourceId}/${target}`;
  const isOver = ({ sourceId, resource }: Event) => over.has(placeOf(sourceId, resource.id));

  /** Every target of every source is read up to now, or to its last poll. */
  function sourceRows(): Map<string, SourceRow> {
    const lastPoll = (every: number) => (polledUntil === now ? now : Math.floor(now / every) * every);
    return new Map(
      config.sources.map(({ id, every, targets }) => {
        const row = readUpTo(polledUntil === undefined ? now : lastPoll(every), targets);
        return [id, { ...row, firstRunAt: start }];
      }),
    );
  }

  async function evaluate(events: readonly Event[]): Promise<void> {
    const progress = createProgress(config.sources, async () => sourceRows());
    await progress.ready();
    for (let from = 0, size = MAX_SLICE; from < events.length; ) {
      const slice = events.slice(from, from + size);
      const { sourceId, resource } = slice[0]!;
      // What was there before the start is not known; all that comes after it counts.
      const own = { sourceId, target: resource.id, readTo: now, since: start, learning: undefined, isOver };
      const result = await commitSlice(app, own, slice, progress, async () => {}, now, undefined);
      if (result === undefined) {
        size = Math.ceil(slice.length / 2);
        continue;
      }
      await keep(result.transitions);
      from += slice.length;
    }
  }

  const beat = Math.min(...config.sources.map(({ every }) => every));
  /** When a deadline (ms) can be decided at the soonest. */
  function pollAfter(due: number): number {
    return polledUntil === undefined ? due : Math.min(Math.ceil(due / beat) * beat, Math.max(due, polledUntil));
  }

  async function nextDue(until: number): Promise<number | undefined> {
    const rows = await Promise.all(QUEUES.map((queue) => store.due(queue, until, 1)));
    const times = rows
      .flatMap(([row]) => (row?.due === undefined ? [] : [row.queue === "timer" ? pollAfter(row.due) : row.due]))
      .filter((due) => due <= until);
    return times.length === 0 ? undefined : Math.min(...times);
  }

  /** What is due now takes place, in the order of the live tick. */
  async function settle(): Promise<void> {
    const [timer] = await store.due("timer", now, 1);
    const timers = timer !== undefined && pollAfter(timer.due!) <= now;
    if (timers) await store.commit([...sourceRows()].map(([id, data]) => ({ op: "put", ...sourceKey(id), data })));
    await tick(app, stop.signal, { timers, due: true });
  }

  async function passTo(until: number): Promise<void> {
    for (let rounds = 0; ; ) {
      const due = await nextDue(until);
      if (due === undefined) break;
      rounds = due > now ? 1 : rounds + 1;
      if (rounds > MAX_ROUNDS) throw new Error(`the replay cannot go on: something stays due at ${iso(now)}`);
      now = Math.max(now, due);
      await settle();
    }
    now = Math.max(now, until);
  }

  await reconcileRules(app);
  for (const { source, target, since = start } of targets) {
    await app.transact((unit) => watchTarget(app, unit, source, target, since));
  }
  return {
    now: () => now,
    async feed(at, events, ended = [], act = async () => {}) {
      await passTo(at - 1);
      now = Math.max(now, at);
      await evaluate(events);
      for (const { source, target } of ended) {
        living = living.filter((one) => one.source !== source || one.target !== target);
        over.add(placeOf(source.id, target.id));
        await dropTargets(app, source, [target], living);
      }
      await act(app);
      // Of one poll there may be more.
      if (polledUntil === undefined) await passTo(now);
    },
    passTo,
    waiting: () => waitingIn(store),
    transitions,
    notifications,
    forget() {
      transitions.length = 0;
      notifications.length = 0;
    },
    close: () => store.close(),
  };
}

async function waitingIn(store: Store): Promise<Waiting> {
  const waiting = new Map<string, Member["held"]>();
  // Whoever waits has a time at which to look again.
  for (const { pk } of await store.due<Group>("group", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)) {
    const rows = (await store.list<Member[]>(pk)).filter(({ sk }) => sk !== HEAD);
    for (const { id, told, held } of rows.flatMap(({ data }) => data)) if (told === null) waiting.set(id, held);
  }
  return waiting;
}

function readUpTo(now: number, targets: SourceConfig["targets"]): Omit<SourceRow, "firstRunAt"> {
  const known = targets ? { named: targets.map(({ id }) => id) } : { discovered: { at: now, targets: [] } };
  return { completeTo: now, lastRunAt: now, failing: {}, ...known, ledger: {} };
}
