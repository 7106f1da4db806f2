// The generation that decides, in many rows: each commit checks one of them by chance, so that no row is part of every
// commit.
import type { Op, Store } from "../../store/port.ts";

const LANES = 256;
const PARTITION = "generation";

/** A lane as read. */
export interface Lane {
  sk: string;
  version: number;
  /** Undefined: no configuration has taken over yet. */
  generation: number | undefined;
}

interface LaneRow {
  generation: number;
}

/** One of the lanes; `random`: uniform in [0, 1). */
export async function readLane(store: Store, random: () => number): Promise<Lane> {
  const sk = nameOf(Math.floor(random() * LANES));
  const row = await store.get<LaneRow>({ pk: PARTITION, sk });
  return { sk, version: row?.version ?? 0, generation: row?.data.generation };
}

/** The commit fails where another configuration has taken over since the lane was read. */
export function stillDecides({ sk, version }: Lane): Op {
  return { op: "check", pk: PARTITION, sk, expect: version };
}

/**
 * Writes the generation into every lane, some in each commit: from then on nobody else decides. Doing so again changes
 * nothing. Throws StoreConflict where another process does the same or has a newer one.
 */
export async function takeLanes(store: Store, generation: number): Promise<void> {
  const known = new Map((await store.list<LaneRow>(PARTITION)).map((row) => [row.sk, row]));
  const old = Array.from({ length: LANES }, (_, at) => nameOf(at)).filter((sk) => {
    return (known.get(sk)?.data.generation ?? 0) < generation;
  });
  const size = Math.floor(store.limits.items / 2);
  for (let from = 0; from < old.length; from += size) {
    await store.commit(
      old.slice(from, from + size).map((sk): Op => {
        return { op: "put", pk: PARTITION, sk, data: { generation }, expect: known.get(sk)?.version ?? 0 };
      }),
    );
  }
}

function nameOf(lane: number): string {
  return lane.toString(16).padStart(2, "0");
}
