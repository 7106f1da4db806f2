// A unit of work: rows are read, changed values are put, and all of it takes effect in one commit or not at all.
import type { Clock } from "../../model/clock.ts";
import { rowId } from "../../store/ops.ts";
import {
  type Check,
  type Delete,
  type Key,
  type Op,
  type Put,
  type Row,
  type Store,
  StoreConflict,
} from "../../store/port.ts";
import { readLane, stillDecides } from "./lanes.ts";
import { isFatal, refuseSuperseded } from "./superseded.ts";

const TRIES = 25;

export interface PutOptions {
  queue?: Put["queue"] | undefined;
  /** ms */
  due?: number | undefined;
  /** ms */
  expires?: number | undefined;
}

export interface Unit {
  /** Reads rows strongly; what was read or put before in this unit is not read again. Absent rows are undefined. */
  load(keys: readonly Key[]): Promise<void>;
  /**
   * Takes a row as it was read or written before, in place of loading it: the commit finds out
   * whether it has changed since.
   */
  know(row: Row): void;
  /** The value of a loaded row, as put in this unit or as read. */
  value<T>(key: Key): T | undefined;
  /** The version a loaded row was read at; 0 where it is absent. */
  version(key: Key): number;
  /** When a loaded row is due, as put in this unit or as read; ms. */
  due(key: Key): number | undefined;
  /** When a loaded row expires, as put in this unit or as read; ms. */
  expires(key: Key): number | undefined;
  /** Loads a whole partition; throws RowDamaged where a row of it cannot be read. */
  list<T>(pk: string): Promise<Row<T>[]>;
  /** Changes a row that was loaded, or of a partition that was. */
  put(key: Key, data: unknown, options?: PutOptions): void;
  /** Writes a row whose name nobody else uses, without reading it. */
  create(key: Key, data: unknown, options?: PutOptions): void;
  delete(key: Key): void;
  /** What is put depends on a loaded row that may not be put itself: the commit finds out whether it has changed. */
  check(key: Key): void;
  /** Whether all of it still fits into one commit. */
  fits(): boolean;
}

/**
 * Runs `build` and commits what it put, again from the start where a row changed meanwhile. Returns what `build`
 * returned. `abandon` makes this the end of it: nothing is committed.
 * Throws StoreConflict where it did not succeed in 25 tries, Superseded where a newer configuration has taken over, and
 * whatever `build` throws.
 */
export type Transact = <T>(
  build: (unit: Unit, abandon: () => void) => Promise<T>,
  options?: TransactOptions,
) => Promise<T>;

export interface TransactOptions {
  /** It records what has happened already, which is so under any configuration. */
  anyGeneration?: boolean;
}

/** What a unit of work needs of the application. */
export interface UnitPorts {
  store: Store;
  clock: Clock;
  /** Uniform in [0, 1). */
  random: () => number;
}

/**
 * `generation` gives the process's own: nothing is committed once the store has a newer one. Undefined: any will do.
 */
export function createTransact(ports: UnitPorts, generation: () => number | undefined): Transact {
  return (build, { anyGeneration = false } = {}) => {
    const { store } = ports;
    const result = (last.get(store) ?? Promise.resolve()).then(() =>
      commitNow(ports, generation, build, anyGeneration),
    );
    last.set(
      store,
      result.catch(() => {}),
    );
    return result;
  };
}

/** The units of one process go one after the other: only other processes can be in their way. */
const last = new WeakMap<Store, Promise<unknown>>();

async function commitNow<T>(
  { store, clock, random }: UnitPorts,
  generation: () => number | undefined,
  build: (unit: Unit, abandon: () => void) => Promise<T>,
  anyGeneration: boolean,
): Promise<T> {
  for (let conflicts = 0; ; ) {
    try {
      const lane = anyGeneration ? undefined : await readLane(store, random);
      refuseSuperseded(lane?.generation, generation());
      const { unit, ops } = createUnit(store);
      let abandoned = false;
      const result = await build(unit, () => {
        abandoned = true;
      });
      if (abandoned || ops().length === 0) return result;
      await store.commit(lane ? [...ops(), stillDecides(lane)] : ops());
      return result;
    } catch (error) {
      conflicts++;
      if (!(error instanceof StoreConflict) || conflicts >= TRIES) throw error;
      await clock.sleep(Math.ceil(random() * 10 * conflicts));
    }
  }
}

