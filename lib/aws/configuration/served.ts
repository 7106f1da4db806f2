// Which version decides where a place says no order and may serve several at a time, as AppConfig does while it deploys
// gradually: the one that decided before, until nobody was served it for a while. So all run the same one; whether
// another is newer or older, a deployment or its rollback, makes no difference.
import { Superseded } from "../../app/persistence/superseded.ts";
import type { Clock } from "../../model/clock.ts";
import type { Store } from "../../store/port.ts";
import type { Current, Origin } from "./port.ts";
import { CONFIGURATION, type ConfigurationRow, putConfiguration } from "./row.ts";

/** Longer than two beats, within which every container of a function that is scheduled has asked; ms. */
const SETTLED_MS = 150_000;
/** How often it is noted that a version is still served; ms. */
const NOTED_MS = 30_000;

/** What a container was served. */
type Served = Pick<Current, "text" | "version">;

export interface ServedOptions {
  /** As LOOKOUT_CONFIG names it. */
  place: string;
  store: Store;
  clock: Clock;
}

/** `ask` rejects with Superseded where another version decides, and the container has none that did so before. */
export function servedOrigin(serve: () => Promise<Served>, options: ServedOptions): Origin {
  let given: string | undefined;
  return {
    async ask() {
      const served = await serve();
      const decision = await decide(served.version, options);
      if (decision === undefined && given === undefined) throw standsBy(options.place);
      if (decision === undefined || served.version === given) return undefined;
      function done(): void {
        given = served.version;
      }
      return { ...served, ...decision, done };
    },
    keeps: () => false,
    version: async () => undefined,
  };
}

/** Undefined: another version decides, and is served to others still. */
async function decide(
  version: string,
  { place, store, clock }: ServedOptions,
): Promise<Pick<Current, "at" | "take"> | undefined> {
  const row = await store.get<ConfigurationRow>(CONFIGURATION);
  const now = clock.now();
  const known = row?.data.place === place ? row.data : undefined;
  const { servedAt = 0, takenAt = now } = known ?? {};
  const isFresh = now - servedAt < (known?.version === version ? NOTED_MS : SETTLED_MS);
  if (known?.version === version) {
    // Where it is not noted, another container has done so, or has taken over: that shows the next time.
    if (!isFresh) await putConfiguration(store, { ...known, takenAt, servedAt: now }, row!.version);
    return { at: takenAt, take: async () => {} };
  }
  if (isFresh) return undefined;
  return {
    at: now,
    async take() {
      const data = { place, version, takenAt: now, servedAt: now };
      if (await putConfiguration(store, data, row?.version ?? 0)) return;
      const { data: other } = (await store.get<ConfigurationRow>(CONFIGURATION))!;
      if (other.place !== place || other.version !== version) throw standsBy(place);
    },
  };
}

function standsBy(place: string): Superseded {
  return new Superseded(
    `${place} serves several versions at present, and another one decides: this function stands by until it is served ` +
      `that one, or until nobody was served it for ${SETTLED_MS / 1_000} seconds`,
  );
}
