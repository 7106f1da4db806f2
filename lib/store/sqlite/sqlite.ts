// The store on one SQLite file. A commit that returned is on disk (WAL, synchronous=FULL); any number of processes may
// use the file at once.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { encodeData, encodedBytes, type Frame, isSound, rowData } from "../codec.ts";
import { checkCommit, checkKey, checkPartition, rowId } from "../ops.ts";
import { type Key, type ListOptions, type Op, type Queue, type Row, type Store, StoreConflict } from "../port.ts";
import { explain, openFile, versionOf } from "./file.ts";
import { type Place, placeOf } from "./place.ts";

/** No limit of SQLite's: they keep a commit from holding the file, and the process, for long. */
const LIMITS = { items: 5_000, bytes: 32 * 1024 * 1024 };
/** Characters of JSON up to which a row is stored as it is: a disk's bytes cost less than the time to compress them. */
const PLAIN = 4_096;
/** What a row takes beside its key and data. */
const ROW_BYTES = 32;
/** Rows that one statement of `purge` removes, so that others come in between. */
const PURGE_ROWS = 500;
/** Rows that `verify` looks at at once, likewise. */
const VERIFY_ROWS = 500;
/** Rows that are copied at once may be large. */
const ALL_ROWS = 50;

const PROBE = { pk: "\u0000probe", sk: "write" };

// A parameter alone behind LIMIT would have each statement compiled anew for each value bound: hence "+". Parameters
// have no names where a statement is run for each row: to find them by their names would take as long as the row.
const COLUMNS = "pk, sk, version, data, queue, due, expires";
const LIVE = "(expires IS NULL OR expires > :now)";
const ALIVE = "(expires IS NULL OR expires > ?)";
const INSERT = `INSERT INTO rows (${COLUMNS}) VALUES (?, ?, 1, ?, ?, ?, ?) ON CONFLICT (pk, sk)
  DO UPDATE SET data = excluded.data, queue = excluded.queue, due = excluded.due, expires = excluded.expires`;
const SQL = {
  get: `SELECT ${COLUMNS} FROM rows WHERE pk = ? AND sk = ? AND ${ALIVE}`,
  version: `SELECT version FROM rows WHERE pk = ? AND sk = ? AND ${ALIVE}`,
  put: `${INSERT}, version = CASE WHEN expires <= ? THEN 1 ELSE version + 1 END`,
  create: `${INSERT}, version = 1 WHERE expires <= ?`,
  replace: `UPDATE rows SET version = version + 1, data = ?, queue = ?, due = ?, expires = ?
    WHERE pk = ? AND sk = ? AND version = ? AND ${ALIVE}`,
  delete: "DELETE FROM rows WHERE pk = ? AND sk = ?",
  partition: `SELECT ${COLUMNS} FROM rows WHERE pk = ? AND ${ALIVE} ORDER BY sk`,
  due: `SELECT ${COLUMNS} FROM rows WHERE queue = :queue AND due BETWEEN :from AND :due AND ${LIVE}
    ORDER BY due LIMIT +:limit`,
  verify: `SELECT ${COLUMNS} FROM rows WHERE (pk, sk) > (:pk, :sk) ORDER BY pk, sk LIMIT ${VERIFY_ROWS}`,
  all: `SELECT ${COLUMNS} FROM rows WHERE (pk, sk) > (:pk, :sk) AND ${LIVE} ORDER BY pk, sk LIMIT ${ALL_ROWS}`,
  purge: `DELETE FROM rows WHERE (pk, sk) IN (SELECT pk, sk FROM rows WHERE expires <= :now LIMIT ${PURGE_ROWS})`,
} as const;

type Value = string | number | null | Uint8Array;
type Values = Record<string, Value>;
/** The columns of a row, in their order: an object for each would cost more. */
type Stored = [
  pk: string,
  sk: string,
  version: number,
  data: string | Uint8Array,
  queue: Queue | null,
  due: number | null,
  expires: number | null,
];

export interface SqliteOptions {
  path: string;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** Hears what a person should know of the file. */
  warn?: (message: string) => void;
}

/**
 * Opens (and where missing makes) the file at `path`. Everything of the store
 * throws StoreError where the file cannot be used, saying what to do.
 */
