// Values on disk for as long as this process works on them, in memory a few megabytes however many there are: a pile that is read
// in order, and a shelf that is read by name. They are SQLite's unnamed databases, files that have no name once they are open:
// nothing stays behind, however the process ends.
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "./port.ts";

/** KiB that SQLite keeps in memory. */
const CACHE = 16_384;

/** What the values are ordered by, the first number first. */
export type Rank = readonly [number, number, number];

export interface Spool<T> {
  /** Adds values, each any JSON. Throws StoreError where the disk takes no more. */
  add(entries: readonly { rank: Rank; value: T }[]): void;
  /** Every value with the first number of its rank, in the order of the ranks; equal ones as they were added. Any number of times. */
  read(): Iterable<{ first: number; value: T }>;
  /** Everything is gone. */
  close(): void;
}

export function openSpool<T>(): Spool<T> {
  const db = openUnnamed(
    "CREATE TABLE entries (a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL, value TEXT NOT NULL) STRICT",
  );
  const insert = db.prepare("INSERT INTO entries VALUES (?, ?, ?, ?)");
  let sorted = false;

  function* read(): Generator<{ first: number; value: T }> {
    if (!sorted) guard(() => db.exec("CREATE INDEX ranks ON entries (a, b, c)"));
    sorted = true;
    const rows = db.prepare("SELECT a, value FROM entries ORDER BY a, b, c, rowid").iterate();
    for (const { a, value } of rows as Iterable<{ a: number; value: string }>)
      yield { first: a, value: JSON.parse(value) };
  }
  return {
    add(entries) {
      guard(() => {
        db.exec("BEGIN");
        for (const { rank, value } of entries) insert.run(...rank, JSON.stringify(value));
        db.exec("COMMIT");
      });
    },
    read,
    close: () => db.close(),
  };
}

export interface Shelf<T> {
  /** Puts a value, any JSON, in the place of the one of that name. Throws StoreError where the disk takes no more. */
  put(name: string, value: T): void;
  get(name: string): T | undefined;
  /** Everything is gone. */
  close(): void;
}

export function openShelf<T>(): Shelf<T> {
  const db = openUnnamed("CREATE TABLE entries (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT");
  const upsert = db.prepare(
    "INSERT INTO entries VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
  );
  const select = db.prepare("SELECT value FROM entries WHERE name = ?");
  return {
    put: (name, value) => guard(() => void upsert.run(name, JSON.stringify(value))),
    get(name) {
      const found = select.get(name) as { value: string } | undefined;
      return found && (JSON.parse(found.value) as T);
    },
    close: () => db.close(),
  };
}

function openUnnamed(table: string): DatabaseSync {
  return guard(() => {
    const db = new DatabaseSync("");
    db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -${CACHE}; ${table}`);
    return db;
  });
}

function guard<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    const { message } = error as Error;
    throw new StoreError(
      `a temporary file could not be written (${message}): free some space in the folder for temporary files, or set ` +
        "SQLITE_TMPDIR to another one",
      { cause: error },
    );
  }
}
