// How a row lies in DynamoDB: one item, and for data over 350 KB part items in a partition of their own, which no
// listing sees. A part belongs to the row only while both carry the same token `g`.
import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { hashOf } from "../../model/hash.ts";
import { encodeData, type Frame, rowData } from "../codec.ts";
import type { Key, Op, Put, Queue, Row } from "../port.ts";

/**
 * `pk`, `sk`; `v` version; `d` data (S: JSON, B: compressed) or `parts` their number; `q` and `due` queue; `e` expiry
 * in ms and `ttl` in seconds for DynamoDB's own removal; `g` a token of the write.
 */
export type Item = Record<string, AttributeValue>;

/** An item holds 400 KB with its keys and names
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html). */
const PART_BYTES = 350_000;
/** What an item takes beside its key and data: names, numbers, the token. */
const ITEM_BYTES = 120;

/**
 * What a put stores beside key and version, and the data of its part items. Attributes it does not name are removed.
 */
export function encodePut(put: Put, token: string): { attributes: Item; parts: Uint8Array[] } {
  const data = encodeData(put);
  const parts = typeof data !== "string" && data.length > PART_BYTES ? split(data) : [];
  const attributes: Item = { g: { S: token } };
  if (typeof data === "string") attributes["d"] = { S: data };
  else if (parts.length === 0) attributes["d"] = { B: data };
  else attributes["parts"] = { N: String(parts.length) };
  if (put.queue !== undefined) attributes["q"] = { S: queueOf(put.queue, put) };
  if (put.due !== undefined) attributes["due"] = { N: String(put.due) };
  return { attributes: { ...attributes, ...expiry(put) }, parts };
}

/** The part item that goes with `encodePut`; it expires together with its row. */
export function partItem(put: Put, index: number, data: Uint8Array, token: string): Item {
  return { ...keyItem(partKey(put, index)), d: { B: data }, g: { S: token }, ...expiry(put) };
}

/**
 * Where the index of due rows lists a queue: one place would take 1,000 writes a second
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html).
 */
const PLACES = 16;

/** The places in which a queue is listed, that of releases before it had several among them. */
export function placesOf(queue: Queue): string[] {
  return [queue, ...Array.from({ length: PLACES }, (_, place) => `${queue}/${place}`)];
}

function queueOf(queue: Queue, { pk, sk }: Key): string {
  return `${queue}/${Number.parseInt(hashOf([pk, sk], 4), 16) % PLACES}`;
}

export function keyItem({ pk, sk }: Key): Item {
  return { pk: { S: pk }, sk: { S: sk } };
}

export function keyOf(item: Item): Key {
  return { pk: item["pk"]?.S ?? "", sk: item["sk"]?.S ?? "" };
}

/** No row's partition holds a NUL (ops.ts). */
export function partKey(key: Key, index: number): Key {
  return { pk: `${key.pk}\u0000${key.sk}`, sk: String(index) };
}

/** How many part items belong to the row; 0 for most. */
export function partsOf(item: Item | undefined): number {
  return Number(item?.["parts"]?.N ?? 0);
}

/** The row's version; 0 when it is absent or has expired at `now` (ms). */
export function liveVersion(item: Item | undefined, now: number): number {
  return item === undefined || Number(item["e"]?.N ?? Number.POSITIVE_INFINITY) <= now ? 0 : Number(item["v"]?.N);
}

/** The row of an item and its parts, in order; undefined when a part is missing or of another write. */
export function toRow<T>(item: Item, parts: readonly (Item | undefined)[]): Row<T> | undefined {
  if (parts.some((part) => part === undefined || part["g"]?.S !== item["g"]?.S)) return undefined;
  const key = keyOf(item);
  const whole =
    parts.length === 0 ? item["d"]?.B : Buffer.concat(parts.map((part) => part?.["d"]?.B ?? new Uint8Array()));
  const frame: Frame = key;
  if (item["q"]?.S !== undefined) frame.queue = item["q"].S.split("/")[0] as Queue;
  if (item["due"]?.N !== undefined) frame.due = Number(item["due"].N);
  if (item["e"]?.N !== undefined) frame.expires = Number(item["e"].N);
  const found = rowData(frame, whole ?? item["d"]?.S ?? "") as { data: T };
  return { ...frame, version: Number(item["v"]?.N), ...found };
}

/** Items and bytes that the op adds to a transaction, rounded up. */
export function cost(op: Op): { items: number; bytes: number } {
  const key = ITEM_BYTES + Buffer.byteLength(op.pk) + Buffer.byteLength(op.sk);
  if (op.op !== "put") return { items: 1, bytes: key };
  const data = encodeData(op);
  const bytes = Buffer.byteLength(data);
  const items = typeof data === "string" ? 1 : 1 + (bytes > PART_BYTES ? Math.ceil(bytes / PART_BYTES) : 0);
  return { items, bytes: bytes + items * key };
}

function split(data: Uint8Array): Uint8Array[] {
  return Array.from({ length: Math.ceil(data.length / PART_BYTES) }, (_, index) =>
    data.subarray(index * PART_BYTES, (index + 1) * PART_BYTES),
  );
}

function expiry({ expires }: Put): Item {
  return expires === undefined ? {} : { e: { N: String(expires) }, ttl: { N: String(Math.ceil(expires / 1_000)) } };
}
