// The store of a replay: on disk without a name, and without what a live one keeps only for people to look at later.
// Memory grows neither with the events nor with the alerts there were.
import type { Op, Store } from "../../store/port.ts";
import { openUnnamedStore } from "../../store/sqlite/unnamed.ts";
import { ENDS, EVENTS, SENT } from "../persistence/by-time.ts";
import { DELIVERIES } from "../persistence/delivery-rows.ts";
import { ENDED, type EndedRow } from "../persistence/rows.ts";

/** How often what has expired is removed; ms. */
const PURGE_MS = 21_600_000;
/** Only people look at them. */
const LISTS = [EVENTS, SENT, ENDS];

export function openReplayStore(now: () => number): Store {
  const store = openUnnamedStore({ now });
  let purgedAt = now();
  return {
    ...store,
    cost(op) {
      const kept = keptOf(op);
      return kept === undefined ? { items: 0, bytes: 0 } : store.cost(kept);
    },
    async commit(ops) {
      await store.commit(ops.flatMap((op) => keptOf(op) ?? []));
      if (now() - purgedAt < PURGE_MS) return;
      purgedAt = now();
      await store.purge(purgedAt);
    },
  };
}

/**
 * What is kept of an op: no events, neither by themselves nor in alerts that have ended, and no
 * deliveries that are over.
 */
function keptOf(op: Op): Op | undefined {
  if (op.op !== "put") return op;
  const { pk, sk, expect, expires } = op;
  if (LISTS.some((list) => pk.startsWith(list))) return undefined;
  if (pk === ENDED) {
    const { alert, groups } = op.data as EndedRow;
    return { ...op, data: { groups, alert: { ...alert, events: [] } } satisfies EndedRow };
  }
  if (pk !== DELIVERIES || expires === undefined) return op;
  return { op: "delete", pk, sk, ...(expect === undefined ? {} : { expect }) };
}