export function openSqliteStore({ path, now, warn = () => {} }: SqliteOptions): Store {
  const db = openFile(path, warn);
  const said = (error: unknown) => explain(error, path);
  let place: Place;
  try {
    place = placeOf(db, path);
  } catch (error) {
    db.close();
    throw said(error);
  }
  const check = () => void versionOf(db, path);
  return storeOver({ db, now, explain: said, place, check, plain: PLAIN });
}

export interface Opened {
  /** With its tables (file.ts). */
  db: DatabaseSync;
  /** Milliseconds since the epoch. */
  now: () => number;
  /** What is thrown instead of an error. */
  explain: (error: unknown) => unknown;
  /** Where its files are; absent: they have no names. */
  place?: Place;
  /** Throws where nothing may be written any more; asked within each commit. */
  check?: () => void;
  /** Characters of JSON up to which data are not compressed; the default is the codec's. */
  plain?: number;
}

/** A store over a database that is open. */
export function storeOver(opened: Opened): Store {
  const { db, now, plain } = opened;
  const session: Session = { ...opened, statements: new Map() };
  const store: Store = {
    limits: LIMITS,
    cost: (op) => cost(op, plain),
    async get<T>(key: Key) {
      return getRow<T>(session, key);
    },
    async getMany<T>(keys: readonly Key[]) {
      const distinct = new Map(keys.map((key) => [rowId(key), key]));
      return [...distinct.values()].map((key) => getRow<T>(session, key)).filter((row) => row !== undefined);
    },
    async list<T>(pk: string, options: ListOptions = {}) {
      checkPartition(pk);
      if (Object.keys(options).length === 0) return rowsOf<T>(session, SQL.partition, pk, now());
      const { sql, values } = listing(pk, options);
      return rowsOf<T>(session, sql, { ...values, now: now() });
    },
    async due<T>(queue: Queue, until: number, limit: number, from = 0) {
      return rowsOf<T>(session, SQL.due, { queue, from, due: until, limit, now: now() });
    },
    async commit(ops) {
      if (ops.length === 0) return;
      checkCommit(store, ops);
      const at = now();
      transaction(session, () => {
        const failed = ops.filter((op) => !apply(session, op, at));
        if (failed.length > 0) throw new StoreConflict(failed.map(({ pk, sk }) => ({ pk, sk })));
      });
    },
    async probe(bytes) {
      const data = new Uint8Array(Math.min(bytes, LIMITS.bytes));
      const at = now();
      // No row's partition holds a NUL (ops.ts): nobody reads it, and where it stays behind, it has expired.
      const { pk, sk } = PROBE;
      transaction(session, () => statement(session, SQL.put).run(pk, sk, data, null, null, at, at));
      transaction(session, () => statement(session, SQL.delete).run(pk, sk));
    },
    async *verify() {
      for (let last = { pk: "", sk: "" }; ; await setImmediate()) {
        const all = guard(session, () => statement(session, SQL.verify).all(last) as unknown as Stored[]);
        const end = all.at(-1);
        if (end === undefined) return;
        last = { pk: end[0], sk: end[1] };
        yield all.filter((stored) => !isSound(frameOf(stored), stored[3])).map((stored) => toRow(stored));
      }
    },
    async *all() {
      // Behind what the store keeps for itself.
      for (let last = { pk: "\u0001", sk: "" }; ; await setImmediate()) {
        const rows = rowsOf(session, SQL.all, { ...last, now: now() });
        const end = rows.at(-1);
        if (end === undefined) return;
        last = { pk: end.pk, sk: end.sk };
        yield rows;
      }
    },
    async purge(before) {
      for (let total = 0; ; await setImmediate()) {
        const removed = transaction(session, () => Number(statement(session, SQL.purge).run({ now: before }).changes));
        total += removed;
        if (removed < PURGE_ROWS) return total;
      }
    },
    async close() {
      if (db.isOpen) db.close();
    },
  };
  return store;
}

/** A database that is open, and its statements as far as they were needed. */
interface Session extends Opened {
  statements: Map<string, StatementSync>;
}

