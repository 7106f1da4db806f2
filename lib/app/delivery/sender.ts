// The only place that decides when a delivery is sent (attempt.ts sends it): what is due is claimed, sent, and its
// outcome recorded, so that a retry carries the same id and nothing is sent that was not recorded before. Claims
// and outcomes go together into one
// commit, as many as there are by then.
import { setImmediate } from "node:timers/promises";
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { DeliveryRow } from "../persistence/delivery-rows.ts";
import { attempt, destinationOfChannel } from "./attempt.ts";
import {
  createInHand,
  enqueue,
  giveUpWaiting,
  hold,
  type InHand,
  isAnyCrowded,
  isFlying,
  laneOf,
  letGo,
  nextOpening,
  nextTasks,
  noteAnswer,
  recordOf,
  settled,
  take,
  unsent,
} from "./in-hand.ts";
import { isGone, isQuick, type Lane, QUICK_MS, roomOf } from "./lane.ts";
import { createLook, type Look } from "./look.ts";
import { CLAIM_MS } from "./outcomes.ts";
import { commitTasks, entryOf, isAccepted, type Settling } from "./sender-tasks.ts";

/**
 * A claimed delivery is sent within this or given back: the claim must outlive the send and its
 * record by what clocks differ. ms
 */
const FRESH_MS = CLAIM_MS / 6;
/** So long the sender waits for a channel to take its next delivery; ms. */
const PATIENCE_MS = 5_000;

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

/** A sender at work. */
interface Work {
  app: App;
  signal: AbortSignal;
  hand: InHand;
  look: Look;
  settling: Settling;
  /** Of those who wait until the receivers have caught up. */
  waiters: (() => void)[];
  running: Promise<void> | undefined;
  /** Something happened since it last looked. */
  rung: boolean;
  /** It will be woken to record what is answered by then. */
  alarmed: boolean;
  /** It will be woken when a channel that others wait for takes the next of them. */
  opening: boolean;
  resume(): void;
}

/**
 * Sends what is due, channels side by side and each within its own limit, until the signal aborts: then what is under
 * way is recorded, and the rest stays due. `tried` is given the id of every delivery that is claimed. `look` says what
 * is due; default: the whole queue.
 */
export function createSender(
  app: App,
  signal: AbortSignal,
  tried: (id: string) => void = () => {},
  look: Look = createLook(app, signal),
): Sender {
  const hand = createInHand(app, tried);
  const work: Work = {
    app,
    signal,
    hand,
    look,
    settling: settlingOf(hand, look, signal),
    waiters: [],
    running: undefined,
    rung: false,
    alarmed: false,
    opening: false,
    resume() {},
  };
  return {
    poke() {
      look.ask();
      // Secrets may have been replaced since.
      for (const lane of hand.lanes.values()) lane.destination = undefined;
      return start(work);
    },
    offer(rows) {
      for (const row of rows) {
        if (row.data.claim === null) enqueue(hand, entryOf(row.data, row));
        else hold(hand, { delivery: row.data, row, at: row.data.claim.until - CLAIM_MS });
      }
      return start(work);
    },
    room: (channel) => (signal.aborted ? 0 : roomOf(laneOf(hand, channel), app.clock.now())),
    async caughtUp() {
      // Looks again once a receiver that has stopped answering is no quick one any more.
      while (work.running !== undefined && isAnyCrowded(hand)) {
        await Promise.race([new Promise<void>((resolve) => work.waiters.push(resolve)), app.clock.sleep(QUICK_MS)]);
      }
    },
  };
}

function settlingOf(hand: InHand, look: Look, signal: AbortSignal): Settling {
  return {
    done(tasks, built) {
      settled(hand, tasks, built, signal.aborted);
      if (built.effects.fellBack) look.ask();
    },
    failed({ entry: { id, channel } }, error) {
      letGo(hand, { id, channel });
      hand.app.log.error("delivery not recorded; it stays due", { id, channel, error: error.message });
    },
    broken(task) {
      if (task.kind === "record") hand.answers.push({ attempt: task.attempt, row: undefined });
      else hand.held.delete(task.entry.id);
    },
  };
}

function start(work: Work): Promise<void> {
  wake(work);
  work.running ??= run(work);
  return work.running;
}

function wake(work: Work): void {
  work.rung = true;
  work.resume();
}

async function run(work: Work): Promise<void> {
  await setImmediate();
  try {
    while (await step(work));
  } catch (error) {
    // What cannot be recorded now either stays with this sender, for the next time it is asked.
    await recordSent(work).catch(() => {});
    throw error;
  } finally {
    work.running = undefined;
    for (const resolve of work.waiters.splice(0)) resolve();
  }
}

