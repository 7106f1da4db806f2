// The rows of a queue that are due. The index says which keys come first, in each of its places; only as many rows as
// are asked for are read. What the index says is checked against the rows themselves, since it lags.
import { QueryCommand, type QueryCommandInput } from "@aws-sdk/client-dynamodb";
import { rowId } from "../ops.ts";
import type { Key, Queue, Row } from "../port.ts";
import type { Table } from "./commit.ts";
import { type Item, keyOf, placesOf } from "./item.ts";
import { readItems, toRows } from "./read.ts";
import { DUE_INDEX } from "./table.ts";

/** How many times its even share of the keys a place is asked for at once: they are spread by chance. */
const MORE = 4;
/** It is asked for no fewer: what the index still lists and is due no more takes no query each. */
const LEAST = 25;

/** What one place of the queue lists, earliest first. */
interface Place {
  /** The page that was asked for last, without what was taken of it. */
  entries: Item[];
  query: QueryCommandInput;
  /** Whether there may be more behind the page. */
  goesOn: boolean;
}

/** Rows with from ≤ due ≤ now, earliest first; times in ms. */
export async function readDue<T>(db: Table, queue: Queue, now: number, limit: number, from: number): Promise<Row<T>[]> {
  const places = placesOf(queue).map((place): Place => {
    const query: QueryCommandInput = {
      TableName: db.table,
      IndexName: DUE_INDEX,
      KeyConditionExpression: "q = :q AND due BETWEEN :from AND :now",
      ExpressionAttributeValues: { ":q": { S: place }, ":from": { N: String(from) }, ":now": { N: String(now) } },
    };
    return { entries: [], query, goesOn: true };
  });
  // A row whose due time changed between two pages is listed by both.
  const found = new Map<string, Row<T>>();
  while (found.size < limit) {
    const keys = await takeFirst(db, places, limit - found.size);
    if (keys.length === 0) break;
    const items = await readItems(db, keys);
    for (const row of await toRows<T>(db, [...items.values()], db.clock.now())) {
      if (row.queue === queue && row.due !== undefined && row.due >= from && row.due <= now) found.set(rowId(row), row);
    }
  }
  return [...found.values()].sort((a, b) => (a.due ?? 0) - (b.due ?? 0) || byId(a, b)).slice(0, limit);
}

/** So many of the keys that are listed first in all places together; fewer only where there are no more. */
async function takeFirst(db: Table, places: readonly Place[], count: number): Promise<Key[]> {
  const keys = new Map<string, Key>();
  while (keys.size < count) {
    // Which comes first is known only where each place shows its next one.
    await Promise.all(
      places.map((place) => fill(db, place, Math.max(LEAST, Math.ceil((MORE * count) / places.length)))),
    );
    const first = earliest(places);
    if (first === undefined) break;
    for (let place: Place | undefined = first; place !== undefined && keys.size < count; place = earliest(places)) {
      const key = keyOf(place.entries.shift()!);
      keys.set(rowId(key), key);
      if (place.entries.length === 0 && place.goesOn) break;
    }
  }
  return [...keys.values()];
}

async function fill(db: Table, place: Place, count: number): Promise<void> {
  while (place.entries.length === 0 && place.goesOn) {
    const answer = await db.client.send(new QueryCommand({ ...place.query, Limit: count }));
    place.entries = answer.Items ?? [];
    place.query.ExclusiveStartKey = answer.LastEvaluatedKey;
    place.goesOn = answer.LastEvaluatedKey !== undefined;
  }
}

function earliest(places: readonly Place[]): Place | undefined {
  let first: Place | undefined;
  for (const place of places) {
    if (place.entries.length > 0 && (first === undefined || dueOf(place) < dueOf(first))) first = place;
  }
  return first;
}

function dueOf({ entries }: Place): number {
  return Number(entries[0]!["due"]?.N);
}

function byId(a: Key, b: Key): number {
  return Buffer.compare(Buffer.from(rowId(a)), Buffer.from(rowId(b)));
}
