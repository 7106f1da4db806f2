// The store on one SQLite file. A commit that returned is on disk (WAL, synchronous=FULL); any number of processes may
// use the file at once.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { setImmediate } from "node:timers/promises";
import { encodeData, type Frame, isSound, rowData } from "../codec.ts";
import { checkCommit, checkKey, checkPartition, rowId } from "../ops.ts";
import {
  type Key,
  type ListOptions,
  type Op,
  type Put,
  type Queue,
  type Row,
  type Store,
  StoreConflict,
} from "../port.ts";
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

const PROBE = { pk: "\u0000probe", sk: "write" };

// A parameter alone behind LIMIT would have each statement compiled anew for each value bound: hence "+".
const COLUMNS = "pk, sk, version, data, queue, due, expires";
const LIVE = "(expires IS NULL OR expires > :now)";
const INSERT = `INSERT INTO rows (${COLUMNS}) VALUES (:pk, :sk, 1, :data, :queue, :due, :expires) ON CONFLICT (pk, sk)
  DO UPDATE SET data = excluded.data, queue = excluded.queue, due = excluded.due, expires = excluded.expires`;
const SQL = {
  get: `SELECT ${COLUMNS} FROM rows WHERE pk = ? AND sk = ? AND (expires IS NULL OR expires > ?)`,
  version: `SELECT version FROM rows WHERE pk = :pk AND sk = :sk AND ${LIVE}`,
  put: `${INSERT}, version = CASE WHEN expires <= :now THEN 1 ELSE version + 1 END`,
  create: `${INSERT}, version = 1 WHERE expires <= :now`,
  replace: `UPDATE rows SET version = version + 1, data = :data, queue = :queue, due = :due, expires = :expires
    WHERE pk = :pk AND sk = :sk AND version = :expect AND ${LIVE}`,
  delete: "DELETE FROM rows WHERE pk = :pk AND sk = :sk",
  due: `SELECT ${COLUMNS} FROM rows WHERE queue = :queue AND due BETWEEN :from AND :due AND ${LIVE}
    ORDER BY due, pk, sk LIMIT +:limit`,
  verify: `SELECT ${COLUMNS} FROM rows WHERE (pk, sk) > (:pk, :sk) ORDER BY pk, sk LIMIT ${VERIFY_ROWS}`,
  purge: `DELETE FROM rows WHERE (pk, sk) IN (SELECT pk, sk FROM rows WHERE expires <= :now LIMIT ${PURGE_ROWS})`,
} as const;

type Values = Record<string, string | number | null | Uint8Array>;
interface Stored extends Key {
  version: number;
  data: string | Uint8Array;
  queue: Queue | null;
  due: number | null;
  expires: number | null;
}

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
      const { sql, values } = listing(pk, options);
      return select<T>(session, sql, { ...values, now: now() });
    },
    async due<T>(queue: Queue, until: number, limit: number, from = 0) {
      return select<T>(session, SQL.due, { queue, from, due: until, limit, now: now() });
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
      const values = { ...PROBE, data, queue: null, due: null, expires: at, now: at };
      transaction(session, () => statement(session, SQL.put).run(values));
      transaction(session, () => statement(session, SQL.delete).run(PROBE));
    },
    async *verify() {
      for (let last = { pk: "", sk: "" }; ; await setImmediate()) {
        const all = guard(session, () => statement(session, SQL.verify).all(last) as unknown as Stored[]);
        const end = all.at(-1);
        if (end === undefined) return;
        last = { pk: end.pk, sk: end.sk };
        yield all.filter((stored) => !isSound(stored, stored.data)).map((stored) => toRow(stored));
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
  return { items: 1, bytes: op.op === "put" ? key + Buffer.byteLength(encodeData(op, plain)) : key };
}

function toValues(put: Put, plain: number | undefined): Values {
  const { queue = null, due = null, expires = null } = put;
  return { data: encodeData(put, plain), queue, due, expires };
}

function select<T>(session: Session, sql: string, values: Values): Row<T>[] {
  return guard(session, () =>
    (statement(session, sql).all(values) as unknown as Stored[]).map((stored) => toRow<T>(stored)),
  );
}

function getRow<T>(session: Session, key: Key): Row<T> | undefined {
  checkKey(key);
  const read = () => statement(session, SQL.get).get(key.pk, key.sk, session.now()) as unknown as Stored | undefined;
  const stored = guard(session, read);
  return stored && toRow<T>(stored);
}

/** Whether the op's expectation held; what it writes is written. */
function apply(session: Session, op: Op, at: number): boolean {
  const key = { pk: op.pk, sk: op.sk };
  if (op.op === "put") {
    const values = { ...key, ...toValues(op, session.plain) };
    if (op.expect === undefined) statement(session, SQL.put).run({ ...values, now: at });
    else if (op.expect === 0) return statement(session, SQL.create).run({ ...values, now: at }).changes === 1;
    else return statement(session, SQL.replace).run({ ...values, expect: op.expect, now: at }).changes === 1;
    return true;
  }
  if (op.expect !== undefined) {
    const found = statement(session, SQL.version).get({ ...key, now: at }) as { version: number } | undefined;
    if ((found?.version ?? 0) !== op.expect) return false;
  }
  if (op.op === "delete") statement(session, SQL.delete).run(key);
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

function toRow<T>({ version, data, ...stored }: Stored): Row<T> {
  const { pk, sk, queue, due, expires } = stored;
  const frame: Frame = { pk, sk };
  if (queue !== null) frame.queue = queue;
  if (due !== null) frame.due = due;
  if (expires !== null) frame.expires = expires;
  return { ...frame, version, ...(rowData(frame, data) as { data: T }) };
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
