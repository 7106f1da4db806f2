// The store on one DynamoDB table (table.ts). Expiry is compared on every read and in every condition, since
// DynamoDB removes rows late.
import {
  DynamoDBClient,
  type DynamoDBClientConfig,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import type { Clock } from "../../model/clock.ts";
import { checkCommit, checkKey, checkPartition, rowId } from "../ops.ts";
import type { Key, ListOptions, Queue, Row, Store } from "../port.ts";
import { commitOps, type Table, TRANSACTION } from "./commit.ts";
import { readDue } from "./due.ts";
import { explain } from "./error.ts";
import { cost, type Item, keyItem, keyOf } from "./item.ts";
import { readItems, readRow, toRows } from "./read.ts";
import { createStateCheck } from "./state.ts";

/** The rest is kept for what `cost` cannot know: the part items of large rows that a commit shrinks or deletes. */
const LIMITS = { items: TRANSACTION.items - 12, bytes: TRANSACTION.bytes - 256 * 1024 };

export interface DynamoOptions {
  table: string;
  /** Default: the environment's. */
  region?: string | undefined;
  /** Default: AWS. */
  endpoint?: string | undefined;
  /** Default: the environment's. */
  credentials?: DynamoDBClientConfig["credentials"];
  clock: Clock;
}

/**
 * Opens the table. It and everything of the store throw StoreError where the table cannot be used, saying what to do.
 */
export async function openDynamoStore({ table, clock, ...connection }: DynamoOptions): Promise<Store> {
  const client = new DynamoDBClient({
    ...Object.fromEntries(Object.entries(connection).filter(([, value]) => value !== undefined)),
    maxAttempts: 5,
    requestHandler: { connectionTimeout: 3_000, requestTimeout: 10_000, throwOnRequestTimeout: true },
  });
  const db: Table = { client, table, clock };
  const checkState = createStateCheck(db);

  async function guard<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw explain(error, table);
    }
  }

  const store: Store = {
    limits: LIMITS,
    cost,
    get<T>(key: Key) {
      return guard(async () => {
        checkKey(key);
        return readRow<T>(db, key);
      });
    },
    getMany<T>(keys: readonly Key[]) {
      return guard(async () => {
        keys.forEach(checkKey);
        const distinct = new Map(keys.map((key) => [rowId(key), key]));
        const items = await readItems(db, [...distinct.values()]);
        return toRows<T>(db, [...items.values()], clock.now());
      });
    },
    list<T>(pk: string, options: ListOptions = {}) {
      return guard(() => list<T>(db, pk, options));
    },
    due<T>(queue: Queue, now: number, limit: number, from = 0) {
      return guard(async () => (from > now ? [] : readDue<T>(db, queue, now, limit, from)));
    },
    commit(ops) {
      return guard(async () => {
        checkCommit(store, ops);
        if (ops.length === 0) return;
        await checkState();
        await commitOps(db, ops);
      });
    },
    async *all() {
      let start: Item | undefined;
      do {
        const request = { TableName: table, ConsistentRead: true, ...(start && { ExclusiveStartKey: start }) };
        const answer = await guard(() => client.send(new ScanCommand(request)));
        // Parts of large rows, and what the store keeps for itself, have a NUL in their partition.
        const items = (answer.Items ?? []).filter((item) => !keyOf(item).pk.includes("\u0000"));
        yield await guard(() => toRows(db, items, clock.now()));
        start = answer.LastEvaluatedKey;
      } while (start !== undefined);
    },
    async purge() {
      return 0;
    },
    async close() {
      client.destroy();
    },
  };
  try {
    await guard(checkState);
    return store;
  } catch (error) {
    client.destroy();
    throw error;
  }
}

async function list<T>(
  db: Table,
  pk: string,
  { prefix = "", after, limit, reverse = false }: ListOptions,
): Promise<Row<T>[]> {
  checkPartition(pk);
  const query: QueryCommandInput = {
    TableName: db.table,
    ConsistentRead: true,
    ScanIndexForward: !reverse,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": { S: pk } },
  };
  if (prefix !== "") {
    query.KeyConditionExpression += " AND begins_with(sk, :prefix)";
    query.ExpressionAttributeValues = { ":pk": { S: pk }, ":prefix": { S: prefix } };
  }
  if (after !== undefined) {
    // A start outside the range is an error to DynamoDB: it lies before all of the range, or after all of it.
    const inside = after !== "" && after.startsWith(prefix);
    const order = Buffer.compare(Buffer.from(after), Buffer.from(prefix));
    if (inside) query.ExclusiveStartKey = keyItem({ pk, sk: after });
    else if (reverse ? order <= 0 : order > 0) return [];
  }
  return collect<T>(db, query, limit, (items) => toRows<T>(db, items, db.clock.now()));
}

/** Follows a query's pages until it ends or `limit` rows are found; `read` may find fewer rows than items. */
async function collect<T>(
  db: Table,
  query: QueryCommandInput,
  limit: number | undefined,
  read: (items: Item[]) => Promise<Row<T>[]>,
): Promise<Row<T>[]> {
  const rows: Row<T>[] = [];
  let start = query.ExclusiveStartKey;
  while (limit === undefined || rows.length < limit) {
    const page: QueryCommandInput = start ? { ...query, ExclusiveStartKey: start } : { ...query };
    if (limit !== undefined) page.Limit = limit - rows.length;
    const answer = await db.client.send(new QueryCommand(page));
    rows.push(...(await read(answer.Items ?? [])));
    start = answer.LastEvaluatedKey;
    if (start === undefined) break;
  }
  return rows;
}
