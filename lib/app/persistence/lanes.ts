// The generation that decides, in many rows: each commit checks one of them by chance, so that no row is part of every
// commit. Each is a partition of its own: those of one partition share what a table gives to one.
import { rowId } from "../../store/ops.ts";
import type { Key, Op, Store } from "../../store/port.ts";

const LANES = 256;
/** Where earlier releases had all lanes. They are written, too: a process of such a release may still run beside. */
const EARLIER = "generation";

/** A lane as read. */
export interface Lane {
  key: Key;
  version: number;
  /** Undefined: no configuration has taken over yet. */
  generation: number | undefined;
}

interface LaneRow {
  generation: number;
}

/** One of the lanes; `random`: uniform in [0, 1). */
export async function readLane(store: Store, random: () => number): Promise<Lane> {
  const key = laneKey(nameOf(Math.floor(random() * LANES)));
  const row = await store.get<LaneRow>(key);
  return { key, version: row?.version ?? 0, generation: row?.data.generation };
}

/** The commit fails where another configuration has taken over since the lane was read. */
export function stillDecides({ key, version }: Lane): Op {
  return { op: "check", ...key, expect: version };
}

/**
 * Writes the generation into every lane, some in each commit: from then on nobody else decides. Doing so again changes
 * nothing. Throws StoreConflict where another process does the same or has a newer one.
 */
export async function takeLanes(store: Store, generation: number): Promise<void> {
  const names = Array.from({ length: LANES }, (_, lane) => nameOf(lane));
  const keys = [...names.map((sk): Key => ({ pk: EARLIER, sk })), ...names.map(laneKey)];
  const known = new Map((await store.getMany<LaneRow>(keys)).map((row) => [rowId(row), row]));
  const old = keys.filter((key) => (known.get(rowId(key))?.data.generation ?? 0) < generation);
  const size = Math.floor(store.limits.items / 2);
  for (let from = 0; from < old.length; from += size) {
    await store.commit(
      old.slice(from, from + size).map((key): Op => {
        return { op: "put", ...key, data: { generation }, expect: known.get(rowId(key))?.version ?? 0 };
      }),
    );
  }
}

function laneKey(name: string): Key {
  return { pk: `generation/${name}`, sk: "lane" };
}

function nameOf(lane: number): string {
  return lane.toString(16).padStart(2, "0");
}
