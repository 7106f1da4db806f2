// The store port: versioned rows in partitions, one atomic conditional commit, and a sparse index of what is due.
// Every adapter passes the same contract suite (test/store/contract.ts).

export interface Key {
  /** Partition. */
  pk: string;
  /** Place within the partition; `list` goes in its order (UTF-8 bytes). */
  sk: string;
}

export interface Row<T = unknown> extends Key {
  /** 1 after the first write, one more after each further one. */
  version: number;
  /** Any JSON value. */
  data: T;
  /**
   * What is stored is not what was written: `data` is undefined. Only the application's own view of a
   * store (guarded-store.ts) sees it.
   */
  damaged?: true;
  /** Present together with `due`: which queue lists the row. */
  queue?: Queue;
  /** Milliseconds since the epoch from which on `due(queue, …)` lists the row. */
  due?: number;
  /** Milliseconds since the epoch from which on the row is not there any more (compared on read; removed lazily). */
  expires?: number;
}

export type Queue = "timer" | "group" | "delivery";

export interface Put extends Key {
  op: "put";
  /** Any JSON value; not changed any more once the store was given the op. */
  data: unknown;
  queue?: Queue;
  due?: number;
  expires?: number;
  /** The version the row was read at; 0: it must not exist; absent: whatever is there is overwritten. */
  expect?: number;
}

export interface Delete extends Key {
  op: "delete";
  expect?: number;
}

/** Nothing is written, but the commit fails unless the row is at this version (0: absent). */
export interface Check extends Key {
  op: "check";
  expect: number;
}

export type Op = Put | Delete | Check;

export interface ListOptions {
  /** Only rows whose `sk` begins with this. */
  prefix?: string;
  /** Only rows strictly after this `sk` in the direction of the listing. */
  after?: string;
  limit?: number;
  reverse?: boolean;
  /** A row that is damaged is an error, and not left out: something is decided by all of them together. */
  whole?: boolean;
}

export interface Store {
  /** What one `commit` may hold at most, in the units of `cost`. */
  readonly limits: { items: number; bytes: number };
  /** What an op adds to a commit: store items and bytes (a large row may take several items). */
  cost(op: Op): { items: number; bytes: number };
  /** Strongly consistent. */
  get<T = unknown>(key: Key): Promise<Row<T> | undefined>;
  /** Strongly consistent; absent rows are left out; any number of keys, any order back. */
  getMany<T = unknown>(keys: readonly Key[]): Promise<Row<T>[]>;
  /** Strongly consistent; the whole partition unless a limit is given. */
  list<T = unknown>(pk: string, options?: ListOptions): Promise<Row<T>[]>;
  /**
   * Rows of a queue with from ≤ due ≤ now, earliest first; `from` is 0 by default. May lag behind commits for a moment.
   */
  due<T = unknown>(queue: Queue, now: number, limit: number, from?: number): Promise<Row<T>[]>;
  /**
   * All or nothing, durable when it returns. Throws StoreConflict when an expectation does not hold; a
   * key stands at most once in it.
   */
  commit(ops: readonly Op[]): Promise<void>;
  /** Removes rows that expired before now, where the engine does not do so by itself; returns how many. */
  purge(now: number): Promise<number>;
  /**
   * Throws StoreError where so many bytes could not be committed now; nothing of it stays. Absent where the engine has
   * no disk of its own that could be full.
   */
  probe?(bytes: number): Promise<void>;
  /** Looks at every row there is; gives those that are damaged. Absent where reading all of them costs money. */
  verify?(): AsyncIterable<Row[]>;
  /** Every row there is, some at a time, for whoever copies them; what changes meanwhile may be missed. */
  all(): AsyncIterable<Row[]>;
  /** Absent where only processes of this machine, or of AWS, have the state. */
  peers?: Peers;
  close(): Promise<void>;
}

/** The processes that have the state open, on whatever machines. */
export interface Peers {
  /** Who this process is to the others from now on; whoever it was before is gone. */
  identity(): { id: string; isGone(id: string): boolean };
  /** `wake` is called when another process has committed something due. A lost call delays, never loses. */
  onDue(wake: () => void): void;
}

/** A row changed since it was read: read again and decide again. */
export class StoreConflict extends Error {
  override name = "StoreConflict";
  readonly keys: readonly Key[];
  constructor(keys: readonly Key[]) {
    super("a row changed since it was read");
    this.keys = keys;
  }
}

/** The store cannot be used as it is: what is wrong and what to do, for a person. */
export class StoreError extends Error {
  override name = "StoreError";
}

/** What the process holds open is the state no more: whatever it commits would be lost, so it ends. */
export class StoreGone extends StoreError {
  override name = "StoreGone";
}

/** One row cannot be read: it is left as it is, and what needs it waits. */
export class RowDamaged extends Error {
  override name = "RowDamaged";
  readonly key: Key;
  constructor({ pk, sk }: Key) {
    super(
      `row ${pk} ${sk} of the state is damaged: it is not what was written. It is left as it is, and what needs it waits: restore a ` +
        "backup, or remove the row (see State and backups in docs/operations.md)",
    );
    this.key = { pk, sk };
  }
}
