// How a row lies in the table: keys and data as bytes, in the order in which statements name the columns.
import { encodeData, encodedBytes, type Frame, isSound, rowData } from "../codec.ts";
import type { Key, Op, Put, Queue, Row } from "../port.ts";

export const COLUMNS = "pk, sk, version, data, packed, queue, due, expires";
/** What a row takes beside its key and data. */
const ROW_BYTES = 64;

/** A row as the driver gives it: it has no number that holds every bigint. */
export type Stored = [
  pk: Buffer,
  sk: Buffer,
  version: string,
  data: Buffer,
  packed: boolean,
  queue: Queue | null,
  due: string | null,
  expires: string | null,
];

export function cost(op: Op): { items: number; bytes: number } {
  const key = ROW_BYTES + Buffer.byteLength(op.pk) + Buffer.byteLength(op.sk);
  return { items: 1, bytes: op.op === "put" ? key + encodedBytes(op) : key };
}

export function toRow<T>(stored: Stored): Row<T> {
  const frame = frameOf(stored);
  return { ...frame, version: Number(stored[2]), ...(rowData(frame, dataOf(stored)) as { data: T }) };
}

export function isWhole(stored: Stored): boolean {
  return isSound(frameOf(stored), dataOf(stored));
}

function dataOf([, , , data, packed]: Stored): string | Uint8Array {
  return packed ? data : data.toString();
}

function frameOf([pk, sk, , , , queue, due, expires]: Stored): Frame {
  const frame: Frame = { pk: pk.toString(), sk: sk.toString() };
  if (queue !== null) frame.queue = queue;
  if (due !== null) frame.due = Number(due);
  if (expires !== null) frame.expires = Number(expires);
  return frame;
}

/** For `unnest`: the keys, one array for each column. */
export function keyArrays(keys: readonly Key[]): [Buffer[], Buffer[]] {
  return [keys.map(({ pk }) => Buffer.from(pk)), keys.map(({ sk }) => Buffer.from(sk))];
}

/** Likewise what the puts write, each as the version beside it. */
export function putArrays(puts: readonly { put: Put; version: number }[]): unknown[] {
  const data = puts.map(({ put }) => encodeData(put));
  return [
    ...keyArrays(puts.map(({ put }) => put)),
    puts.map(({ version }) => version),
    data.map((one) => Buffer.from(one as string)),
    data.map((one) => typeof one !== "string"),
    puts.map(({ put }) => put.queue ?? null),
    puts.map(({ put }) => put.due ?? null),
    puts.map(({ put }) => put.expires ?? null),
  ];
}

/** The columns as `putArrays` gives them. */
export const PUTS = `unnest($1::bytea[], $2::bytea[], $3::bigint[], $4::bytea[], $5::boolean[], $6::text[], $7::bigint[],
  $8::bigint[]) AS p (${COLUMNS})`;
