// Which configuration a container runs where it does not come with the package: the newest that is valid.
import { Superseded } from "../../app/persistence/superseded.ts";
import type { Config } from "../../model/config.ts";
import type { Store } from "../../store/port.ts";
import type { Current, Found, Origin } from "./port.ts";
import { Refused } from "./refused.ts";
import { CONFIGURATION, type ConfigurationRow, keepText, keptText, putConfiguration } from "./row.ts";

export interface Running {
  config: Config;
  /** When it was put at its place, or packaged; ms. */
  stamp: number;
  /** Why a newer one is not run. */
  refused?: string;
  /** Why nobody knows whether there is one. */
  unread?: string;
}

export interface Checked {
  config: Config;
  /** What a row may hold of its text; undefined where that may have a secret in clear text. */
  copy: string | undefined;
}

export interface NewestOptions {
  /** As LOOKOUT_CONFIG names it. */
  place: string;
  origin: Origin;
  store: Store;
  /** The packaged one: what runs while none at the place ever was valid. */
  packaged: Running;
  /** Throws Refused. */
  check(text: string): Promise<Checked>;
}

/**
 * For a container that starts: where what is there cannot be run, or be read, the one that was valid last. Throws where
 * the place cannot be asked and none is known. Throws Superseded where another version decides.
 */
export async function newest(options: NewestOptions): Promise<Running> {
  const { origin, place, packaged } = options;
  let found: Current | undefined;
  try {
    found = await origin.ask();
  } catch (error) {
    if (error instanceof Superseded) throw error;
    const unread = `${(error as Error).name}: ${(error as Error).message}`;
    const before = await validBefore(options);
    if (before) return { ...before, unread };
    throw new Error(`${place} could not be read: ${unread}`, { cause: error });
  }
  if (found === undefined) return packaged;
  try {
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

async function takeOver({ place, origin, store, packaged, check }: NewestOptions, found: Current): Promise<Running> {
  try {
    const { config, copy } = await check(found.text);
    await (found.take ? found.take() : note(store, { place, version: found.version }));
    // Where the place keeps its versions, they stay under its own encryption and permissions alone.
    if (copy !== undefined && !origin.keeps(found.version)) await keepText(store, place, { ...found, text: copy });
    found.done();
    return runningOf(config, packaged, found);
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
    const found = (await keptText(store, row.data)) ?? (await origin.version(row.data.version));
    return found && runningOf((await check(found.text)).config, packaged, found);
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
