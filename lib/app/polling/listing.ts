// Where the targets of a poll come from: the API, or what the first shard of the source discovered for all of them.
import { type Row, StoreConflict } from "../../store/port.ts";
import type { App, Discovered } from "../deps.ts";
import { type FoundTarget, type HeadRow, headOf, putFound, readFound, type Shard } from "../persistence/shard-rows.ts";
import { getRow } from "../persistence/source-rows.ts";

/** How long a discovery serves; ms. */
const DISCOVERY_MS = 300_000;

/** Where the targets of a poll come from. */
export interface Listing {
  /** Whether what was discovered then (ms) still serves. */
  serves(at: number): boolean;
  /** Rejects where they cannot be listed. */
  list(): Promise<Discovered & { at: number }>;
}

/** Of a source with one shard: the API's answer, for some minutes. One from a clock that was ahead serves no longer. */
export function listingOf(now: number, discover: Listing["list"]): Listing {
  return { serves: (at) => Math.abs(now - at) < DISCOVERY_MS, list: discover };
}

/** Of one of several: what was discovered for all of them. The first one asks the API anew where that is due. */
export function listingOfShard(
  app: App,
  head: Row<HeadRow>,
  shard: Shard,
  now: number,
  discover: Listing["list"],
): Listing {
  const { found } = head.data;
  const isDue = shard.index === 0 && !(found && Math.abs(now - found.at) < DISCOVERY_MS);
  return {
    serves: (at) => !isDue && (found === undefined || at === found.at),
    async list() {
      const now = isDue ? await discoverForAll(app, head, discover) : head;
      const known = await readFound(app, now, shard.index);
      // Discovered anew meanwhile: the next poll has it.
      if (known === undefined) throw new Error("the targets that were discovered are just being written anew");
      const own = known.targets.filter(({ elsewhere }) => !elsewhere);
      const elsewhere = known.targets.filter((target) => target.elsewhere).map(({ id }) => id);
      return { own, elsewhere: new Set(elsewhere), at: known.at };
    },
  };
}

async function discoverForAll(app: App, head: Row<HeadRow>, discover: Listing["list"]): Promise<Row<HeadRow>> {
  const { own, elsewhere, at } = await discover();
  const before = await Promise.all((head.data.found?.pieces ?? []).map((_, index) => readFound(app, head, index)));
  const known = new Set(before.flatMap((found) => found?.targets ?? []).map(({ id }) => id));
  // What another source has now goes on there: whoever has not heard of it yet does not take it for gone.
  const moved = [...elsewhere].filter((id) => known.has(id) || head.data.found === undefined);
  const targets = [...own, ...moved.map((id): FoundTarget => ({ id, elsewhere: true }))];
  try {
    return await putFound(app, head, at, targets);
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    const now = await getRow(app, head);
    // Another process has discovered them, or divided them anew: what that wrote serves as well.
    return (now && headOf(now)) ?? head;
  }
}
