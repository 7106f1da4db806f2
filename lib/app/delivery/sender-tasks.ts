// What the sender commits: claims, outcomes and what the time asks for, those of many deliveries in one unit of work.
import { urgencyOf } from "../../alerts/fold.ts";
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import {
  type ChannelRow,
  channelKey,
  type DeliveryRow,
  deliveryKey,
  type RateRow,
  rateKey,
} from "../persistence/delivery-rows.ts";
import { isFatal } from "../persistence/superseded.ts";
import type { TransactOptions, Unit } from "../persistence/unit.ts";
import type { Attempt } from "./attempt.ts";
import { noteTrial } from "./channel-notes.ts";
import { type FoldsWith, foldInto, foldsWith } from "./folding.ts";
import type { Destination } from "./limits/destination.ts";
import { gateOf, type Seen } from "./limits/gate.ts";
import { KEPT_MS, taken } from "./limits/rate.ts";
import { claim, dropGone, type Effects, isHeld, loadDeliveries, noEffects, record, settle } from "./outcomes.ts";
import { dropTakenBack } from "./revoke.ts";

/** A delivery that is to be sent, as it was listed. */
export interface Entry {
  id: string;
  channel: string;
  attempts: number;
  createdAt: number;
  /** The least is the most urgent. */
  urgency: number;
  /** With which others it may share a message. */
  foldsWith: FoldsWith | undefined;
  /** As it was last read or written; absent where too many wait. */
  row?: Row<DeliveryRow> | undefined;
}

export interface Claimed {
  delivery: DeliveryRow;
  row: Row<DeliveryRow> | undefined;
  /** ms */
  at: number;
}

/** One delivery's part of a commit. */
export type Task =
  | { kind: "settle"; entry: Entry }
  /** `fold`: those that it is to take in. */
  | { kind: "claim"; entry: Entry; fold: readonly Entry[]; destination: Destination }
  | { kind: "record"; entry: Pick<Entry, "id" | "channel" | "row">; attempt: Attempt };

/** Whether it records that the receiver has taken a delivery. */
export function isAccepted(task: Task): boolean {
  return task.kind === "record" && task.attempt.outcome?.kind === "delivered";
}

type ClaimTask = Extract<Task, { kind: "claim" }>;

/** What a commit led to. */
export interface Built {
  effects: Effects;
  /** By id; undefined where another sender was faster. */
  claims: Map<string, Claimed | undefined>;
  /** Others that are not to be sent any more, by id. */
  gone: string[];
  /** Those for whom their channel has no room now. */
  later: Entry[];
  /** The rows of the channels as they are then, by name. */
  seen: Map<string, Seen>;
}

/** Hears what became of tasks: each of them is in exactly one call. */
export interface Settling {
  done(tasks: readonly Task[], built: Built): void;
  /** The task failed by itself. */
  failed(task: Task, error: Error): void;
  /** The store failed, and nothing goes on. */
  broken(task: Task): void;
}

/**
 * Where the tasks do not fit into one commit, or fail together, each half is tried by itself.
 * Rejects where the store fails.
 */
export async function commitTasks(
  app: App,
  tasks: readonly Task[],
  settling: Settling,
  options: TransactOptions = {},
): Promise<void> {
  let tries = 0;
  try {
    const done = await app.transact(async (unit, abandon) => {
      // What is known is not read again, unless it proves to have changed.
      if (tries++ === 0) for (const { row } of tasks.flatMap(entriesOf)) if (row) unit.know(row);
      const built = await build(app, unit, tasks);
      if (tasks.length === 1 || unit.fits()) return built;
      abandon();
      return undefined;
    }, options);
    if (done !== undefined) return settling.done(tasks, done);
  } catch (error) {
    if (isFatal(error)) {
      for (const task of tasks) settling.broken(task);
      throw error;
    }
    if (tasks.length === 1) return settling.failed(tasks[0]!, error as Error);
  }
  const half = tasks.length >> 1;
  await commitTasks(app, tasks.slice(0, half), settling, options);
  await commitTasks(app, tasks.slice(half), settling, options);
}

