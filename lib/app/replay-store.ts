// The store of a replay: in memory, without what a live one keeps only for people to look at later. Memory grows with what is open
// and with the alerts there were, not with the events.
import { openMemoryStore } from "../store/memory.ts";
import type { Op, Store } from "../store/port.ts";
import { DELIVERIES, ENDED, type EndedRow, eventsPartition } from "./rows.ts";

const EVENTS = eventsPartition("");

export function openReplayStore(now: () => number): Store {
  const store = openMemoryStore({ now });
  return {
    ...store,
    cost(op) {
      const kept = keptOf(op);
      return kept === undefined ? { items: 0, bytes: 0 } : store.cost(kept);
    },
    commit: (ops) => store.commit(ops.flatMap((op) => keptOf(op) ?? [])),
  };
}

/** What is kept of an op: no events, no deliveries that are over, of an alert that has ended no events. */
function keptOf(op: Op): Op | undefined {
  if (op.op !== "put") return op;
  const { pk, sk, expect, data, expires } = op;
  if (pk.startsWith(EVENTS)) return undefined;
  if (pk === DELIVERIES && expires !== undefined) {
    return { op: "delete", pk, sk, ...(expect === undefined ? {} : { expect }) };
  }
  if (pk !== ENDED) return op;
  const { alert, ...rest } = data as EndedRow;
  return { ...op, data: { ...rest, alert: { ...alert, events: [] } } };
}
