// The journal: what one event leads to when it exceeds a single commit. Its parts are stored first, one
// commit makes them valid together with the cursor, and everyone applies them before doing anything else;
// applying twice changes nothing.
import { hashOf } from "../../model/hash.ts";
import { rowId } from "../../store/ops.ts";
import { type Key, type Op, type Row, type Store, StoreConflict } from "../../store/port.ts";

/** The lock that every unit of work checks: its parts, when there are any, must be applied first. */
export const JOURNAL: Key = { pk: "journal", sk: "head" };

/** Idle without a name; else being prepared, valid, or (neither) taken back: then its parts are to be removed. */
export interface JournalHead {
  /** `sk` of the parts, in order; any at all: valid, to be applied. */
  parts: string[];
  /** Names the parts of whoever uses it. */
  name?: string;
  /**
   * Since when someone is about to fill it; ms. Until then no unit commits; after PREPARING_MS anyone may take it back.
   */
  preparing?: number;
  /**
   * The generation of the configuration that decides (generation.ts): it stands here since every
   * commit checks this row.
   */
  generation?: number;
}

/** The idle head, as read: what a commit checks. */
export interface Lock {
  version: number;
  generation: number | undefined;
}

const PREPARING_MS = 10_000;

/**
 * Makes the store ready for a unit of work: applies a valid journal, takes back one that was never finished. Returns
 * the lock as read, or undefined where the caller must ask again in a moment.
 */
export async function settleJournal(store: Store, now: number): Promise<Lock | undefined> {
  const lock = await store.get<JournalHead>(JOURNAL);
  if (lock === undefined) return { version: 0, generation: undefined };
  const { parts, name, preparing, generation } = lock.data;
  if (parts.length > 0) await applyJournal(store, lock);
  else if (name === undefined) return { version: lock.version, generation };
  else if (preparing === undefined) await discard(store, lock, name);
  // From here on whoever prepared it can neither finish it nor store more parts.
  else if (now - preparing > PREPARING_MS) await setHead(store, lock, { parts: [], name });
  return undefined;
}

/** The op that makes `generation` the one that decides; the commit fails where the head is no longer as `lock` says. */
export function generationOp(lock: Lock, generation: number): Op {
  const data: JournalHead = { parts: [], generation };
  return { op: "put", ...JOURNAL, data, expect: lock.version };
}

/**
 * Stores the ops in parts, makes them valid together with those of `direct`, and applies them. `idle` is the lock as
 * the ops were made. Throws StoreConflict where any row they expect has changed; nothing has taken effect then.
 */
export async function writeJournal(
  store: Store,
  idle: Lock,
  ops: readonly Op[],
  direct: (op: Op) => boolean,
  now: number,
): Promise<void> {
  const { version, generation } = idle;
  const name = hashOf([ops.map((op) => [op.pk, op.sk, op.expect ?? null]), version, now], 16);
  const kept = generation === undefined ? {} : { generation };
  await setHead(store, { ...JOURNAL, version, data: { parts: [], ...kept } }, { parts: [], name, preparing: now });
  // From here on no unit commits; so what is verified now still holds when the parts become valid.
  const lock: Row<JournalHead> = { ...JOURNAL, version: version + 1, data: { parts: [], name, ...kept } };
  const changed = await changedRows(store, ops);
  if (changed.length > 0) {
    await discard(store, lock, name);
    throw new StoreConflict(changed);
  }
  const journaled = ops.filter((op) => !direct(op));
  const parts: string[] = [];
  for (const data of chunks(store, journaled)) {
    const sk = `${partPrefix(name)}${String(parts.length).padStart(5, "0")}`;
    await store.commit([{ op: "put", pk: JOURNAL.pk, sk, data }, stillAt(lock)]);
    parts.push(sk);
  }
  const valid: JournalHead = { parts, name, ...kept };
  await store.commit([{ op: "put", ...JOURNAL, data: valid, expect: lock.version }, ...ops.filter(direct)]);
  try {
    await applyJournal(store, { ...JOURNAL, version: lock.version + 1, data: valid });
  } catch (error) {
    // Someone else applies it too. It has taken effect, so it must not be built again.
    if (!(error instanceof StoreConflict)) throw error;
  }
}

/** Applies a valid journal and empties it; what a crash had already applied is left as it is. */
async function applyJournal(store: Store, lock: Row<JournalHead>): Promise<void> {
  const { parts } = lock.data;
  for (const sk of parts) {
    const part = await store.get<Op[]>({ pk: JOURNAL.pk, sk });
    if (part === undefined) continue;
    const rest = await unapplied(store, part.data);
    // Never by someone who was held up until others had finished it and gone on: their deletions would be undone.
    if (rest.length > 0) await store.commit([...rest, stillAt(lock)]);
  }
  await removeParts(store, parts);
  await setHead(store, lock, { parts: [] });
}

async function discard(store: Store, lock: Row<JournalHead>, name: string): Promise<void> {
  const parts = await store.list(JOURNAL.pk, { prefix: partPrefix(name) });
  await removeParts(
    store,
    parts.map(({ sk }) => sk),
  );
  await setHead(store, lock, { parts: [] });
}

function partPrefix(name: string): string {
  return `part/${name}/`;
}

function stillAt({ version }: Row<JournalHead>): Op {
  return { op: "check", ...JOURNAL, expect: version };
}

/**
 * The ops whose rows are still as they were. A row that has expired meanwhile is written anew. Whoever applies the same
 * part at the same time makes the commit fail: every op expects what was read.
 */
async function unapplied(store: Store, ops: readonly Op[]): Promise<Op[]> {
  const versions = await versionsOf(store, ops);
  return ops.flatMap((op) => {
    const version = versions.get(rowId(op)) ?? 0;
    if (version === 0 && op.op === "delete") return [];
    return version === 0 || version === (op.expect ?? 0) ? [{ ...op, expect: version }] : [];
  });
}

/** Replaces the head; the generation stays as it is. */
async function setHead(store: Store, lock: Row<JournalHead>, next: JournalHead): Promise<void> {
  const { generation } = lock.data;
  const data: JournalHead = generation === undefined ? next : { ...next, generation };
  await store.commit([{ op: "put", ...JOURNAL, data, expect: lock.version }]);
}

async function removeParts(store: Store, parts: readonly string[]): Promise<void> {
  for (const sk of parts) await store.commit([{ op: "delete", pk: JOURNAL.pk, sk }]);
}

/** The rows that are no longer as the ops expect them (a row written without expectation must not be there). */
async function changedRows(store: Store, ops: readonly Op[]): Promise<Key[]> {
  const versions = await versionsOf(store, ops);
  return ops.filter((op) => (versions.get(rowId(op)) ?? 0) !== (op.expect ?? 0));
}

async function versionsOf(store: Store, keys: readonly Key[]): Promise<Map<string, number>> {
  return new Map((await store.getMany(keys)).map((row) => [rowId(row), row.version]));
}

/** Parts that each fit into one commit when applied, and into a commit of their own when stored. */
function chunks(store: Store, ops: readonly Op[]): Op[][] {
  const found: Op[][] = [];
  let current: Op[] = [];
  let items = 0;
  let bytes = 0;
  for (const op of ops) {
    const cost = store.cost(op);
    if (
      current.length > 0 &&
      (items + cost.items > store.limits.items / 2 || bytes + cost.bytes > store.limits.bytes / 4)
    ) {
      found.push(current);
      current = [];
      items = 0;
      bytes = 0;
    }
    current.push(op);
    items += cost.items;
    bytes += cost.bytes;
  }
  if (current.length > 0) found.push(current);
  return found;
}
