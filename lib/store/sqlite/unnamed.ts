// SQLite's unnamed databases: on disk in a file that has no name once it is open, in memory a few megabytes however
// much they hold. Nothing of them stays behind, however the process ends.
import { DatabaseSync } from "node:sqlite";
import { type Store, StoreConflict, StoreError } from "../port.ts";
import { TABLES } from "./file.ts";
import { storeOver } from "./sqlite.ts";

/** KiB that SQLite keeps in memory. */
const CACHE = 16_384;

/** An empty store for one piece of work, gone when it is closed; `now` gives milliseconds since the epoch. */
export function openUnnamedStore({ now }: { now: () => number }): Store {
  // Its rows live for a moment: to compress them would cost more than their bytes.
  return storeOver({ db: openUnnamed([TABLES]), now, explain: explainUnnamed, plain: Number.POSITIVE_INFINITY });
}

/**
 * Runs the statements in a new database. What it holds needs no sync; a transaction can be taken
 * back. Throws StoreError.
 */
export function openUnnamed(statements: readonly string[]): DatabaseSync {
  try {
    const db = new DatabaseSync("");
    db.exec(`PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -${CACHE};`);
    for (const statement of statements) db.exec(statement);
    return db;
  } catch (error) {
    throw explainUnnamed(error);
  }
}

/** What is thrown instead of an error of SQLite. */
export function explainUnnamed(error: unknown): unknown {
  if (error instanceof StoreError || error instanceof StoreConflict || !(error instanceof Error)) return error;
  return new StoreError(
    `a temporary file could not be written (${error.message}): free some space in the folder for temporary files, or set ` +
      "SQLITE_TMPDIR to another one",
    { cause: error },
  );
}