function statement({ db, statements }: Session, sql: string): StatementSync {
  let prepared = statements.get(sql);
  if (prepared === undefined) {
    prepared = db.prepare(sql);
    prepared.setReturnArrays(true);
    statements.set(sql, prepared);
  }
  return prepared;
}

function guard<T>({ explain }: Session, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explain(error);
  }
}

function cost(op: Op, plain: number | undefined): { items: number; bytes: number } {
  const key = ROW_BYTES + Buffer.byteLength(op.pk) + Buffer.byteLength(op.sk);
  return { items: 1, bytes: op.op === "put" ? key + encodedBytes(op, plain) : key };
}

function rowsOf<T>(session: Session, sql: string, ...values: [Values] | Value[]): Row<T>[] {
  const read = () => statement(session, sql).all(...(values as Value[])) as unknown as Stored[];
  return guard(session, () => read().map((stored) => toRow<T>(stored)));
}

function getRow<T>(session: Session, key: Key): Row<T> | undefined {
  checkKey(key);
  const read = () => statement(session, SQL.get).get(key.pk, key.sk, session.now()) as unknown as Stored | undefined;
  const stored = guard(session, read);
  return stored && toRow<T>(stored);
}

/** Whether the op's expectation held; what it writes is written. */
function apply(session: Session, op: Op, at: number): boolean {
  const { pk, sk, expect } = op;
  if (op.op === "put") {
    const { queue = null, due = null, expires = null } = op;
    const data = encodeData(op, session.plain);
    if (expect === undefined) statement(session, SQL.put).run(pk, sk, data, queue, due, expires, at);
    else if (expect === 0)
      return statement(session, SQL.create).run(pk, sk, data, queue, due, expires, at).changes === 1;
    else return statement(session, SQL.replace).run(data, queue, due, expires, pk, sk, expect, at).changes === 1;
    return true;
  }
  if (expect !== undefined) {
    const found = statement(session, SQL.version).get(pk, sk, at) as unknown as [version: number] | undefined;
    if ((found?.[0] ?? 0) !== expect) return false;
  }
  if (op.op === "delete") statement(session, SQL.delete).run(pk, sk);
  return true;
}

function transaction<T>(session: Session, work: () => T): T {
  const { db, place, check } = session;
  return guard(session, () => {
    place?.check();
    db.exec("BEGIN IMMEDIATE");
    try {
      check?.();
      const result = work();
      db.exec("COMMIT");
      place?.committed();
      return result;
    } catch (error) {
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  });
}

function toRow<T>(stored: Stored): Row<T> {
  const frame = frameOf(stored);
  return { ...frame, version: stored[2], ...(rowData(frame, stored[3]) as { data: T }) };
}

function frameOf([pk, sk, , , queue, due, expires]: Stored): Frame {
  const frame: Frame = { pk, sk };
  if (queue !== null) frame.queue = queue;
  if (due !== null) frame.due = due;
  if (expires !== null) frame.expires = expires;
  return frame;
}

/** SQLite orders text by its UTF-8 bytes, which is by code points: a prefix is a range. */
function listing(pk: string, { prefix = "", after, limit = -1, reverse = false }: ListOptions) {
  const conditions = ["pk = :pk", LIVE];
  const values: Values = { pk, limit };
  if (prefix !== "") {
    conditions.push("sk >= :first");
    values["first"] = prefix;
    const end = prefixEnd(prefix);
    if (end !== undefined) {
      conditions.push("sk < :end");
      values["end"] = end;
    }
  }
  if (after !== undefined) {
    conditions.push(reverse ? "sk < :after" : "sk > :after");
    values["after"] = after;
  }
  const order = reverse ? "DESC" : "ASC";
  return {
    sql: `SELECT ${COLUMNS} FROM rows WHERE ${conditions.join(" AND ")} ORDER BY sk ${order} LIMIT +:limit`,
    values,
  };
}

/** The first text after all that begin with `prefix`; undefined when there is none. */
function prefixEnd(prefix: string): string | undefined {
  const points = Array.from(prefix, (char) => char.codePointAt(0) as number);
  while (points.at(-1) === 0x10ffff) points.pop();
  const last = points.pop();
  if (last === undefined) return undefined;
  return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
}
