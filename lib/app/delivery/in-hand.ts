// What a sender has in hand: deliveries that wait, are claimed or under way, by channel, and what is still to be
// recorded of them. Nothing here waits or touches the network.
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { DeliveryRow } from "../persistence/rows.ts";
import type { Attempt } from "./attempt.ts";
import { fallbackAt } from "./delivery-due.ts";
import { claimsWanted, createLane, gathers, isCrowded, type Lane } from "./lane.ts";
import { isClaimed } from "./outcomes.ts";
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

export interface InHand {
  app: App;
  lanes: Map<string, Lane>;
  /** Ids of those that are in a lane, or under way. */
  held: Set<string>;
  /** Whose time to be tried is over, or whose fallback is due. */
  overdue: Entry[];
  answers: Answer[];
  tasksAtOnce: number;
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
  return { app, lanes: new Map(), held: new Set(), overdue: [], answers: [], tasksAtOnce, tried };
}

export function laneOf({ app, lanes }: InHand, channel: string): Lane {
  const known = lanes.get(channel);
  if (known) return known;
  const lane = createLane(app.channels.get(channel)?.type.concurrency ?? 1);
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

/** Takes what was found to be due. */
export function take(
  hand: InHand,
  row: Row<DeliveryRow>,
  failing: ReadonlyMap<string, number | null>,
  now: number,
): void {
  if (isClaimed(hand.app, row.data)) return;
  const { channel, nextAttemptAt } = row.data;
  const entry = entryOf(row.data, row);
  const tryNow = nextAttemptAt !== null && nextAttemptAt <= now;
  const fallback = fallbackAt(row.data, hand.app.channels.get(channel), failing.get(channel) ?? null);
  if (!tryNow || (fallback !== undefined && fallback <= now)) hand.overdue.push(entry);
  if (tryNow) enqueue(hand, entry);
}

export function enqueue(hand: InHand, entry: Entry): void {
  if (hand.held.has(entry.id)) return;
  const { waiting } = laneOf(hand, entry.channel);
  hand.held.add(entry.id);
  waiting.push(waiting.length < KNOWN ? entry : { ...entry, row: undefined });
}

export function hold(hand: InHand, claimed: Claimed): void {
  const { id, channel } = claimed.delivery;
  hand.held.add(id);
  hand.tried(id);
  laneOf(hand, channel).claimed.push(claimed);
}

/** Nothing more is sent: what waits is forgotten, and what is claimed is given back. */
export function giveUpWaiting({ lanes, held, answers }: InHand): void {
  for (const lane of lanes.values()) {
    for (const { id } of lane.waiting.splice(0)) held.delete(id);
    for (const { delivery, row } of lane.claimed.splice(0)) answers.push({ attempt: unsent(delivery), row });
  }
}

/** What the next commit records and claims; nothing where more of it comes in a moment. */
export function nextTasks({ app, lanes, overdue, answers, tasksAtOnce }: InHand): Task[] {
  if (overdue.length === 0 && gathers(lanes.values(), answers.length, app.clock.now())) return [];
  const tasks: Task[] = overdue.splice(0, tasksAtOnce).map((entry) => ({ kind: "settle", entry }));
  tasks.push(...answers.splice(0, tasksAtOnce - tasks.length).map(recordOf));
  for (const lane of lanes.values()) {
    const wanted = Math.min(claimsWanted(lane), tasksAtOnce - tasks.length);
    for (const entry of lane.waiting.splice(0, wanted)) tasks.push({ kind: "claim", entry });
  }
  return tasks;
}

/** Takes note of what a commit wrote. `ends`: the sender ends, and tries nothing again. */
export function settled(hand: InHand, tasks: readonly Task[], { effects, claims }: Built, ends: boolean): void {
  for (const line of effects.lines) line();
  for (const task of tasks) if (task.kind === "record") release(hand, task.attempt, ends);
  for (const [id, claimed] of claims) {
    if (claimed === undefined) hand.held.delete(id);
    else hold(hand, claimed);
  }
  for (const delivery of effects.started) enqueue(hand, entryOf(delivery));
}

function release(hand: InHand, { delivery, outcome }: Attempt, ends: boolean): void {
  hand.held.delete(delivery.id);
  if (outcome !== undefined || ends) return;
  enqueue(hand, { ...entryOf(delivery), attempts: delivery.attempts - 1 });
}

export function recordOf({ attempt: { delivery }, attempt, row }: Answer): Task {
  const { id, channel } = delivery;
  return { kind: "record", entry: { id, channel, row }, attempt };
}

export function unsent(delivery: DeliveryRow): Attempt {
  return { delivery, outcome: undefined, asked: false };
}
