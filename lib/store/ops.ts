// What both adapters refuse before they touch anything: keys that could be mistaken, ops that contradict each other, a
// state of another version.
import { type Key, type Op, type Put, type Store, StoreError } from "./port.ts";

/** The version of what the rows hold. An older state is migrated, one of a newer Lookout is refused. */
export const STATE_VERSION = 2;

/**
 * The version that a state is marked with, where this build can use or migrate it; throws StoreError where not. `state`
 * names the state, `elsewhere` says how to use another.
 */
export function checkVersion(mark: string | number, state: string, elsewhere: string): number {
  const version = Number(mark);
  if (mark === "" || !Number.isSafeInteger(version) || version < 0) {
    const problem = `is damaged: its state version is "${mark}", which is no whole number from 0 on`;
    throw new StoreError(`${state} ${problem}. Restore a backup, or ${elsewhere}`);
  }
  if (version <= STATE_VERSION) return version;
  throw new StoreError(
    `${state} was migrated by a newer Lookout (state version ${version}; this one knows ${STATE_VERSION}): ` +
      `this one must be replaced by that version; or ${elsewhere}`,
  );
}

/** Bytes of UTF-8. DynamoDB takes 2,048 and 1,024; a part item's partition holds both (dynamodb/item.ts). */
const PK_BYTES = 1_023;
const SK_BYTES = 1_024;

/** A text that names one row among all. */
export function rowId(key: Key): string {
  return `${key.pk}\u0000${key.sk}`;
}

/** Throws StoreError for a key that one of the stores could not hold exactly as it is. */
export function checkKey({ pk, sk }: Key): void {
  checkPartition(pk);
  const bytes = Buffer.byteLength(sk);
  if (bytes === 0 || bytes > SK_BYTES) refuse(`sk must have 1 to ${SK_BYTES} bytes, not ${bytes}`);
  if (!sk.isWellFormed()) refuse("sk holds half of a surrogate pair");
}

/** As checkKey, for a partition alone. NUL is kept for what the stores put in for themselves. */
export function checkPartition(pk: string): void {
  const bytes = Buffer.byteLength(pk);
  if (bytes === 0 || bytes > PK_BYTES) refuse(`pk must have 1 to ${PK_BYTES} bytes, not ${bytes}`);
  if (!pk.isWellFormed()) refuse("pk holds half of a surrogate pair");
  if (pk.includes("\u0000")) refuse("pk holds a NUL");
}

/** Throws StoreError unless the ops can be one commit of this store. */
export function checkCommit({ limits, cost }: Pick<Store, "limits" | "cost">, ops: readonly Op[]): void {
  const seen = new Set<string>();
  let items = 0;
  let bytes = 0;
  for (const op of ops) {
    checkKey(op);
    if (seen.has(rowId(op))) refuse(`row ${op.pk}/${op.sk} stands twice in one commit`);
    seen.add(rowId(op));
    if (op.expect !== undefined) checkInteger(op, "expect", op.expect);
    if (op.op === "put") checkPut(op);
    const own = cost(op);
    items += own.items;
    bytes += own.bytes;
  }
  if (items > limits.items) refuse(`a commit holds at most ${limits.items} items, not ${items}`);
  if (bytes > limits.bytes) refuse(`a commit holds at most ${limits.bytes} bytes, not ${bytes}`);
}

function checkPut(put: Put): void {
  if ((put.queue === undefined) !== (put.due === undefined)) {
    refuse(`row ${put.pk}/${put.sk} needs both queue and due, or neither`);
  }
  if (put.due !== undefined) checkInteger(put, "due", put.due);
  if (put.expires !== undefined) checkInteger(put, "expires", put.expires);
}

function checkInteger(op: Op, field: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 0)
    refuse(`${field} of row ${op.pk}/${op.sk} is no whole number: ${value}`);
}

function refuse(reason: string): never {
  throw new StoreError(`refused to store: ${reason}`);
}
