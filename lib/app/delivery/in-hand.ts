// What a sender has in hand: deliveries that wait, are claimed or under way, by channel, and what is still to be
// recorded of them. Nothing here waits or touches the network.
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { ChannelRow, DeliveryRow } from "../persistence/delivery-rows.ts";
import type { Attempt } from "./attempt.ts";
import { fallbackAt, isHandingOver } from "./delivery-due.ts";
import { createLane, gathers, isCrowded, type Lane, takeClaims } from "./lane.ts";
import { type Gate, gateOf, isTripped } from "./limits/gate.ts";
import { isClaimed, isHeld } from "./outcomes.ts";
import { type Built, type Claimed, type Entry, entryOf, type Task } from "./sender-tasks.ts";

/**
 * Of a channel's waiting deliveries so many are kept as they are known; the others are read again
 * when they are claimed.
 */
const KNOWN = 1_000;
/** Claims and outcomes of one commit, at most. */
const TASKS = 256;
/** What recording one outcome may write: the delivery, the one behind it, its death, its fallback. */
const ITEMS_PER_TASK = 4;
/** Deliveries that one takes in at a time, at most. */
const FOLDS = 1_000;
/** What taking in one may write: itself, and what waits behind it. */
const ITEMS_PER_FOLD = 2;

export interface InHand {
  app: App;
  lanes: Map<string, Lane>;
  /** Ids of those that are in a lane, or under way. */
  held: Set<string>;
  /** Channels of which it is being found out where they send to. */
  resolving: Set<string>;
  /** Whose time to be tried is over, or whose fallback is due. */
  overdue: Entry[];
  answers: Answer[];
  tasksAtOnce: number;
  foldsAtOnce: number;
  /** Given the id of every delivery that is claimed. */
  tried(id: string): void;
}

/** What became of a try, still to be recorded. */
export interface Answer {
  attempt: Attempt;
  row: Row<DeliveryRow> | undefined;
}

export function createInHand(app: App, tried: (id: string) => void): InHand {
  const tasksAtOnce = Math.min(TASKS, Math.max(1, Math.floor(app.store.limits.items / ITEMS_PER_TASK)));
  const foldsAtOnce = Math.min(
    FOLDS,
    Math.max(1, Math.floor(app.store.limits.items / ITEMS_PER_FOLD) - ITEMS_PER_TASK),
  );
  const none = { lanes: new Map(), held: new Set<string>(), resolving: new Set<string>(), overdue: [], answers: [] };
  return { app, ...none, tasksAtOnce, foldsAtOnce, tried };
}

export function laneOf({ app, lanes }: InHand, channel: string): Lane {
  const known = lanes.get(channel);
  if (known) return known;
  const lane = createLane(app.channels.get(channel)?.type);
  lanes.set(channel, lane);
  return lane;
}

export function isFlying({ lanes }: InHand): boolean {
  return [...lanes.values()].some((lane) => lane.flying > 0);
}

export function isAnyCrowded({ app, lanes }: InHand): boolean {
  const now = app.clock.now();
  return [...lanes.values()].some((lane) => isCrowded(lane, now));
}

/** Takes what was found to be due; a row that is none of a delivery is reported, and hides no other. */
export function take(
  hand: InHand,
  row: Row<DeliveryRow>,
  channels: ReadonlyMap<string, ChannelRow>,
  now: number,
): void {
  try {
    takeOne(hand, row, channels, now);
  } catch {
    hand.app.guard.noteDamaged(row);
  }
}

function takeOne(hand: InHand, row: Row<DeliveryRow>, channels: ReadonlyMap<string, ChannelRow>, now: number): void {
  if (isClaimed(hand.app, row.data)) return;
  const { channel, nextAttemptAt } = row.data;
  const entry = entryOf(row.data, row);
  const tryNow = nextAttemptAt !== null && nextAttemptAt <= now;
  const fallback = fallbackAt(row.data, hand.app.channels.get(channel), channels.get(channel));
  const isLate = now >= row.data.giveUpAt && isTripped(channels.get(channel));
  if (!tryNow || isLate || isHandingOver(row.data) || (fallback !== undefined && fallback <= now))
    hand.overdue.push(entry);
  if (tryNow) enqueue(hand, entry);
}

export function enqueue(hand: InHand, entry: Entry): void {
  if (hand.held.has(entry.id)) return;
  hand.held.add(entry.id);
  wait(hand, entry);
}

/** Puts it where the others wait: the most urgent first, then the oldest. */
function wait(hand: InHand, entry: Entry): void {
  const { waiting } = laneOf(hand, entry.channel);
  const known = waiting.length < KNOWN ? entry : { ...entry, row: undefined };
  let from = 0;
  for (let to = waiting.length; from < to; ) {
    // It mostly goes last.
    const middle = to === waiting.length ? to - 1 : (from + to) >> 1;
    if (isBefore(entry, waiting[middle]!)) to = middle;
    else from = middle + 1;
  }
  waiting.splice(from, 0, known);
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.urgency === b.urgency ? a.createdAt < b.createdAt : a.urgency < b.urgency;
}

