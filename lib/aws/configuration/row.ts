// Which configuration of a place was valid last, and a copy of it, as rows that all containers share.
import { type Key, type Put, type Store, StoreConflict } from "../../store/port.ts";
import { type Found, MAX_BYTES } from "./port.ts";

/** A container that starts while a newer one is refused runs this one. */
export interface ConfigurationRow {
  /** The place, as LOOKOUT_CONFIG names it, and the version there. */
  place: string;
  version: string;
  /** Of a place that says no order (served.ts): when it began to decide, and when it was served last; ms. */
  takenAt?: number;
  servedAt?: number;
}
export const CONFIGURATION: Key = { pk: "meta", sk: "configuration" };

/** That configuration itself. Beside the other row, which containers read and write each minute. */
interface KeptRow extends Found {
  place: string;
}
const KEPT: Key = { pk: "meta", sk: "configuration-text" };

/** False where another container has written the row meanwhile. */
export function putConfiguration(store: Store, data: ConfigurationRow, expect: number): Promise<boolean> {
  return commit(store, { op: "put", ...CONFIGURATION, data, expect });
}

async function commit(store: Store, put: Put): Promise<boolean> {
  try {
    await store.commit([put]);
    return true;
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    return false;
  }
}

/**
 * For the time when its place has let go of it. What is larger than a configuration can be is not kept. Where another
 * container writes at the same time, it has taken over the same one, or a newer one.
 */
export async function keepText(store: Store, place: string, { text, version, at }: Found): Promise<void> {
  const row = await store.get<KeptRow>(KEPT);
  if ((row?.data.place === place && row.data.version === version) || text.length > MAX_BYTES) return;
  const data: KeptRow = { place, version, at, text };
  await commit(store, { op: "put", ...KEPT, data, expect: row?.version ?? 0 });
}

/** That version, where it was kept. */
export async function keptText(store: Store, { place, version }: ConfigurationRow): Promise<Found | undefined> {
  const row = await store.get<KeptRow>(KEPT);
  return row?.data.place === place && row.data.version === version ? row.data : undefined;
}
