// The store in this process's memory: for replays, gone with them. Rows are kept as JSON, so that nobody changes one by holding it.
import { checkCommit, checkKey, checkPartition } from "./ops.ts";
import {
  type Key,
  type ListOptions,
  type Op,
  type Put,
  type Queue,
  type Row,
  type Store,
  StoreConflict,
  StoreError,
} from "./port.ts";

/** No limits of the memory's: the same as those of a file. */
const LIMITS = { items: 5_000, bytes: 32 * 1024 * 1024 };

interface Stored extends Omit<Row, "data"> {
  json: string;
}

/** `now` gives milliseconds since the epoch. */
export function openMemoryStore({ now }: { now: () => number }): Store {
  const partitions = new Map<string, Map<string, Stored>>();
  /** Sorted as `due` lists them. */
  const queues: Record<Queue, Stored[]> = { timer: [], group: [], delivery: [] };
  /** What `cost` made of a put serves for its commit. */
  const texts = new WeakMap<Put, string>();

  const isLive = (row: Stored, at: number) => row.expires === undefined || row.expires > at;

  function find({ pk, sk }: Key): Stored | undefined {
    const row = partitions.get(pk)?.get(sk);
    return row !== undefined && isLive(row, now()) ? row : undefined;
  }
  function textOf(put: Put): string {
    const known = texts.get(put);
    if (known !== undefined) return known;
    const json: string | undefined = JSON.stringify(put.data);
    if (json === undefined) throw new StoreError(`the data of row ${put.pk}/${put.sk} are no JSON value`);
    texts.set(put, json);
    return json;
  }
  function remove({ pk, sk }: Key): void {
    const partition = partitions.get(pk);
    const row = partition?.get(sk);
    if (row === undefined) return;
    partition!.delete(sk);
    if (partition!.size === 0) partitions.delete(pk);
    if (row.queue !== undefined) queues[row.queue].splice(placeOf(queues[row.queue], row), 1);
  }
  function write(put: Put): void {
    const version = (find(put)?.version ?? 0) + 1;
    remove(put);
    const { pk, sk, queue, due, expires } = put;
    const row: Stored = {
      pk,
      sk,
      version,
      json: textOf(put),
      ...(queue === undefined || due === undefined ? {} : { queue, due }),
      ...(expires === undefined ? {} : { expires }),
    };
    const partition = partitions.get(pk) ?? new Map<string, Stored>();
    partitions.set(pk, partition.set(sk, row));
    if (queue !== undefined) queues[queue].splice(placeOf(queues[queue], row), 0, row);
  }

  const store: Store = {
    limits: LIMITS,
    cost: (op) => ({ items: 1, bytes: op.op === "put" ? Buffer.byteLength(textOf(op)) : 0 }),
    async get<T>(key: Key) {
      checkKey(key);
      const row = find(key);
      return row && toRow<T>(row);
    },
    async getMany<T>(keys: readonly Key[]) {
      for (const key of keys) checkKey(key);
      return [...new Set(keys.flatMap((key) => find(key) ?? []))].map((row) => toRow<T>(row));
    },
    async list<T>(pk: string, { prefix = "", after, limit, reverse = false }: ListOptions = {}) {
      checkPartition(pk);
      const at = now();
      const wanted = [...(partitions.get(pk)?.values() ?? [])].filter((row) => {
        if (!isLive(row, at) || !row.sk.startsWith(prefix)) return false;
        return after === undefined || (reverse ? inBytes(row.sk, after) < 0 : inBytes(row.sk, after) > 0);
      });
      wanted.sort((a, b) => (reverse ? inBytes(b.sk, a.sk) : inBytes(a.sk, b.sk)));
      return wanted.slice(0, limit).map((row) => toRow<T>(row));
    },
    async due<T>(queue: Queue, until: number, limit: number) {
      const at = now();
      const rows: Row<T>[] = [];
      for (const row of queues[queue]) {
        if (row.due! > until || rows.length >= limit) break;
        if (isLive(row, at)) rows.push(toRow<T>(row));
      }
      return rows;
    },
    async commit(ops) {
      checkCommit(store, ops);
      const failed = ops.filter((op) => op.expect !== undefined && op.expect !== (find(op)?.version ?? 0));
      if (failed.length > 0) throw new StoreConflict(failed.map(({ pk, sk }) => ({ pk, sk })));
      for (const op of ops) apply(op);
    },
    async purge(before) {
      const gone = [...partitions.values()].flatMap((rows) => [...rows.values()].filter((row) => !isLive(row, before)));
      for (const row of gone) remove(row);
      return gone.length;
    },
    async close() {},
  };
  function apply(op: Op): void {
    if (op.op === "put") write(op);
    else if (op.op === "delete") remove(op);
  }
  return store;
}

function toRow<T>({ json, ...row }: Stored): Row<T> {
  return { ...row, data: JSON.parse(json) as T };
}

/** Where the row stands in a sorted queue, or would. */
function placeOf(queue: readonly Stored[], row: Stored): number {
  let [low, high] = [0, queue.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (inOrder(queue[middle]!, row) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function inOrder(a: Stored, b: Stored): number {
  return a.due! - b.due! || inBytes(a.pk, b.pk) || inBytes(a.sk, b.sk);
}

/** The order of UTF-8 bytes. */
function inBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}