async function build(app: App, unit: Unit, tasks: readonly Task[]): Promise<Built> {
  await loadDeliveries(unit, tasks.flatMap(entriesOf), tasks.flatMap(destinationsOf));
  const built: Built = { effects: noEffects(), claims: new Map(), gone: [], later: [], seen: new Map() };
  for (const task of tasks) {
    const { id } = task.entry;
    if (task.kind !== "record" && (await dropTakenBack(app, unit, id))) built.claims.set(id, undefined);
    else if (task.kind === "settle") await settle(app, unit, id, built.effects);
    else if (task.kind === "record") await record(app, unit, task.attempt, built.effects);
    else await claimIn(app, unit, task, built);
    for (const { id: rate } of destinationsOf(task)) {
      const channel = unit.value<ChannelRow>(channelKey(task.entry.channel));
      built.seen.set(task.entry.channel, { channel, rate: unit.value<RateRow>(rateKey(rate)) });
    }
  }
  return built;
}

/** The deliveries that a task is about. */
function entriesOf(task: Task): Pick<Entry, "id" | "channel" | "row">[] {
  return task.kind === "claim" ? [task.entry, ...task.fold] : [task.entry];
}

function destinationsOf(task: Task): Destination[] {
  if (task.kind === "record") return task.attempt.destination ? [task.attempt.destination] : [];
  return task.kind === "claim" ? [task.destination] : [];
}

/** Claims a delivery, with those that it takes in, where its channel has room for one more. */
async function claimIn(app: App, unit: Unit, task: ClaimTask, built: Built): Promise<void> {
  const { entry, fold, destination } = task;
  const now = app.clock.now();
  const channel = unit.value<ChannelRow>(channelKey(entry.channel));
  const rate = unit.value<RateRow>(rateKey(destination.id));
  const rates = app.channels.get(entry.channel)?.type.rate;
  if (await dropGone(app, unit, entry.id, destination, built.effects)) {
    built.claims.set(entry.id, undefined);
    built.later.push(...fold);
    return;
  }
  const gate = gateOf(rates, { channel, rate }, now, (held) => isHeld(app, held));
  if (gate.room < 1) {
    built.later.push(entry, ...fold);
    return;
  }
  const folded = new Set(
    fold.length === 0
      ? []
      : await foldInto(
          app,
          unit,
          entry.id,
          fold.map(({ id }) => id),
        ),
  );
  const claimed = claimOf(app, unit, entry);
  built.claims.set(entry.id, claimed);
  for (const one of fold) {
    if (folded.has(one.id)) built.gone.push(one.id);
    else built.later.push(one);
  }
  if (claimed === undefined) return;
  const after = taken(rates, rate, now);
  if (after) unit.put(rateKey(destination.id), after, { expires: now + KEPT_MS });
  if (gate.isTrial) noteTrial(app, unit, entry.channel, claimed.delivery.claim!.until);
  if (folded.size > 0) {
    const about = { channel: entry.channel, id: entry.id.slice(0, 8), others: folded.size };
    built.effects.lines.push(() => app.log.info("deliveries folded into one", about));
  }
}

function claimOf(app: App, unit: Unit, { id, attempts }: Entry): Claimed | undefined {
  const key = deliveryKey(id);
  const version = unit.version(key) + 1;
  const delivery = claim(app, unit, id, attempts);
  if (delivery === undefined) return undefined;
  const due = unit.due(key);
  const row = due === undefined ? undefined : { ...key, version, data: delivery, queue: "delivery" as const, due };
  return { delivery, row, at: app.clock.now() };
}

export function entryOf(delivery: DeliveryRow, row?: Row<DeliveryRow>): Entry {
  const { id, channel, attempts, createdAt, notification } = delivery;
  // What a person waits for goes first.
  const urgency = notification.test ? -1 : urgencyOf(notification);
  return { id, channel, attempts, createdAt, urgency, foldsWith: foldsWith(delivery), row };
}
