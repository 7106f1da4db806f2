// The only place that sends: what is due is claimed, sent, and its outcome recorded, so that a retry carries the same id and nothing
// is sent that was not recorded before. Claims and outcomes go together into one commit, as many as there are by then.
import { setImmediate } from "node:timers/promises";
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { DeliveryRow } from "../persistence/rows.ts";
import { type Attempt, attempt } from "./attempt.ts";
import { fallbackAt } from "./delivery-due.ts";
import { claimsWanted, createLane, gathers, isCrowded, isQuick, type Lane, QUICK_MS, roomOf } from "./lane.ts";
import { createLook } from "./look.ts";
import { CLAIM_MS, isClaimed } from "./outcomes.ts";
import {
  type Built,
  type Claimed,
  commitTasks,
  type Entry,
  entryOf,
  type Settling,
  type Task,
} from "./sender-tasks.ts";

/** A claimed delivery is sent within this or given back: the claim must outlive the send and its record by what clocks differ. ms */
const FRESH_MS = CLAIM_MS / 6;
/** Claims and outcomes of one commit, at most. */
const TASKS = 256;
/** Of a channel's waiting deliveries so many are kept as they are known; the others are read again when they are claimed. */
const KNOWN = 1_000;
/** What recording one outcome may write: the delivery, the one behind it, its death, its fallback. */
const ITEMS_PER_TASK = 4;

export interface Sender {
  /** Looks for what is due; resolves once nothing is under way any more, with a rejection where the store failed. */
  poke(): Promise<void>;
  /** As poke, for deliveries that were just put, claimed or not: they are sent without being looked for. */
  offer(rows: readonly Row<DeliveryRow>[]): Promise<void>;
  /** How many deliveries to the channel may be claimed as they are put. */
  room(channel: string): number;
  /** Resolves once no quick receiver has more to do than it will have done in a moment. */
  caughtUp(): Promise<void>;
}

/** What became of a try, still to be recorded. */
interface Answer {
  attempt: Attempt;
  row: Row<DeliveryRow> | undefined;
}

/**
 * Sends what is due, channels side by side and each within its own limit, until the signal aborts: then what is under way is
 * recorded, and the rest stays due. `tried` is told the id of every delivery that is claimed.
 */
