// Whether the files that SQLite holds open are still those at their paths: what is written to a file that was removed,
// moved, replaced or cut off is lost.
import { type BigIntStats, realpathSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { StoreGone } from "../port.ts";

/** Of the write-ahead log, and of each page in it; bytes (https://sqlite.org/fileformat2.html#walformat). */
const LOG_HEADER = 32;
const FRAME_HEADER = 24;
/** What the log holds can be asked without a checkpoint from this version on. */
const ASKS_LOG = [3, 51];

export interface Place {
  /** Throws StoreGone where a file is not the one that was opened. Asked outside of a transaction, before each. */
  check(): void;
  /** A commit has returned: how large the files are from now on at least. */
  committed(): void;
}

interface Held {
  name: string;
  /** How it is called to a person. */
  what: string;
  dev: bigint;
  ino: bigint;
  size: bigint;
}

/** Of a file that was opened: as long as it is, SQLite removes neither its log nor the log's index. */
export function placeOf(db: DatabaseSync, path: string): Place {
  // SQLite puts both beside the file that a symbolic link leads to.
  const real = realpathSync(path);
  const file = heldAt(path, "the state file");
  const log = heldAt(`${real}-wal`, "the log of the state file,");
  const index = heldAt(`${real}-shm`, "the index of the log of the state file,");
  const all = [file, log, index].filter((held) => held !== undefined);
  const pageSize = numberOf(db, "PRAGMA page_size");
  const asksLog = isAtLeast(ASKS_LOG, String(db.prepare("SELECT sqlite_version() AS version").get()?.["version"]));

  /** As SQLite knows it from memory: bytes that the file, or its log, must have. */
  function needed(held: Held): number {
    if (held === file) return numberOf(db, "PRAGMA page_count") * pageSize;
    const { log: frames } = db.prepare("PRAGMA wal_checkpoint(NOOP)").get() as { log: number };
    return frames > 0 ? LOG_HEADER + frames * (FRAME_HEADER + pageSize) : 0;
  }

  /** Others may have shortened it as SQLite does: by VACUUM, or after a checkpoint. */
  function isWhole(held: Held, size: bigint): boolean {
    if (held === index || (held === log && !asksLog)) return true;
    try {
      return size >= needed(held);
    } catch {
      // SQLite has come across it itself.
      return false;
    }
  }

  function check(): void {
    for (const held of all) {
      const found = statOf(held.name);
      if (found === undefined) throw gone(held, "was removed or moved away");
      if (found.dev !== held.dev || found.ino !== held.ino) throw gone(held, "was replaced by another");
      if (found.size < held.size && !isWhole(held, found.size)) throw gone(held, "was cut off");
      held.size = found.size;
    }
  }
  return {
    check,
    committed() {
      for (const held of all) held.size = statOf(held.name)?.size ?? held.size;
    },
  };
}

/** Undefined where there is none: a file system on which SQLite cannot share memory has no log. */
function heldAt(name: string, what: string): Held | undefined {
  const found = statOf(name);
  return found && { name, what, dev: found.dev, ino: found.ino, size: found.size };
}

function statOf(name: string): BigIntStats | undefined {
  try {
    return statSync(name, { bigint: true });
  } catch (error) {
    // A folder of its path may have become a file.
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw error;
  }
}

function gone({ name, what }: Held, how: string): StoreGone {
  return new StoreGone(
    `${what} ${name} ${how} while it was in use: what is written now would be lost, so this process ends. Put it back or restore a ` +
      "backup, with nothing running, and start again; without it Lookout starts anew (State and backups in docs/operations.md)",
  );
}

function numberOf(db: DatabaseSync, sql: string): number {
  return Number(Object.values(db.prepare(sql).get() ?? {})[0]);
}

function isAtLeast([major = 0, minor = 0]: readonly number[], version: string): boolean {
  const [have = 0, also = 0] = version.split(".").map(Number);
  return have > major || (have === major && also >= minor);
}
