// Which configuration of a place was valid last, as a row that all containers share.
import { type Key, type Store, StoreConflict } from "../../store/port.ts";

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

/** False where another container has written the row meanwhile. */
export async function putConfiguration(store: Store, data: ConfigurationRow, expect: number): Promise<boolean> {
  try {
    await store.commit([{ op: "put", ...CONFIGURATION, data, expect }]);
    return true;
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    return false;
  }
}
