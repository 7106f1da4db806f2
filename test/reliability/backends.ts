// Where the processes of a run keep their common state: a state file, or a smaller store that makes
// everything exceed a commit.
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Store, StoreError } from "../../lib/store/port.ts";
import { openSqliteStore } from "../../lib/store/sqlite/sqlite.ts";

export interface Backend {
  /** What one process has in hand of the common store; `now` in ms. */
  open(now: () => number): Store;
  /** Whether the death of a process is known to the others, as on one machine. */
  knowsDeaths: boolean;
  close(): Promise<void>;
}

/** In memory where the machine has such a place: it is processes that die here, never the machine. */
const FOLDER = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export function stateFile(): Backend {
  const folder = mkdtempSync(join(FOLDER, "lookout-crash-"));
  return {
    open: (now) => openSqliteStore({ path: join(folder, "state.db"), now }),
    knowsDeaths: true,
    close: async () => rmSync(folder, { recursive: true }),
  };
}

/** The same store with room for so many items in a commit: what exceeds them takes several. */
export function withItems(backend: Backend, items: number): Backend {
  return { ...backend, open: (now) => shrink(backend.open(now), items) };
}

function shrink(store: Store, items: number): Store {
  return {
    ...store,
    limits: { ...store.limits, items },
    async commit(ops) {
      const needed = ops.reduce((sum, op) => sum + store.cost(op).items, 0);
      if (needed > items) throw new StoreError(`a commit of ${needed} items exceeds ${items}`);
      await store.commit(ops);
    },
  };
}
