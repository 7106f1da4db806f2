// Replays events through the very application that runs live, over a store of its own and a clock
// that is set forward by the caller.
// Invariant: the moments of deadlines, groups and repeats are those at which they are due; nothing
// is asked of a network.
import type { Member } from "../../alerts/group.ts";
import type { Config, SourceConfig } from "../../model/config.ts";
import type { Event } from "../../model/event.ts";
import { iso } from "../../model/iso.ts";
import type { Notification } from "../../model/notification.ts";
import { namedTargets } from "../../model/source-kinds.ts";
import type { Transition } from "../../rules/state.ts";
import type { Queue, Store } from "../../store/port.ts";
import type { App, Bus } from "../deps.ts";
import { createProgress } from "../evaluation/progress.ts";
import { reconcileRules } from "../evaluation/registry.ts";
import { commitSlice } from "../evaluation/slice.ts";
import { dropTargets, type Watched, watchTarget } from "../evaluation/watched.ts";
import { readHolds } from "../groups/holds.ts";
import { foldGroup, type GroupRow } from "../groups/inbox.ts";
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
   * Events come with the polls of their sources (every multiple of `every`), and with a last one at this moment (ms);
   * deadlines wait for the polls. Default: events come as they happen.
   */
  polledUntil?: number | undefined;
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

/**
 * Alerts that are still to be notified, by id, each with what holds it back; null: its group's time is still to come.
 */
export type Waiting = ReadonlyMap<string, Member["held"]>;

/** What people do to what is there. */
export type Act = (app: App) => Promise<void>;

