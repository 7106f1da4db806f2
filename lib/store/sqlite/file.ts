// Opens the SQLite file: made with its folder where missing, migrated where older, refused where it is not ours to
// write. Whatever is wrong with it, nothing that it holds is removed.
import { accessSync, chmodSync, closeSync, constants, mkdirSync, openSync, statSync } from "node:fs";
import { basename, dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { checkVersion, STATE_VERSION } from "../ops.ts";
import { StoreConflict, StoreError } from "../port.ts";

/** "LKOT", in the header of the file: tells it from another program's database. */
const APPLICATION_ID = 0x4c4b4f54;
/** ms. Commits take milliseconds: another process that holds the file for longer is not at work but stuck. */
const BUSY_TIMEOUT = 10_000;
/** Of the file's pages, kept in memory. */
const CACHE_KB = 16_384;
/** Pages of the write-ahead log (16 MB) after which they go into the file: each time costs two waits for the disk. */
const CHECKPOINT_PAGES = 4_000;

/** Of a state that holds nothing yet. */
export const TABLES = `CREATE TABLE IF NOT EXISTS rows (
  pk TEXT NOT NULL, sk TEXT NOT NULL, version INTEGER NOT NULL, data ANY NOT NULL,
  queue TEXT, due INTEGER, expires INTEGER,
  PRIMARY KEY (pk, sk)
) STRICT;
CREATE INDEX IF NOT EXISTS rows_due ON rows (queue, due) WHERE queue IS NOT NULL;
CREATE INDEX IF NOT EXISTS rows_expires ON rows (expires) WHERE expires IS NOT NULL;
PRAGMA application_id = ${APPLICATION_ID};`;

/** Step n makes state version n + 1 of version n; a new file is of version 0. */
const MIGRATIONS: readonly ((db: DatabaseSync) => void)[] = [(db) => db.exec(TABLES)];

/** Throws StoreError saying what is wrong and what to do. */
export function openFile(path: string, warn: (message: string) => void): DatabaseSync {
  let db: DatabaseSync | undefined;
  try {
    prepareFile(path);
    db = new DatabaseSync(path, { timeout: BUSY_TIMEOUT });
    checkOwner(db, path);
    // Not before it is known to be ours.
    tighten(path, warn);
    db.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864;");
    db.exec(`PRAGMA cache_size = -${CACHE_KB}; PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};`);
    migrate(db, path);
    return db;
  } catch (error) {
    db?.close();
    throw explain(error, path);
  }
}

/**
 * The file is never opened but by SQLite where it exists: closing a second descriptor would drop the locks that this
 * process holds on it (https://sqlite.org/howtocorrupt.html, 2.2).
 */
function prepareFile(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  try {
    closeSync(openSync(path, "ax", 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  if (statSync(path).isDirectory()) throw new StoreError(`${path} is a directory: set store.path to a file in it`);
  accessSync(path, constants.R_OK | constants.W_OK);
  accessSync(dirname(path), constants.W_OK | constants.X_OK);
}

/** The state is its owner's alone: also one that an earlier umask, a copy or a restored backup left open to others. */
function tighten(path: string, warn: (message: string) => void): void {
  const folder = dirname(path);
  // Any other folder may be meant for more than the state.
  const own = basename(folder) === ".lookout" ? [folder] : [];
  for (const name of [...own, path, `${path}-wal`, `${path}-shm`]) {
    const found = statSync(name, { throwIfNoEntry: false });
    if (found === undefined || (found.mode & 0o077) === 0) continue;
    try {
      chmodSync(name, found.mode & 0o700);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const what = `others may read ${name}, and its mode cannot be changed (${code}; it belongs to user ${found.uid})`;
      warn(`${what}: let its owner run "chmod go= ${name}"`);
    }
  }
}

function checkOwner(db: DatabaseSync, path: string): void {
  // In this order: another process may be making the tables, and sets the owner together with them.
  const { tables } = db.prepare("SELECT count(*) AS tables FROM sqlite_schema").get() as { tables: number };
  const owner = pragma(db, "application_id");
  if (owner === APPLICATION_ID || (owner === 0 && tables === 0)) return;
  throw new StoreError(`${path} is the database of another program: set store.path to another file`);
}

function migrate(db: DatabaseSync, path: string): void {
  if (versionOf(db, path) === STATE_VERSION) return;
  db.exec("BEGIN IMMEDIATE");
  try {
    for (const step of MIGRATIONS.slice(versionOf(db, path))) step(db);
    db.exec(`PRAGMA user_version = ${STATE_VERSION}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec("ROLLBACK");
    throw error;
  }
}

/** The version of the file's state. Throws StoreError where this build can neither use nor migrate it. */
export function versionOf(db: DatabaseSync, path: string): number {
  return checkVersion(pragma(db, "user_version"), path, "set store.path to another file");
}

function pragma(db: DatabaseSync, name: "user_version" | "application_id"): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}

/** SQLite's primary result codes (https://sqlite.org/rescode.html) and the system's, in words of what to do. */
const REASONS: Record<string, string> = {
  5: "is in use: another process has held its lock for 10 seconds. End that process, or wait for it",
  6: "is in use: another process has locked it. End that process, or wait for it",
  8: "cannot be written: check the permissions of the file and of its folder",
  10: "cannot be read or written: check the disk, its free space and quotas",
  11: "is damaged: move it away and restore a backup, or start anew without it",
  13: "cannot grow: the disk is full. Free some space; nothing that was committed is lost",
  14: "cannot be opened: check the permissions of the file and of its folder",
  26: "is no SQLite database: set store.path to another file, or move this one away",
  EACCES: "cannot be written: check the permissions of the file and of its folder",
  EPERM: "cannot be written: check the permissions of the file and of its folder",
  EROFS: "lies on a read-only file system: set store.path to a place that can be written",
  ENOSPC: "cannot be made: the disk is full. Free some space",
  ENOTDIR: "lies under something that is no directory: check store.path",
  EEXIST: "lies under something that is no directory: check store.path",
  ENOENT: "cannot be made: its folder does not exist and cannot be made",
  ENAMETOOLONG: "cannot be made: the path is too long",
};

/** What is thrown instead of an error of SQLite or the file system; every other error is returned as it is. */
export function explain(error: unknown, path: string): unknown {
  if (error instanceof StoreError || error instanceof StoreConflict || !(error instanceof Error)) return error;
  const { code, errcode } = error as { code?: string; errcode?: number };
  const reason = REASONS[code === "ERR_SQLITE_ERROR" ? String((errcode ?? 0) & 0xff) : String(code)];
  if (reason !== undefined)
    return new StoreError(`the state file ${path} ${reason} (${error.message})`, { cause: error });
  if (code === "ERR_SQLITE_ERROR") {
    return new StoreError(`the state file ${path} cannot be used: ${error.message}`, { cause: error });
  }
  return error;
}
