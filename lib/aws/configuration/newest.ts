// Which configuration a container runs where it does not come with the package: the newest that is valid.
import { Superseded } from "../../app/persistence/superseded.ts";
import type { Config } from "../../model/config.ts";
import type { Store } from "../../store/port.ts";
import type { Current, Found, Origin } from "./port.ts";
import { Refused } from "./refused.ts";
import { CONFIGURATION, type ConfigurationRow, putConfiguration } from "./row.ts";

export interface Running {
  config: Config;
  /** When it was put at its place, or packaged; ms. */
  stamp: number;
  /** Why a newer one is not run. */
  refused?: string;
}

export interface NewestOptions {
  /** As LOOKOUT_CONFIG names it. */
  place: string;
  origin: Origin;
  store: Store;
  /** The packaged one: what runs while none at the place ever was valid. */
  packaged: Running;
  /** Throws Refused. */
  check(text: string): Promise<Config>;
}

/**
 * For a container that starts. Throws where the place cannot be asked: then nobody knows what is to run. Throws
 * Superseded where another version decides.
 */
export async function newest(options: NewestOptions): Promise<Running> {
  const { origin, place, packaged } = options;
  const found = await origin.ask().catch((error) => {
    if (error instanceof Superseded) throw error;
    throw new Error(`${place} could not be read: ${(error as Error).name}: ${(error as Error).message}`, {
      cause: error,
    });
  });
  try {
    if (found === undefined) return packaged;
    return await takeOver(options, found);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ...((await validBefore(options)) ?? packaged), refused: error.message };
  }
}

/** For a container that runs. Undefined: nothing has changed. Throws Refused, Superseded, or the error of the place. */
export async function newer(options: NewestOptions): Promise<Running | undefined> {
  const found = await options.origin.ask();
  return found && takeOver(options, found);
}

async function takeOver({ place, store, packaged, check }: NewestOptions, found: Current): Promise<Running> {
  try {
    const running = runningOf(await check(found.text), packaged, found);
    await (found.take ? found.take() : note(store, { place, version: found.version }));
    found.done();
    return running;
  } catch (error) {
    if (error instanceof Refused) found.done();
    throw error;
  }
}

/** Where another container writes at the same time, it has taken over the same one, or a newer one. */
async function note(store: Store, data: ConfigurationRow): Promise<void> {
  const row = await store.get<ConfigurationRow>(CONFIGURATION);
  if (row?.data.place === data.place && row.data.version === data.version) return;
  await putConfiguration(store, data, row?.version ?? 0);
}

async function validBefore({ place, origin, store, packaged, check }: NewestOptions): Promise<Running | undefined> {
  const row = await store.get<ConfigurationRow>(CONFIGURATION);
  if (row?.data.place !== place) return undefined;
  try {
    const found = await origin.version(row.data.version);
    return found && runningOf(await check(found.text), packaged, found);
  } catch {
    // The place has let go of it, or this package cannot read it any more.
    return undefined;
  }
}

/**
 * The state stays where the package has it. One that is older than the package is as new as that: whoever deploys
 * means both.
 */
function runningOf(config: Config, packaged: Running, { at }: Found): Running {
  return { config: { ...config, store: packaged.config.store }, stamp: Math.max(at, packaged.stamp) };
}