export function createSender(app: App, signal: AbortSignal, tried: (id: string) => void = () => {}): Sender {
  const lanes = new Map<string, Lane>();
  /** Ids of those that are in a lane, or under way. */
  const held = new Set<string>();
  const overdue: Entry[] = [];
  const answers: Answer[] = [];
  const tasksAtOnce = Math.min(TASKS, Math.max(1, Math.floor(app.store.limits.items / ITEMS_PER_TASK)));
  /** Of those who wait until the receivers have caught up. */
  const waiters: (() => void)[] = [];
  const look = createLook(app, signal);
  let running: Promise<void> | undefined;
  let rung = false;
  let alarmed = false;
  let resume = () => {};

  function wake(): void {
    rung = true;
    resume();
  }

  function poke(): Promise<void> {
    look.ask();
    wake();
    running ??= run();
    return running;
  }

  function offer(rows: readonly Row<DeliveryRow>[]): Promise<void> {
    for (const row of rows) {
      if (row.data.claim === null) enqueue(entryOf(row.data, row));
      else hold({ delivery: row.data, row, at: row.data.claim.until - CLAIM_MS });
    }
    wake();
    running ??= run();
    return running;
  }

  function room(channel: string): number {
    return signal.aborted ? 0 : roomOf(laneOf(channel), app.clock.now());
  }

  function isAnyCrowded(): boolean {
    const now = app.clock.now();
    return [...lanes.values()].some((lane) => isCrowded(lane, now));
  }

  /** Looks again once a receiver that has stopped answering is no quick one any more. */
  async function caughtUp(): Promise<void> {
    while (running !== undefined && isAnyCrowded()) {
      await Promise.race([new Promise<void>((resolve) => waiters.push(resolve)), app.clock.sleep(QUICK_MS)]);
    }
  }

  function hold(claimed: Claimed): void {
    const { id, channel } = claimed.delivery;
    held.add(id);
    tried(id);
    laneOf(channel).claimed.push(claimed);
  }

  async function run(): Promise<void> {
    await setImmediate();
    try {
      for (;;) {
        if (signal.aborted) giveUpWaiting();
        for (const lane of lanes.values()) send(lane);
        if (waiters.length > 0 && !isAnyCrowded()) for (const resolve of waiters.splice(0)) resolve();
        const tasks = nextTasks();
        if (tasks.length > 0) await commitTasks(app, tasks, outcome);
        if (await lookFurther(tasks.length === 0 && !isFlying())) continue;
        if (tasks.length > 0) continue;
        if (isFlying()) await nextAnswer();
        else if (answers.length === 0) return;
      }
    } catch (error) {
      // What cannot be recorded now either stays with this sender, for the next time it is asked.
      await recordSent().catch(() => {});
      throw error;
    } finally {
      running = undefined;
      for (const resolve of waiters.splice(0)) resolve();
    }
  }

  /**
   * Nothing goes on: the store failed, or a newer configuration decides. What was sent already is waited for and recorded all the
   * same, or it would be sent again.
   */
  async function recordSent(): Promise<void> {
    giveUpWaiting();
    while (isFlying()) await nextAnswer();
    while (answers.length > 0) {
      await commitTasks(app, answers.splice(0, tasksAtOnce).map(recordOf), outcome, { anyGeneration: true });
    }
  }

  function isFlying(): boolean {
    return [...lanes.values()].some((lane) => lane.flying > 0);
  }

  /** Takes a page of what is due; false where it is not the time for one. */
  async function lookFurther(idle: boolean): Promise<boolean> {
    const now = app.clock.now();
    // A quick receiver answers in a moment, and what is known already is sent to it meanwhile.
    const soon = [...lanes.values()].some((lane) => lane.flying > 0 && isQuick(lane, now));
    const page = await look.next({ idle, soon });
    if (page === undefined) return false;
    for (const row of page.rows) take(row, page.failing, now);
    for (const { waiting } of lanes.values()) waiting.sort((a, b) => a.createdAt - b.createdAt);
    return true;
  }

  function take(row: Row<DeliveryRow>, failing: ReadonlyMap<string, number | null>, now: number): void {
    if (isClaimed(app, row.data)) return;
    const { channel, nextAttemptAt } = row.data;
    const entry = entryOf(row.data, row);
    const tryNow = nextAttemptAt !== null && nextAttemptAt <= now;
    const fallback = fallbackAt(row.data, app.channels.get(channel), failing.get(channel) ?? null);
    if (!tryNow || (fallback !== undefined && fallback <= now)) overdue.push(entry);
    if (tryNow) enqueue(entry);
  }

  function enqueue(entry: Entry): void {
    if (held.has(entry.id)) return;
    const { waiting } = laneOf(entry.channel);
    held.add(entry.id);
    waiting.push(waiting.length < KNOWN ? entry : { ...entry, row: undefined });
  }

  function laneOf(channel: string): Lane {
    const known = lanes.get(channel);
    if (known) return known;
    const limit = app.channels.get(channel)?.type.concurrency ?? 1;
    const lane = createLane(limit);
    lanes.set(channel, lane);
    return lane;
  }

  function send(lane: Lane): void {
    while (lane.flying < lane.limit && lane.claimed.length > 0) {
      const { delivery, row, at } = lane.claimed.shift()!;
      if (Math.abs(app.clock.now() - at) > FRESH_MS) {
        answers.push({ attempt: unsent(delivery), row });
        continue;
      }
      const began = app.clock.now();
      if (lane.flying++ === 0) lane.heardAt = began;
      void attempt(app, delivery).then((answer) => {
        lane.flying--;
        lane.heardAt = app.clock.now();
        lane.quick = lane.heardAt - began <= QUICK_MS;
        answers.push({ attempt: answer, row });
        wake();
      });
    }
  }

  function giveUpWaiting(): void {
    for (const lane of lanes.values()) {
      for (const { id } of lane.waiting.splice(0)) held.delete(id);
      for (const { delivery, row } of lane.claimed.splice(0)) answers.push({ attempt: unsent(delivery), row });
    }
  }

  function nextTasks(): Task[] {
    if (overdue.length === 0 && gathers(lanes.values(), answers.length, app.clock.now())) return [];
    const tasks: Task[] = overdue.splice(0, tasksAtOnce).map((entry) => ({ kind: "settle", entry }));
    tasks.push(...answers.splice(0, tasksAtOnce - tasks.length).map(recordOf));
    for (const lane of lanes.values()) {
      const wanted = Math.min(claimsWanted(lane), tasksAtOnce - tasks.length);
      for (const entry of lane.waiting.splice(0, wanted)) tasks.push({ kind: "claim", entry });
    }
    return tasks;
  }

  const outcome: Settling = {
    done: settled,
    failed({ entry: { id, channel } }, error) {
      held.delete(id);
      app.log.error("delivery not recorded; it stays due", { id, channel, error: error.message });
    },
    broken(task) {
      if (task.kind === "record") answers.push({ attempt: task.attempt, row: undefined });
      else held.delete(task.entry.id);
    },
  };

  function settled(tasks: readonly Task[], { effects, claims }: Built): void {
    for (const line of effects.lines) line();
    for (const task of tasks) if (task.kind === "record") release(task.attempt);
    for (const [id, claimed] of claims) {
      if (claimed === undefined) {
        held.delete(id);
        continue;
      }
      hold(claimed);
    }
    for (const delivery of effects.started) enqueue(entryOf(delivery));
    if (effects.fellBack) look.ask();
  }

  function release({ delivery, outcome }: Attempt): void {
    held.delete(delivery.id);
    if (outcome !== undefined || signal.aborted) return;
    enqueue({ ...entryOf(delivery), attempts: delivery.attempts - 1 });
  }

  /** Waits for an answer, and for those that come with it; not for long where others wait to be recorded. */
  async function nextAnswer(): Promise<void> {
    if (answers.length > 0 && !alarmed) {
      alarmed = true;
      void app.clock.sleep(QUICK_MS).then(() => {
        alarmed = false;
        wake();
      });
    }
    if (!rung) {
      await new Promise<void>((resolve) => {
        resume = resolve;
      });
    }
    await setImmediate();
    rung = false;
  }

  return { poke, offer, room, caughtUp };
}

function recordOf({ attempt: { delivery }, attempt, row }: Answer): Task {
  const { id, channel } = delivery;
  return { kind: "record", entry: { id, channel, row }, attempt };
}

function unsent(delivery: DeliveryRow): Attempt {
  return { delivery, outcome: undefined, asked: false };
}
