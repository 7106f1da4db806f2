// A pile of values that is written in any order and read in one: on disk, in memory a few megabytes however many there are.
// It is SQLite's unnamed database, a file that has no name once it is open: nothing stays behind, however the process ends.
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
  const db = guard(() => new DatabaseSync(""));
  guard(() => {
    db.exec(`PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -${CACHE};
      CREATE TABLE entries (a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL, value TEXT NOT NULL) STRICT;`);
  });
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
