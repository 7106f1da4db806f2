// What the sender commits: claims, outcomes and what the time asks for, those of many deliveries in one unit of work.
import type { Row } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { type DeliveryRow, deliveryKey } from "../persistence/rows.ts";
import { isFatal } from "../persistence/superseded.ts";
import type { TransactOptions, Unit } from "../persistence/unit.ts";
import type { Attempt } from "./attempt.ts";
import { claim, dropRevoked, type Effects, loadDeliveries, noEffects, record, settle } from "./outcomes.ts";

/** A delivery that is to be sent, as it was listed. */
export interface Entry {
  id: string;
  channel: string;
  attempts: number;
  createdAt: number;
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
  | { kind: "settle" | "claim"; entry: Entry }
  | { kind: "record"; entry: Pick<Entry, "id" | "channel" | "row">; attempt: Attempt };

/** What a commit led to. */
export interface Built {
  effects: Effects;
  /** By id; undefined where another sender was faster. */
  claims: Map<string, Claimed | undefined>;
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
      if (tries++ === 0) for (const { entry } of tasks) if (entry.row) unit.know(entry.row);
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
  await loadDeliveries(
    unit,
    tasks.map(({ entry }) => entry),
  );
  const built: Built = { effects: noEffects(), claims: new Map() };
  for (const task of tasks) {
    const { id } = task.entry;
    if (task.kind !== "record" && (await dropRevoked(app, unit, id))) built.claims.set(id, undefined);
    else if (task.kind === "settle") await settle(app, unit, id, built.effects);
    else if (task.kind === "record") await record(app, unit, task.attempt, built.effects);
    else built.claims.set(id, claimIn(app, unit, task.entry));
  }
  return built;
}

function claimIn(app: App, unit: Unit, { id, attempts }: Entry): Claimed | undefined {
  const key = deliveryKey(id);
  const version = unit.version(key) + 1;
  const delivery = claim(app, unit, id, attempts);
  if (delivery === undefined) return undefined;
  const due = unit.due(key);
  const row = due === undefined ? undefined : { ...key, version, data: delivery, queue: "delivery" as const, due };
  return { delivery, row, at: app.clock.now() };
}

export function entryOf({ id, channel, attempts, createdAt }: DeliveryRow, row?: Row<DeliveryRow>): Entry {
  return { id, channel, attempts, createdAt, row };
}
