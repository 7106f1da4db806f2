// How a row's data lie in either store: small data as JSON text, larger data as Brotli-compressed JSON.
import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { type Key, type Put, StoreError } from "./port.ts";

/** Characters of JSON up to which compression gains nothing worth its time. */
const PLAIN = 1_024;
/** Quality 1 compresses 300 KB in 1–2 ms, four times as fast as gzip and as small. */
const FAST = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };

/** What `cost` has encoded serves for `commit`: nothing is made into JSON or compressed twice. */
const encoded = new WeakMap<Put, string | Uint8Array>();

/**
 * The data of a put as they are stored, larger ones than so many characters compressed. Throws StoreError when they are no JSON
 * value.
 */
export function encodeData(put: Put, plain = PLAIN): string | Uint8Array {
  const known = encoded.get(put);
  if (known !== undefined) return known;
  const json: string | undefined = JSON.stringify(put.data);
  if (json === undefined) throw new StoreError(`the data of row ${put.pk}/${put.sk} are no JSON value`);
  const data = json.length <= plain ? json : brotliCompressSync(json, FAST);
  encoded.set(put, data);
  return data;
}

/** The reverse. Throws StoreError naming the row when what is stored cannot be understood. */
export function decodeData(key: Key, stored: string | Uint8Array): unknown {
  try {
    return JSON.parse(typeof stored === "string" ? stored : brotliDecompressSync(stored).toString());
  } catch (cause) {
    throw new StoreError(`row ${key.pk}/${key.sk} of the store is damaged: restore the store from a backup`, { cause });
  }
}
