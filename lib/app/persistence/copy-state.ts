// Moves the state from one store to another, row by row: what is known and pending goes on where it stood.
import type { Clock } from "../../model/clock.ts";
import { type Key, type Op, type Store, StoreError } from "../../store/port.ts";
import { listRuns } from "./shard-rows.ts";

export interface Copied {
  rows: number;
  /** What was left out, because it is not what was written. */
  damaged: Key[];
}

interface CopyPorts {
  from: Store;
  to: Store;
  clock: Pick<Clock, "now">;
  /** Whether the process of that id has ended. */
  isGone(id: string): boolean;
}

/**
 * Throws StoreError where a process still polls with the state, or where the target holds rows already. What is copied
 * is not one moment's state if somebody writes to it meanwhile.
 */
export async function copyState(ports: CopyPorts): Promise<Copied> {
  const { from, to } = ports;
  await refuseInUse(ports);
  await refuseFilled(to);
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
    for (const { version: _, damaged, ...row } of rows) {
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

async function refuseInUse({ from, clock, isGone }: CopyPorts): Promise<void> {
  for (const { source, lease } of await listRuns(from)) {
    if (lease === undefined || lease.until <= clock.now() || isGone(lease.by)) continue;
    throw new StoreError(`a process (${lease.by}) polls the source "${source}" with this state: stop it first`);
  }
}

async function refuseFilled(to: Store): Promise<void> {
  for await (const rows of to.all()) {
    if (rows.length === 0) continue;
    throw new StoreError("the store that it would be copied to holds rows already: name an empty one, or empty it");
  }
}
