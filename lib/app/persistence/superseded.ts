// What ends a run at once: a store that is gone, and a newer configuration that decides from now on.
import { type Store, StoreError } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { Transact } from "./unit.ts";

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

/**
 * The application as a run has it that ends at the first fatal error, one of its own or the reason why the signal aborted: nothing
 * is committed thereafter, not even by units of work that wait for their turn already.
 */
export function untilFatal(app: App, signal: AbortSignal): App {
  let fatal: unknown;
  function refuse(): void {
    const reason = fatal ?? signal.reason;
    if (isFatal(reason)) throw reason;
  }
  async function guarded<T>(work: () => Promise<T>): Promise<T> {
    refuse();
    try {
      return await work();
    } catch (error) {
      if (isFatal(error)) fatal ??= error;
      throw error;
    }
  }
  const transact: Transact = (build, options) =>
    guarded(() =>
      app.transact((unit, abandon) => {
        refuse();
        return build(unit, abandon);
      }, options),
    );
  const store: Store = { ...app.store, commit: (ops) => guarded(() => app.store.commit(ops)) };
  return { ...app, store, transact };
}
