// Strongly consistent reads by key, and the rows of items: large ones joined from their parts, read again
// where a writer came in between.
import { BatchGetItemCommand, GetItemCommand } from "@aws-sdk/client-dynamodb";
import { rowId } from "../ops.ts";
import { type Key, type Row, StoreError } from "../port.ts";
import { backOff, type Table } from "./commit.ts";
import { type Item, keyItem, keyOf, liveVersion, partKey, partsOf, toRow } from "./item.ts";

/** https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html */
const BATCH = 100;
const TRIES = 8;

/** The items that are there, by rowId. The keys are distinct. */
export async function readItems(db: Table, keys: readonly Key[]): Promise<Map<string, Item>> {
  const chunks = Array.from({ length: Math.ceil(keys.length / BATCH) }, (_, n) =>
    keys.slice(n * BATCH, (n + 1) * BATCH),
  );
  const items = (await Promise.all(chunks.map((chunk) => readBatch(db, chunk)))).flat();
  return new Map(items.map((item) => [rowId(keyOf(item)), item]));
}

async function readBatch({ client, table, clock }: Table, keys: readonly Key[]): Promise<Item[]> {
  const items: Item[] = [];
  let missing = keys.map(keyItem);
  for (let fruitless = 0; missing.length > 0; ) {
    const request = { [table]: { Keys: missing, ConsistentRead: true } };
    const answer = await client.send(new BatchGetItemCommand({ RequestItems: request }));
    const got = answer.Responses?.[table] ?? [];
    items.push(...got);
    missing = answer.UnprocessedKeys?.[table]?.Keys ?? [];
    fruitless = got.length > 0 ? 0 : fruitless + 1;
    if (fruitless > TRIES) throw new StoreError(`the DynamoDB table ${table} leaves reads unanswered: try again later`);
    if (missing.length > 0) await backOff(clock, fruitless + 1);
  }
  return items;
}

/** The rows of the items that have not expired at `now` (ms), in the same order. */
export async function toRows<T>(db: Table, items: readonly Item[], now: number): Promise<Row<T>[]> {
  const live = items.filter((item) => liveVersion(item, now) > 0);
  const parts = await readItems(db, live.flatMap(partKeys));
  const rows: Row<T>[] = [];
  for (const item of live) {
    const row =
      toRow<T>(
        item,
        partKeys(item).map((key) => parts.get(rowId(key))),
      ) ?? (await readRow<T>(db, keyOf(item)));
    if (row !== undefined) rows.push(row);
  }
  return rows;
}

/** The row as it is now; undefined when it is absent or has expired. */
export async function readRow<T>(db: Table, key: Key): Promise<Row<T> | undefined> {
  const { client, table, clock } = db;
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const command = new GetItemCommand({ TableName: table, Key: keyItem(key), ConsistentRead: true });
    const { Item: item } = await client.send(command);
    if (item === undefined || liveVersion(item, clock.now()) === 0) return undefined;
    const parts = await readItems(db, partKeys(item));
    const row = toRow<T>(
      item,
      partKeys(item).map((part) => parts.get(rowId(part))),
    );
    if (row !== undefined) return row;
    await backOff(clock, attempt);
  }
  throw new StoreError(
    `row ${key.pk}/${key.sk} of the DynamoDB table ${table} could not be read whole: try again later`,
  );
}

function partKeys(item: Item): Key[] {
  return Array.from({ length: partsOf(item) }, (_, index) => partKey(keyOf(item), index));
}