export interface Replay {
  /** Where the clock is; ms. */
  now(): number;
  /**
   * Lets time pass to `at` (ms; one that has passed is now) and evaluates what was found at that moment: events of any
   * targets, ascending by time. Targets that `ended` do so after them, then people `act`, and what is due at the same
   * moment comes last.
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

/** Where the clock is (ms), and what was found out so far. */
interface Recording {
  now: number;
  transitions: ReplayedTransition[];
  notifications: ReplayedNotification[];
}

interface Run extends Pick<ReplayOptions, "config" | "start" | "polledUntil"> {
  app: App;
  store: Store;
  recording: Recording;
  /** The shortest time between two polls of a source; ms. */
  beat: number;
  /** The targets that may share a key with others, as far as they have not ended. */
  living: readonly ReplayedTarget[];
  /** Places of the targets that have ended. */
  over: Set<string>;
  /** Never aborted. */
  never: AbortSignal;
}

/** Everything rejects with an Error where a step fails: nothing that was replayed may be missing from the outcome. */
export async function startReplay({ config, start, targets = [], polledUntil }: ReplayOptions): Promise<Replay> {
  const recording: Recording = { now: start, transitions: [], notifications: [] };
  const now = () => recording.now;
  const store = openReplayStore(now);
  const bus: Bus = { publish: (found) => keep(app, recording, found) };
  const app = recordingApp(config, store, now, bus, (notification) => {
    recording.notifications.push({ at: recording.now, notification });
  });
  const beat = Math.min(...config.sources.map(({ every }) => every));
  const living = sharesKeys(app) ? targets : [];
  const never = new AbortController().signal;
  const run: Run = { app, store, recording, config, start, polledUntil, beat, living, over: new Set(), never };
  await reconcileRules(app);
  for (const { source, target, since = start } of targets) {
    await app.transact((unit) => watchTarget(app, unit, source, target, since));
  }
  const { transitions, notifications } = recording;
  return {
    now,
    feed: (at, events, ended = [], act = async () => {}) => feed(run, { at, events, ended, act }),
    passTo: (until) => passTo(run, until),
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

/** A key that names its target is shared with no other: then nobody needs to look for others. */
function sharesKeys({ rules }: App): boolean {
  return rules.all.some(({ config: { absence, by } }) => absence?.over === "targets" && !by.includes("resource.id"));
}

async function keep(app: App, { now, transitions }: Recording, found: readonly Transition[]): Promise<void> {
  if (found.length === 0) return;
  const alerts = found.map(({ alert }) => alert);
  const holds = await readHolds(app, alerts);
  for (const transition of found) {
    const { alert } = transition;
    const all = app.router.routes(alert).flatMap((route) => holds.of(alert, route, now).map(({ name }) => name));
    transitions.push({ at: now, transition, suppressedBy: [...new Set(all)] });
  }
}

/** What happens at one moment. */
interface Moment {
  at: number;
  events: readonly Event[];
  ended: readonly Watched[];
  act: Act;
}

async function feed(run: Run, { at, events, ended, act }: Moment): Promise<void> {
  const { app, recording, over } = run;
  await passTo(run, at - 1);
  recording.now = Math.max(recording.now, at);
  await evaluate(run, events);
  for (const { source, target } of ended) {
    run.living = run.living.filter((one) => one.source !== source || one.target !== target);
    over.add(placeOf(source.id, target.id));
    await dropTargets(app, source, [target], async () => run.living);
  }
  await act(app);
  // Of one poll there may be more.
  if (run.polledUntil === undefined) await passTo(run, recording.now);
}

async function evaluate(run: Run, events: readonly Event[]): Promise<void> {
  const { app, recording, start, over } = run;
  const isOver = ({ sourceId, resource }: Event) => over.has(placeOf(sourceId, resource.id));
  const rows = sourceRows(run);
  const rowOf = async ({ id }: SourceConfig) => rows.get(id);
  const progress = createProgress(run.config.sources, { bare: rowOf, whole: rowOf, of: rowOf });
  for (let from = 0, size = MAX_SLICE; from < events.length; ) {
    const slice = events.slice(from, from + size);
    const { sourceId, resource } = slice[0]!;
    // What was there before the start is not known; all that comes after it counts.
    const own = { sourceId, target: resource.id, readTo: recording.now, since: start, learning: undefined, isOver };
    const result = await commitSlice(app, own, slice, progress, async () => {}, recording.now, undefined);
    if (result === undefined) {
      size = Math.ceil(slice.length / 2);
      continue;
    }
    await keep(app, recording, result.transitions);
    from += slice.length;
  }
}

function placeOf(sourceId: string, target: string): string {
  return `${sourceId}/${target}`;
}

async function passTo(run: Run, until: number): Promise<void> {
  const { recording } = run;
  for (let rounds = 0; ; ) {
    const due = await nextDue(run, until);
    if (due === undefined) break;
    rounds = due > recording.now ? 1 : rounds + 1;
    if (rounds > MAX_ROUNDS) {
      throw new Error(`the replay cannot go on: something stays due at ${iso(recording.now)}`);
    }
    recording.now = Math.max(recording.now, due);
    await settle(run);
  }
  recording.now = Math.max(recording.now, until);
}

async function nextDue(run: Run, until: number): Promise<number | undefined> {
  const rows = await Promise.all(QUEUES.map((queue) => run.store.due(queue, until, 1)));
  const times = rows
    .flatMap(([row]) => (row?.due === undefined ? [] : [row.queue === "timer" ? pollAfter(run, row.due) : row.due]))
    .filter((due) => due <= until);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** What is due now takes place, in the order of the live tick. */
async function settle(run: Run): Promise<void> {
  const { app, store, recording, never } = run;
  const [timer] = await store.due("timer", recording.now, 1);
  const timers = timer !== undefined && pollAfter(run, timer.due!) <= recording.now;
  if (timers) await store.commit([...sourceRows(run)].map(([id, data]) => ({ op: "put", ...sourceKey(id), data })));
  await tick(app, never, { timers, due: true });
}

/** When a deadline (ms) can be decided at the soonest. */
function pollAfter({ polledUntil, beat }: Run, due: number): number {
  return polledUntil === undefined ? due : Math.min(Math.ceil(due / beat) * beat, Math.max(due, polledUntil));
}

/** Every target of every source is read up to now, or to its last poll. */
function sourceRows({ config, start, polledUntil, recording: { now } }: Run): Map<string, SourceRow> {
  const lastPoll = (every: number) => (polledUntil === now ? now : Math.floor(now / every) * every);
  return new Map(
    config.sources.map((source) => {
      const { id, every } = source;
      const row = readUpTo(polledUntil === undefined ? now : lastPoll(every), namedTargets(source));
      return [id, { ...row, firstRunAt: start }];
    }),
  );
}

function readUpTo(now: number, targets: ReturnType<typeof namedTargets>): Omit<SourceRow, "firstRunAt"> {
  const known = targets ? { named: targets.map(({ id }) => id) } : { discovered: { at: now, targets: [] } };
  return { completeTo: now, lastRunAt: now, failing: {}, ...known, ledger: {} };
}

async function waitingIn(store: Store): Promise<Waiting> {
  const waiting = new Map<string, Member["held"]>();
  // Whoever waits has a time at which to look again.
  const due = await store.due<GroupRow>("group", Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  for (const pk of new Set(due.map((row) => row.pk))) {
    const known = foldGroup(await store.list<GroupRow>(pk));
    for (const { id, notified, held } of known.group ? known.members : []) if (notified === null) waiting.set(id, held);
  }
  return waiting;
}
