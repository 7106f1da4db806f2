// One commit on DynamoDB: a single write where one is enough, else a transaction; tried again, a bounded number of
// times, where another transaction was at work on its rows or where the rows had to be seen first (plan.ts).
import { randomUUID } from "node:crypto";
import {
  type CancellationReason,
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from "@aws-sdk/client-dynamodb";
import type { Clock } from "../../model/clock.ts";
import { type Key, type Op, StoreConflict, StoreError } from "../port.ts";
import { isContention, throttled } from "./error.ts";
import { type Item, liveVersion } from "./item.ts";
import { plan } from "./plan.ts";

export interface Table {
  client: DynamoDBClient;
  table: string;
  clock: Clock;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html */
export const TRANSACTION = { items: 100, bytes: 4 * 1024 * 1024 };
/** About 4 s of waiting in all. */
const TRIES = 10;

/** Throws StoreConflict, StoreError, or the SDK's error. The ops have been checked. */
export async function commitOps({ client, table, clock }: Table, ops: readonly Op[]): Promise<void> {
  const context = { table, now: clock.now(), token: randomUUID() };
  const found = new Map<Op, Item>();
  for (let attempt = 1; ; attempt++) {
    const writes = ops.map((op) => plan(op, found.get(op), context));
    const failures = await send(client, writes);
    if (failures === undefined) return;
    if (tookEffect(ops, failures, context.token)) return;
    noteItems(ops, failures, found, context.now);
    const codes = [...failures.values()].map(({ code }) => code);
    if (attempt === TRIES) {
      if (codes.includes("throttled")) throw throttled(table);
      throw conflictOf([...failures.keys()].map((index) => ops[index] as Op));
    }
    // What a first failed condition has shown can be used at once.
    if (attempt > 1 || codes.some((code) => code !== "condition")) await backOff(clock, attempt);
  }
}

/** Whether the answer to a write that took effect was lost, and the SDK sent it again. */
function tookEffect(ops: readonly Op[], failures: ReadonlyMap<number, Failure>, token: string): boolean {
  const failure = failures.get(0);
  return ops.length === 1 && ops[0]?.op === "put" && failure?.code === "condition" && failure.item?.["g"]?.S === token;
}

/**
 * Keeps the items that failed conditions have shown; throws StoreConflict where their versions are not what ops expect.
 */
function noteItems(
  ops: readonly Op[],
  failures: ReadonlyMap<number, Failure>,
  found: Map<Op, Item>,
  now: number,
): void {
  const conflicts: Key[] = [];
  for (const [index, { code, item }] of failures) {
    const op = ops[index] as Op;
    if (code !== "condition") continue;
    const absent = op.op === "check" || item === undefined;
    if (absent || (op.expect ?? liveVersion(item, now)) !== liveVersion(item, now)) conflicts.push(op);
    else found.set(op, item);
  }
  if (conflicts.length > 0) throw conflictOf(conflicts);
}

function conflictOf(keys: readonly Key[]): StoreConflict {
  return new StoreConflict(keys.map(({ pk, sk }) => ({ pk, sk })));
}

/** Waits before the next try: at most 25 ms after the first, doubling to a second; jittered. */
export async function backOff(clock: Clock, attempt: number): Promise<void> {
  await clock.sleep(Math.ceil(Math.random() * Math.min(1_000, 25 * 2 ** (attempt - 1))));
}

interface Failure {
  /** Busy: another transaction is at work on the row. */
  code: "condition" | "busy" | "throttled";
  /** The item whose condition failed. */
  item: Item | undefined;
}

/** Sends the writes of all ops; what stood in the way, by the op's index, or undefined when it is done. */
async function send(client: DynamoDBClient, writes: TransactWriteItem[][]): Promise<Map<number, Failure> | undefined> {
  const items = writes.flat();
  if (items.length > TRANSACTION.items) {
    throw new StoreError(`a commit would take ${items.length} items with the parts of the rows it replaces: split it`);
  }
  try {
    const single = items.length === 1 ? items[0] : undefined;
    if (single?.Update) await client.send(new UpdateItemCommand(single.Update as { TableName: string; Key: Item }));
    else if (single?.Delete) await client.send(new DeleteItemCommand(single.Delete));
    else await client.send(new TransactWriteItemsCommand({ TransactItems: items }));
    return undefined;
  } catch (error) {
    const failures = failuresOf(error, writes);
    if (failures.size === 0) throw error;
    return failures;
  }
}

/** None for an error that no further try can mend. */
function failuresOf(error: unknown, writes: readonly TransactWriteItem[][]): Map<number, Failure> {
  if (error instanceof ConditionalCheckFailedException) return new Map([[0, { code: "condition", item: error.Item }]]);
  if (isContention(error)) return new Map(writes.map((_, index) => [index, { code: "busy", item: undefined }]));
  const failures = new Map<number, Failure>();
  if (!(error instanceof TransactionCanceledException)) return failures;
  const owners = writes.flatMap((own, index) => own.map(() => index));
  for (const [index, reason] of (error.CancellationReasons ?? []).entries()) {
    const failure = read(reason);
    if (failure && failures.get(owners[index] as number)?.code !== "condition")
      failures.set(owners[index] as number, failure);
  }
  return failures;
}

/** Undefined for an item that did not fail, and for what no further try can mend: the whole error covers it. */
function read({ Code, Item }: CancellationReason): Failure | undefined {
  if (Code === "ConditionalCheckFailed") return { code: "condition", item: Item };
  if (Code === "TransactionConflict") return { code: "busy", item: undefined };
  const isThrottled = Code === "ThrottlingError" || Code === "ProvisionedThroughputExceeded";
  return isThrottled ? { code: "throttled", item: undefined } : undefined;
}
