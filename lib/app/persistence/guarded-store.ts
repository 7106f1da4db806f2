// The store as the application has it: a row that is damaged is reported and left as it is, and whether anything
// can be written is known at once.
import { rowId } from "../../store/ops.ts";
import {
  type Key,
  type ListOptions,
  type Queue,
  type Row,
  RowDamaged,
  type Store,
  StoreError,
  StoreGone,
} from "../../store/port.ts";

/** Nothing can be written. */
export interface StoreTrouble {
  /** When a commit failed first; ms. */
  since: number;
  error: string;
  /** What the commit would have written, about: where so much can be written again, it is over. */
  bytes: number;
  /** It will not be over: what is written would be lost. */
  gone: boolean;
}

export interface GuardedStore {
  store: Store;
  /** Every damaged row that was come across. */
  damaged(): readonly Key[];
  /** Takes note of a row that can be read and is not what it should be. */
  noteDamaged(row: Key): void;
  /** Comes across every row there is, where that costs nothing, until the signal aborts. */
  verify(signal: AbortSignal): Promise<void>;
  /** Why the newest commit could not be written; undefined where it could. */
  trouble(): StoreTrouble | undefined;
  /** Tries to write as much as failed before, or a little where nothing did; `trouble` says what came of it. */
  probe(): Promise<void>;
}

export interface GuardOptions {
  now(): number;
  /** Hears of each damaged row once. */
  report(error: RowDamaged): void;
  /** Hears how long each operation took. */
  took?(operation: "get" | "getMany" | "list" | "due" | "commit", seconds: number): void;
}

/** More than a disk that is full has left, and little to write. */
const PROBE_BYTES = 65_536;

/** Of one store there is one: what it knows outlives a reload. */
const guarded = new WeakMap<Store, GuardedStore>();

export function guardStore(raw: Store, options: GuardOptions): GuardedStore {
  const known = guarded.get(raw);
  if (known) return known;
  const made = createGuard(raw, options);
  guarded.set(raw, made);
  return made;
}

/** The damaged rows that were come across. */
function createDamage(report: GuardOptions["report"]) {
  const known = new Map<string, Key>();
  return {
    damaged: () => [...known.values()],
    note(row: Key): RowDamaged {
      const error = new RowDamaged(row);
      if (!known.has(rowId(row))) report(error);
      known.set(rowId(row), error.key);
      return error;
    },
  };
}

function createGuard(given: Store, { now, report, took }: GuardOptions): GuardedStore {
  const raw = took === undefined ? given : timed(given, took);
  const { damaged, note } = createDamage(report);
  let trouble: StoreTrouble | undefined;

  function sound<T>(rows: Row<T>[]): Row<T>[] {
    const [first] = rows.filter(({ damaged }) => damaged).map(note);
    if (first) throw first;
    return rows;
  }
  function soundOnes<T>(rows: readonly Row<T>[]): Row<T>[] {
    return rows.filter((row) => !row.damaged || !note(row));
  }

  /** As many as were asked for, where there are so many: what is left out hides nothing that lies behind it. */
  async function upTo<T>(limit: number, read: (limit: number) => Promise<Row<T>[]>): Promise<Row<T>[]> {
    for (let most = limit; ; ) {
      const rows = await read(most);
      const found = soundOnes(rows);
      if (rows.length < most || found.length >= limit) return found.slice(0, limit);
      most = limit + rows.length - found.length;
    }
  }

  const store: Store = {
    ...raw,
    async get<T>(key: Key) {
      const row = await raw.get<T>(key);
      return row && sound([row])[0];
    },
    async getMany<T>(keys: readonly Key[]) {
      return sound(await raw.getMany<T>(keys));
    },
    async list<T>(pk: string, options: ListOptions = {}) {
      const { whole, limit, ...range } = options;
      if (whole) return sound(await raw.list<T>(pk, options));
      if (limit === undefined) return soundOnes(await raw.list<T>(pk, range));
      return upTo(limit, (most) => raw.list<T>(pk, { ...range, limit: most }));
    },
    async due<T>(queue: Queue, until: number, limit: number, from?: number) {
      return upTo(limit, (most) => raw.due<T>(queue, until, most, from));
    },
    async commit(ops) {
      try {
        await raw.commit(ops);
        // Where it cannot be tried out, as much as fits tells.
        if (trouble && (raw.probe === undefined || bytesOf(ops) >= trouble.bytes)) trouble = undefined;
      } catch (error) {
        if (error instanceof StoreError) noteTrouble(error, bytesOf(ops));
        throw error;
      }
    },
  };

  function bytesOf(ops: Parameters<Store["commit"]>[0]): number {
    return ops.reduce((sum, op) => sum + raw.cost(op).bytes, 0);
  }

  function noteTrouble(error: Error, bytes: number): void {
    const { since, bytes: most, gone } = trouble ?? { since: now(), bytes: 0, gone: false };
    trouble = { since, error: error.message, bytes: Math.max(bytes, most), gone: gone || error instanceof StoreGone };
  }

  return {
    store,
    damaged,
    noteDamaged: (row) => void note(row),
    trouble: () => trouble,
    async verify(signal) {
      for await (const rows of raw.verify?.() ?? []) {
        soundOnes(rows);
        if (signal.aborted) return;
      }
    },
    async probe() {
      if (raw.probe === undefined) return;
      const bytes = trouble?.bytes ?? PROBE_BYTES;
      try {
        await raw.probe(bytes);
        trouble = undefined;
      } catch (error) {
        noteTrouble(error as Error, bytes);
      }
    },
  };
}

/** The store, each of whose operations is timed, those that fail, too. */
function timed(store: Store, took: NonNullable<GuardOptions["took"]>): Store {
  async function time<T>(operation: Parameters<typeof took>[0], work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    try {
      return await work();
    } finally {
      took(operation, (performance.now() - began) / 1_000);
    }
  }
  return {
    ...store,
    get: (...asked) => time("get", () => store.get(...asked)),
    getMany: (...asked) => time("getMany", () => store.getMany(...asked)),
    list: (...asked) => time("list", () => store.list(...asked)),
    due: (...asked) => time("due", () => store.due(...asked)),
    commit: (ops) => time("commit", () => store.commit(ops)),
  };
}