function createUnit(store: Store): { unit: Unit; ops: () => Op[] } {
  const rows = new Map<string, Row | undefined>();
  const changes = new Map<string, Put | Delete>();
  const checks = new Map<string, Check>();
  /** Partitions of which every row is known. */
  const listed = new Set<string>();

  function change(op: Put | Delete): void {
    changes.set(rowId(op), op);
  }
  function expected(key: Key): number {
    const name = rowId(key);
    if (!rows.has(name) && !listed.has(key.pk)) throw new Error(`row ${key.pk} ${key.sk} was not loaded`);
    return rows.get(name)?.version ?? 0;
  }
  /** Created in this unit: nobody else can know it. */
  function isNew(key: Key): boolean {
    const before = changes.get(rowId(key));
    return before?.op === "put" && before.expect === undefined;
  }
  function write(key: Key, data: unknown, options: PutOptions, expect?: number): void {
    const { queue, due, expires } = options;
    change({
      op: "put",
      pk: key.pk,
      sk: key.sk,
      data,
      ...(expect === undefined ? {} : { expect }),
      ...(queue === undefined || due === undefined ? {} : { queue, due }),
      ...(expires === undefined ? {} : { expires }),
    });
  }

  const unit: Unit = {
    async load(keys) {
      const missing = new Map(keys.filter((key) => !rows.has(rowId(key))).map((key) => [rowId(key), key]));
      if (missing.size === 0) return;
      for (const name of missing.keys()) rows.set(name, undefined);
      for (const row of await store.getMany([...missing.values()])) rows.set(rowId(row), row);
    },
    know(row) {
      if (!rows.has(rowId(row))) rows.set(rowId(row), row);
    },
    value<T>(key: Key): T | undefined {
      const put = changes.get(rowId(key));
      if (put) return put.op === "put" ? (put.data as T) : undefined;
      return rows.get(rowId(key))?.data as T | undefined;
    },
    version: expected,
    due(key) {
      const put = changes.get(rowId(key));
      if (put) return put.op === "put" ? put.due : undefined;
      return rows.get(rowId(key))?.due;
    },
    expires(key) {
      const put = changes.get(rowId(key));
      if (put) return put.op === "put" ? put.expires : undefined;
      return rows.get(rowId(key))?.expires;
    },
    async list<T>(pk: string) {
      const found = await store.list<T>(pk, { whole: true });
      for (const row of found) rows.set(rowId(row), row);
      listed.add(pk);
      return found;
    },
    put: (key, data, options = {}) => write(key, data, options, isNew(key) ? undefined : expected(key)),
    create: (key, data, options = {}) => write(key, data, options),
    delete(key) {
      const expect = expected(key);
      if (expect === 0) changes.delete(rowId(key));
      else change({ op: "delete", pk: key.pk, sk: key.sk, expect });
    },
    check: ({ pk, sk }) => void checks.set(rowId({ pk, sk }), { op: "check", pk, sk, expect: expected({ pk, sk }) }),
    fits: () => doesFit(store, opsOf(changes, checks)),
  };
  return { unit, ops: () => opsOf(changes, checks) };
}

function doesFit({ cost, limits }: Pick<Store, "cost" | "limits">, ops: readonly Op[]): boolean {
  let items = 1;
  let bytes = 1_000;
  for (const op of ops) {
    const own = cost(op);
    items += own.items;
    bytes += own.bytes;
  }
  return items <= limits.items && bytes <= limits.bytes;
}

/** A row that is changed is checked by that; where nothing is, nothing depends on the others. */
function opsOf(changes: ReadonlyMap<string, Put | Delete>, checks: ReadonlyMap<string, Check>): Op[] {
  if (changes.size === 0) return [];
  return [...changes.values(), ...[...checks].flatMap(([name, check]) => (changes.has(name) ? [] : [check]))];
}

/**
 * The application as a run has it that ends at the first fatal error, one of its own or the reason why the signal
 * aborted: nothing is committed thereafter, not even by units of work that wait for their turn already.
 */
export function untilFatal<T extends { store: Store; transact: Transact }>(app: T, signal: AbortSignal): T {
  let fatal: unknown;
  function refuse(): void {
    const reason = fatal ?? signal.reason;
    if (isFatal(reason)) throw reason;
  }
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    refuse();
    try {
      return await work();
    } catch (error) {
      if (isFatal(error)) fatal ??= error;
      throw error;
    }
  }
  const transact: Transact = (build, options) =>
    guarded(() =>
      app.transact((unit, abandon) => {
        refuse();
        return build(unit, abandon);
      }, options),
    );
  const store: Store = { ...app.store, commit: (ops) => guarded(() => app.store.commit(ops)) };
  return { ...app, store, transact };
}