/** Sends, records and claims once, or waits until there is something to do; false where nothing is left. */
async function step(work: Work): Promise<boolean> {
  const { app, signal, hand, waiters, settling } = work;
  if (signal.aborted) giveUpWaiting(hand);
  for (const [channel, lane] of hand.lanes) {
    send(work, lane);
    if (lane.waiting.length > 0 && lane.destination === undefined) resolve(work, channel, lane);
  }
  // It may have been found out by the time that this step ends.
  const isResolving = hand.resolving.size > 0;
  if (waiters.length > 0 && !isAnyCrowded(hand)) for (const resolve of waiters.splice(0)) resolve();
  const tasks = nextTasks(hand);
  // What was accepted is recorded, whichever configuration decides now: else it would be sent again.
  const anyGeneration = tasks.every(isAccepted);
  if (tasks.length > 0) await commitTasks(app, tasks, settling, { anyGeneration });
  if ((await lookFurther(work, tasks.length === 0 && !isFlying(hand))) || tasks.length > 0) return true;
  if (!isResolving && !isFlying(hand) && !opensSoon(work)) return hand.answers.length > 0;
  await nextAnswer(work);
  return true;
}

/** Finds out where the channel sends to; what waits for it is claimed then. */
function resolve(work: Work, name: string, lane: Lane): void {
  const { app, hand } = work;
  if (hand.resolving.has(name)) return;
  hand.resolving.add(name);
  void destinationOfChannel(app, name).then((destination) => {
    hand.resolving.delete(name);
    lane.destination = destination;
    wake(work);
  });
}

/** Whether the sender waits for a channel to take its next delivery: not for long, for the next tick comes. */
function opensSoon(work: Work): boolean {
  const { app, hand, signal } = work;
  if (work.opening) return true;
  const now = app.clock.now();
  const wait = (nextOpening(hand) ?? Number.POSITIVE_INFINITY) - now;
  if (signal.aborted || wait <= 0 || wait > PATIENCE_MS) return false;
  work.opening = true;
  const over = app.clock.sleep(wait, signal).catch(() => {});
  void over.then(() => {
    work.opening = false;
    wake(work);
  });
  return true;
}

/**
 * Nothing goes on: the store failed, or a newer configuration decides. What was sent already is waited for and recorded
 * all the same, or it would be sent again.
 */
async function recordSent(work: Work): Promise<void> {
  const { app, hand, settling } = work;
  giveUpWaiting(hand);
  while (isFlying(hand)) await nextAnswer(work);
  while (hand.answers.length > 0) {
    const tasks = hand.answers.splice(0, hand.tasksAtOnce).map(recordOf);
    await commitTasks(app, tasks, settling, { anyGeneration: true });
  }
}

/** Takes a page of what is due; false where it is not the time for one. */
async function lookFurther({ app, hand, look }: Work, idle: boolean): Promise<boolean> {
  const now = app.clock.now();
  const lanes = [...hand.lanes.values()];
  // A quick receiver answers in a moment, and what is known already is sent to it meanwhile.
  const soon = lanes.some((lane) => lane.flying > 0 && isQuick(lane, now));
  const page = await look.next({ idle, soon });
  if (page === undefined) return false;
  for (const row of page.rows) take(hand, row, page.channels, now);
  return true;
}

/** As many of what is claimed as the channel may have under way. */
function send(work: Work, lane: Lane): void {
  const { app, hand } = work;
  while (lane.flying < lane.limit && lane.claimed.length > 0) {
    const { delivery, row, at } = lane.claimed.shift()!;
    const began = app.clock.now();
    if (Math.abs(began - at) > FRESH_MS || (isGone(lane) && !delivery.notification.test)) {
      hand.answers.push({ attempt: unsent(delivery), row });
      continue;
    }
    if (lane.flying++ === 0) lane.heardAt = began;
    void attempt(app, delivery).then((answer) => {
      lane.flying--;
      lane.heardAt = app.clock.now();
      lane.quick = lane.heardAt - began <= QUICK_MS;
      hand.answers.push({ attempt: answer, row });
      noteAnswer(hand, lane, answer);
      wake(work);
    });
  }
}

/** Waits for an answer, and for those that come with it; not for long where others wait to be recorded. */
async function nextAnswer(work: Work): Promise<void> {
  if (work.hand.answers.length > 0 && !work.alarmed) {
    work.alarmed = true;
    void work.app.clock.sleep(QUICK_MS).then(() => {
      work.alarmed = false;
      wake(work);
    });
  }
  if (!work.rung) {
    await new Promise<void>((resolve) => {
      work.resume = resolve;
    });
  }
  await setImmediate();
  work.rung = false;
}
