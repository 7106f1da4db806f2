// Moves the state from one store to another, row by row: what is known and pending goes on where it stood.
import type { Clock } from "../../model/clock.ts";
import { hashOf } from "../../model/hash.ts";
import { iso } from "../../model/iso.ts";
import { type Key, type Op, type Row, type Store, StoreError } from "../../store/port.ts";
import { COPYING } from "./generation.ts";
import { type LastRun, listRuns } from "./shard-rows.ts";

/**
 * For how long a process that has ended may count as there still: a store that tells who is gone has to miss it for a
 * while first; ms.
 */
const PATIENCE_MS = 4_000;
const PAUSE_MS = 200;

export interface Copied {
  rows: number;
  /** What was left out, because it is not what was written. */
  damaged: Key[];
}

interface CopyPorts {
  from: Store;
  to: Store;
  clock: Clock;
  /** Whether the process of that id has ended. */
  isGone(id: string): boolean;
  /** How often a source is polled, ms, where that is known. */
  every?(source: string): number | undefined;
}

/**
 * Throws StoreError where a process still works with the state, or where the target holds rows already. What was not
 * copied whole says so: nobody goes on from it.
 */
export async function copyState(ports: CopyPorts): Promise<Copied> {
  const { from, to, clock } = ports;
  await refuseInUse(ports);
  await refuseFilled(to);
  await to.commit([{ op: "put", ...COPYING, data: { since: clock.now() }, expect: 0 }]);
  const before = createDigest();
  const copied = await copyRows(from, to, before.add);
  const after = createDigest();
  for await (const rows of from.all()) for (const row of rows) after.add(row);
  if (before.sum() !== after.sum()) {
    throw new StoreError("a process wrote to the state while it was copied: stop it, empty the target and begin anew");
  }
  await to.commit([{ op: "delete", ...COPYING, expect: 1 }]);
  return copied;
}

/** Sums up which version of each row was seen, in any order. What time removes by itself does not count. */
function createDigest() {
  let total = 0n;
  return {
    add({ pk, sk, version, expires }: Row) {
      if (expires === undefined) total += BigInt(`0x${hashOf([pk, sk, version], 16)}`);
    },
    sum: () => total,
  };
}

async function copyRows(from: Store, to: Store, seen: (row: Row) => void): Promise<Copied> {
  const copied: Copied = { rows: 0, damaged: [] };
  let ops: Op[] = [];
  let room = { ...to.limits };
  async function flush(): Promise<void> {
    await to.commit(ops);
    copied.rows += ops.length;
    ops = [];
    room = { ...to.limits };
  }
  for await (const rows of from.all()) {
    for (const one of rows) {
      seen(one);
      const { version: _, damaged, ...row } = one;
      if (damaged) {
        copied.damaged.push({ pk: row.pk, sk: row.sk });
        continue;
      }
      const op: Op = { op: "put", ...row, expect: 0 };
      const { items, bytes } = to.cost(op);
      if (items > room.items || bytes > room.bytes) await flush();
      room.items -= items;
      room.bytes -= bytes;
      ops.push(op);
    }
  }
  await flush();
  return copied;
}

async function refuseInUse({ from, clock, isGone, every = () => undefined }: CopyPorts): Promise<void> {
  if (await from.get(COPYING)) throw new StoreError("the state is itself a copy that was not finished");
  const now = clock.now();
  const runs = await listRuns(from);
  const isHeld = ({ lease }: LastRun) => lease !== undefined && lease.until > now && !isGone(lease.by);
  let held = runs.filter(isHeld);
  const patience = from.peers === undefined ? 0 : PATIENCE_MS;
  // All of them are asked about each time: each is missed from then on that it was asked about first.
  for (let waited = 0; held.length > 0 && waited < patience; waited += PAUSE_MS) {
    await clock.sleep(PAUSE_MS);
    held = held.filter(isHeld);
  }
  for (const { source, lease } of held)
    throw new StoreError(`a process (${lease!.by}) polls the source "${source}" with this state: stop it first`);
  for (const run of runs) {
    const { source, lastRunAt } = run;
    const until = lastRunAt + 2 * (every(source) ?? 0);
    if (isLeased(run) || !(until > now)) continue;
    throw new StoreError(
      `the source "${source}" was polled at ${iso(lastRunAt)} by a function, or by "run --once": stop what starts it. ` +
        `From ${iso(until)} on it counts as stopped`,
    );
  }
}

/** The lease of a daemon that polled last lasts until after its run; one that was stopped leaves it behind, too. */
function isLeased({ lastRunAt, lease }: Pick<LastRun, "lastRunAt" | "lease">): boolean {
  return lease !== undefined && lease.until >= lastRunAt;
}

async function refuseFilled(to: Store): Promise<void> {
  for await (const rows of to.all()) {
    if (rows.length === 0) continue;
    throw new StoreError("the store that it would be copied to holds rows already: name an empty one, or empty it");
  }
}
