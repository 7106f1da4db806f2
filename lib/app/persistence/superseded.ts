// What ends a run at once: a store that is gone, and a newer configuration that decides from now on.
import { StoreError } from "../../store/port.ts";

/** A newer configuration runs on the same state: this process finishes nothing, and reads its configuration anew. */
export class Superseded extends Error {
  override name = "Superseded";
}

/** Throws Superseded where the state's generation is newer than the process's own. */
export function refuseSuperseded(current: number | undefined, own: number | undefined): void {
  if (own === undefined || current === undefined || current <= own) return;
  throw new Superseded(
    `another process runs a newer configuration on this state (generation ${current}, here ${own}): ` +
      "this one finishes nothing and reads its configuration anew",
  );
}

/** No target, group or delivery can be worked on any more; pretending otherwise would lose events. */
export function isFatal(error: unknown): boolean {
  return error instanceof StoreError || error instanceof Superseded;
}