export function hold(hand: InHand, claimed: Claimed): void {
  const { id, channel } = claimed.delivery;
  hand.held.add(id);
  hand.tried(id);
  laneOf(hand, channel).claimed.push(claimed);
}

/**
 * A receiver that asks to wait, is gone, or does not answer time and again, is given nothing more of what is claimed
 * for it: the record of the answer says whether and when it goes on.
 */
export function noteAnswer(hand: InHand, lane: Lane, { outcome, asked, delivery }: Attempt): void {
  if (outcome === undefined || !asked) return;
  const isWaiting = outcome.kind === "retry" && (outcome.after ?? 0) > 0;
  lane.failures = outcome.kind === "retry" && outcome.after === undefined ? lane.failures + 1 : 0;
  const isGone = outcome.kind === "permanent" && outcome.gone === true;
  if (isGone) lane.goneBy = delivery.id;
  if (isWaiting || isGone || isTripped(lane)) giveBack(hand, lane);
}

/** What is claimed for a lane is not sent. */
export function giveBack({ answers }: Pick<InHand, "answers">, lane: Lane): void {
  for (const { delivery, row } of lane.claimed.splice(0)) answers.push({ attempt: unsent(delivery), row });
}

/** Nothing more is sent: what waits is forgotten, and what is claimed is given back. */
export function giveUpWaiting({ lanes, held, answers }: InHand): void {
  for (const lane of lanes.values()) {
    for (const { id } of lane.waiting.splice(0)) held.delete(id);
    giveBack({ answers }, lane);
  }
}

/** What the next commit records and claims; nothing where more of it comes in a moment. */
export function nextTasks(hand: InHand): Task[] {
  const { app, lanes, overdue, answers, tasksAtOnce } = hand;
  if (overdue.length === 0 && gathers(lanes.values(), answers.length, app.clock.now())) return [];
  const tasks: Task[] = overdue.splice(0, tasksAtOnce).map((entry) => ({ kind: "settle", entry }));
  tasks.push(...answers.splice(0, tasksAtOnce - tasks.length).map(recordOf));
  for (const lane of lanes.values()) {
    if (lane.destination === undefined || lane.waiting.length === 0) continue;
    const { destination } = lane;
    const most = { most: tasksAtOnce - tasks.length, folds: hand.foldsAtOnce };
    for (const one of takeClaims(lane, laneGate(hand, lane), most)) tasks.push({ kind: "claim", ...one, destination });
  }
  return tasks;
}

function laneGate({ app }: InHand, { rates, seen }: Lane): Gate {
  return gateOf(rates, seen, app.clock.now(), (claim) => isHeld(app, claim));
}

/** When the next of what waits may be sent, of all channels that have to wait for that; ms. */
export function nextOpening(hand: InHand): number | undefined {
  const shut = [...hand.lanes.values()].filter(({ waiting, destination }) => waiting.length > 0 && destination);
  const now = hand.app.clock.now();
  const times = shut.map((lane) => laneGate(hand, lane).opensAt).filter((at) => at > now);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** Takes note of what a commit wrote. `ends`: the sender ends, and tries nothing again. */
export function settled(hand: InHand, tasks: readonly Task[], built: Built, ends: boolean): void {
  const { effects, claims, later, gone, seen } = built;
  for (const line of effects.lines) line();
  for (const [channel, rows] of seen) laneOf(hand, channel).seen = rows;
  for (const task of tasks) {
    if (task.kind === "record") release(hand, task.attempt, ends);
    // It may wait as well, and was changed.
    if (task.kind === "settle") task.entry.row = undefined;
  }
  for (const [id, claimed] of claims) {
    if (claimed === undefined) hand.held.delete(id);
    else hold(hand, claimed);
  }
  for (const id of gone) hand.held.delete(id);
  for (const entry of later) wait(hand, entry);
  for (const delivery of effects.started) enqueue(hand, entryOf(delivery));
  hand.overdue.push(...effects.unsettled.map((delivery) => entryOf(delivery)));
}

function release(hand: InHand, { delivery, outcome }: Attempt, ends: boolean): void {
  letGo(hand, delivery);
  if (outcome !== undefined || ends) return;
  enqueue(hand, entryOf({ ...delivery, attempts: delivery.attempts - 1, claim: null }));
}

/** What became of it is recorded, or never will be: from now on its channel's row says whether more is sent. */
export function letGo(hand: InHand, { id, channel }: Pick<DeliveryRow, "id" | "channel">): void {
  hand.held.delete(id);
  const lane = laneOf(hand, channel);
  if (lane.goneBy === id) lane.goneBy = undefined;
}

export function recordOf({ attempt: { delivery }, attempt, row }: Answer): Task {
  const { id, channel } = delivery;
  return { kind: "record", entry: { id, channel, row }, attempt };
}

export function unsent(delivery: DeliveryRow): Attempt {
  return { delivery, outcome: undefined, asked: false };
}
