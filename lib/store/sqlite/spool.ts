// Values on disk for as long as this process works on them, read in order: in memory a few
// megabytes however many there are.
import { explainUnnamed, openUnnamed } from "./unnamed.ts";

/** What the values are ordered by, the first number first. */
export type Rank = readonly [number, number, number];

export interface Spool<T> {
  /** Adds values, each any JSON. Throws StoreError where the disk takes no more. */
  add(entries: readonly { rank: Rank; value: T }[]): void;
  /**
   * Every value with the first number of its rank, in the order of the ranks; equal ones as they
   * were added. Any number of times.
   */
  read(): Iterable<{ first: number; value: T }>;
  /** Everything is gone. */
  close(): void;
}

export function openSpool<T>(): Spool<T> {
  const db = openUnnamed([
    "CREATE TABLE entries (a INTEGER NOT NULL, b INTEGER NOT NULL, c INTEGER NOT NULL, value TEXT NOT NULL) STRICT",
  ]);
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
    throw explainUnnamed(error);
  }
}
