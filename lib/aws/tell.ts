// Telling people: groups are decided, then what is due is sent. Whatever is not done by the end stays due in the table.
import { deliverDue } from "../app/deliver.ts";
import type { App } from "../app/deps.ts";
import { notifyDue, notifyGroup } from "../app/notify.ts";

/** Before the deadline: a delivery in hand is sent (15 s at most) and recorded, and never sent twice for lack of time. ms */
export const TELLING_RESERVE = 20_000;

export interface TellSummary {
  /** How many deliveries were made, and how many were tried. */
  made: number;
  tried: number;
}

/** Decides the named groups, due or not. One that fails stops no other: it stays due for the sweep. */
export async function tellGroups(app: App, groups: readonly string[], signal: AbortSignal): Promise<TellSummary> {
  let made = 0;
  for (const group of groups) {
    if (signal.aborted) break;
    try {
      made += await notifyGroup(app, group);
    } catch (error) {
      app.log.error("group not decided; it stays due", { group, error: (error as Error).message });
    }
  }
  return { made, tried: (await deliverDue(app, signal)).length };
}

/** Decides every group that is due. */
export async function tellDue(app: App, signal: AbortSignal): Promise<TellSummary> {
  const made = await notifyDue(app, signal);
  return { made, tried: (await deliverDue(app, signal)).length };
}
