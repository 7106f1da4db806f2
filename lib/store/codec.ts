// How a row's data lie in either store: small data as JSON text, larger data as Brotli-compressed JSON, either with a
// checksum over the data and where they belong, so that damage is noticed and no row is taken for another.
import { brotliCompressSync, brotliDecompressSync, constants, crc32 } from "node:zlib";
import { type Put, type Row, StoreError } from "./port.ts";

/** Characters of JSON up to which compression gains nothing worth its time. */
const PLAIN = 1_024;
/** Quality 1 compresses 300 KB in 1–2 ms, four times as fast as gzip and as small. */
const FAST = 1;
/** A row of so many characters is pressed harder: a fifth of a millisecond, and often one kB that is billed less. */
const SMALL = 4_096;
const HARD = 6;

/** What `cost` has encoded serves for `commit`: nothing is made into JSON, compressed or measured twice. */
const encoded = new WeakMap<Put, { data: string | Uint8Array; bytes: number }>();

/**
 * The data of a put as they are stored, larger ones than so many characters compressed. Throws
 * StoreError when they are no JSON value.
 */
export function encodeData(put: Put, plain?: number): string | Uint8Array {
  return encode(put, plain).data;
}

/** Bytes of the data of a put as they are stored. Throws as encodeData does. */
export function encodedBytes(put: Put, plain?: number): number {
  return encode(put, plain).bytes;
}

function encode(put: Put, plain = PLAIN): { data: string | Uint8Array; bytes: number } {
  const known = encoded.get(put);
  if (known !== undefined) return known;
  const json: string | undefined = JSON.stringify(put.data);
  if (json === undefined) throw new StoreError(`the data of row ${put.pk}/${put.sk} are no JSON value`);
  const text = sealed(put, json);
  const data = json.length <= plain ? text : compressed(text, json.length <= SMALL ? HARD : FAST);
  const made = { data, bytes: Buffer.byteLength(data) };
  encoded.set(put, made);
  return made;
}

function compressed(text: string, quality: number): Uint8Array {
  return brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } });
}

/** All of a row but its data and version, as a put has it or a store. */
export type Frame = Pick<Row, "pk" | "sk" | "queue" | "due" | "expires">;

/** Likewise, as a database gives it: what is absent may be null. */
type Columns = Pick<Row, "pk" | "sk"> & { [name in "queue" | "due" | "expires"]?: Row[name] | null };

/** The JSON text with its checksum: no JSON text ends with one. */
function sealed(frame: Frame, json: string): string {
  return `${json}#${checksum(frame, json)}`;
}

const SEAL = 9;

function checksum({ pk, sk, queue, due, expires }: Columns, json: string): string {
  const frame = `${pk}\u0000${sk}\u0000${queue ?? ""}\u0000${due ?? ""}\u0000${expires ?? ""}`;
  return crc32(json, crc32(frame)).toString(16).padStart(8, "0");
}

function isSealed(frame: Columns, text: string): boolean {
  return text.slice(-SEAL) === `#${checksum(frame, text.slice(0, -SEAL))}`;
}

/** Whether a row is what was written. */
export function isSound(frame: Columns, stored: string | Uint8Array): boolean {
  try {
    return isSealed(frame, typeof stored === "string" ? stored : brotliDecompressSync(stored).toString());
  } catch {
    return false;
  }
}

/** What the row holds; `damaged` where that is not what was written. */
export function rowData(
  frame: Columns,
  stored: string | Uint8Array,
): { data: unknown } | { data: undefined; damaged: true } {
  try {
    const text = typeof stored === "string" ? stored : brotliDecompressSync(stored).toString();
    if (isSealed(frame, text)) return { data: JSON.parse(text.slice(0, -SEAL)) };
  } catch {
    // Neither compressed nor JSON any more.
  }
  return { data: undefined, damaged: true };
}
