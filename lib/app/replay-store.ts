// The store of a replay: in memory, without what a live one keeps only for people to look at later. Memory grows with what is open,
// not with the events or the alerts there were.
import { openMemoryStore } from "../store/memory.ts";
import type { Key, Op, Row, Store } from "../store/port.ts";
import { openShelf } from "../store/spool.ts";
import { DELIVERIES, ENDED, type EndedRow, eventsPartition } from "./rows.ts";

/** How often what has expired is removed; ms. */
const PURGE_MS = 21_600_000;
const EVENTS = eventsPartition("");

export function openReplayStore(now: () => number): Store {
  const store = openMemoryStore({ now });
  /** Alerts that have ended are looked up again while a group has still to tell them: on disk, without their events. */
  const ended = openShelf<Row>();
  let purgedAt = now();

  async function get<T>(key: Key): Promise<Row<T> | undefined> {
    return key.pk === ENDED ? (ended.get(key.sk) as Row<T> | undefined) : store.get<T>(key);
  }
  function shelve(op: Op): void {
    if (op.op !== "put") return;
    const { alert, ...rest } = op.data as EndedRow;
    const version = (ended.get(op.sk)?.version ?? 0) + 1;
    ended.put(op.sk, { pk: op.pk, sk: op.sk, version, data: { ...rest, alert: { ...alert, events: [] } } });
  }
  return {
    ...store,
    cost(op) {
      const kept = op.pk === ENDED ? undefined : keptOf(op);
      return kept === undefined ? { items: 0, bytes: 0 } : store.cost(kept);
    },
    get,
    async getMany<T>(keys: readonly Key[]) {
      const shelved = await Promise.all(keys.filter(({ pk }) => pk === ENDED).map((key) => get<T>(key)));
      const rows = await store.getMany<T>(keys.filter(({ pk }) => pk !== ENDED));
      return [...rows, ...shelved.filter((row) => row !== undefined)];
    },
    async commit(ops) {
      await store.commit(ops.flatMap((op) => (op.pk === ENDED ? [] : (keptOf(op) ?? []))));
      for (const op of ops) if (op.pk === ENDED) shelve(op);
      if (now() - purgedAt < PURGE_MS) return;
      purgedAt = now();
      await store.purge(purgedAt);
    },
    async close() {
      ended.close();
      await store.close();
    },
  };
}

/** What is kept of an op: no events, and no deliveries that are over. */
function keptOf(op: Op): Op | undefined {
  if (op.op !== "put") return op;
  const { pk, sk, expect, expires } = op;
  if (pk.startsWith(EVENTS)) return undefined;
  if (pk !== DELIVERIES || expires === undefined) return op;
  return { op: "delete", pk, sk, ...(expect === undefined ? {} : { expect }) };
}
