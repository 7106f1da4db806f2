// Which configuration decides while two run side by side, as in a rolling deploy: the newer one, and of two that are
// equally old the one that was first. The other finishes nothing.
import type { Clock } from "../../model/clock.ts";
import type { Config } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import { type Key, type Store, StoreConflict, StoreError } from "../../store/port.ts";
import { takeLanes } from "./lanes.ts";
import { endJournal } from "./old-journal.ts";
import { type Claim, LEASE_MS } from "./rows.ts";
import { listRuns } from "./shard-rows.ts";
import { Superseded } from "./superseded.ts";

export const GENERATION: Key = { pk: "meta", sk: "generation" };
/** There while the state is being copied to this store, and where that was not finished (copy-state.ts). */
export const COPYING: Key = { pk: "meta", sk: "copying" };

/** In the lanes of this release, and in those of earlier ones. */
const KNOWN = 2;

/** The configuration that decides. */
export interface GenerationRow {
  /** One more for each configuration that took over. */
  number: number;
  /** Names the configuration. */
  config: string;
  /** When the configuration was made (a package's build) or read (a daemon's start or reload); ms. */
  stamp: number;
  /** When it took over; ms. */
  since: number;
  /** How long it may be silent before an older one takes over; ms. Rows of older releases lack it. */
  patience?: number;
  /** The process that took over has ended, and no other has joined it. */
  left?: true;
  /**
   * Every commit knows of it (lanes.ts): until then the one before may still decide. `true`: those of earlier releases
   * do, which had other lanes.
   */
  known?: true | typeof KNOWN;
}

/** What joining needs of the application. */
interface Joining {
  config: Config;
  store: Store;
  clock: Clock;
  random: () => number;
  generation: Generation;
}

/** Which configuration this process runs. */
export interface Generation {
  /** Undefined until it was joined: a process that only looks, or does what a person asks, decides nothing. */
  own: number | undefined;
  /** When the configuration was made or read; ms. */
  stamp: number;
  /** Whether this process made it the one that decides. */
  tookOver?: true;
}

/**
 * A newer configuration of which nothing is seen for so long is gone, as after a rollback: the
 * older takes over again. ms
 */
const GONE_MS = 180_000;
const TRIES = 25;

/**
 * Makes the application's configuration the one that decides, or joins it where it decides already. Throws Superseded
 * where a newer one does, StoreError where the state is not whole.
 */
export async function joinGeneration(app: Joining): Promise<void> {
  const config = configHash(app.config);
  for (let conflicts = 0; ; ) {
    try {
      app.generation.own = await join(app, config);
      return;
    } catch (error) {
      conflicts++;
      if (!(error instanceof StoreConflict) || conflicts >= TRIES) throw error;
      await app.clock.sleep(Math.ceil(app.random() * 10 * conflicts));
    }
  }
}

/** Returns the configuration's number. Throws StoreConflict where another process took over at the same time. */
async function join(app: Joining, config: string): Promise<number> {
  const now = app.clock.now();
  const rows = await app.store.getMany<GenerationRow>([GENERATION, COPYING]);
  const row = rows.find(({ sk }) => sk === GENERATION.sk);
  if (rows.length > (row ? 1 : 0)) {
    throw new StoreError("the state is a copy that was not finished: empty the store, and copy the state again");
  }
  if (row?.data.config === config) {
    const { left, ...stays } = row.data;
    const isKnown = row.data.known === KNOWN;
    if (!row.data.known) await endJournal(app.store);
    if (!isKnown) await takeLanes(app.store, stays.number);
    if (left || !isKnown || row.data.patience === undefined) {
      const data: GenerationRow = { ...stays, patience: patienceOf(app.config), known: KNOWN };
      await putGeneration(app.store, data, row.version);
    }
    return stays.number;
  }
  const { stamp } = app.generation;
  // Of two that are equally old, as two packages of one SOURCE_DATE_EPOCH, the one that decides goes on doing so: if
  // the other took over, both would do so in turn for as long as both are called.
  if (row && stamp <= row.data.stamp && (await isAlive(app, row.data, now))) throw superseded(row.data);
  const number = (row?.data.number ?? 0) + 1;
  const data: GenerationRow = { number, config, stamp, since: now, patience: patienceOf(app.config) };
  const version = row?.version ?? 0;
  await putGeneration(app.store, data, version);
  app.generation.tookOver = true;
  if (row?.data.known === undefined) await endJournal(app.store);
  await takeLanes(app.store, number);
  await putGeneration(app.store, { ...data, known: KNOWN }, version + 1);
  return number;
}

function putGeneration(store: Store, data: GenerationRow, expect: number): Promise<void> {
  return store.commit([{ op: "put", ...GENERATION, data, expect }]);
}

/**
 * The process ends, as after a single round: an older configuration that stands by need not wait until it is missed.
 */
export async function leaveGeneration(app: Joining): Promise<void> {
  const row = await app.store.get<GenerationRow>(GENERATION);
  if (row === undefined || !app.generation.tookOver || row.data.number !== app.generation.own) return;
  try {
    await app.store.commit([{ op: "put", ...GENERATION, data: { ...row.data, left: true }, expect: row.version }]);
  } catch (error) {
    // Another process joined it, or took over, at the same time.
    if (!(error instanceof StoreConflict)) throw error;
  }
}

/** Whether something of the newer configuration was seen lately, as often as its own polls are. */
async function isAlive(app: Joining, { number, since, left, patience }: GenerationRow, now: number): Promise<boolean> {
  if (left) return false;
  const runs = (await listRuns(app.store)).filter(({ generation }) => generation === number);
  if (runs.some(({ lease }) => lease && isRenewed(lease, now))) return true;
  const polls = runs.map(({ lastRunAt }) => lastRunAt);
  return now - Math.max(since, ...polls) < (patience ?? patienceOf(app.config));
}

/** Where all polls are rarer than that, it is given two of them; ms. */
function patienceOf({ sources }: Config): number {
  return Math.max(GONE_MS, 2 * Math.min(...sources.map(({ every }) => every)));
}

/** A lease that ends so soon is renewed each few seconds: a run is under way, however long it takes. */
function isRenewed({ until }: Claim, now: number): boolean {
  return now < until && until <= now + LEASE_MS;
}

function superseded({ number, since }: GenerationRow): Superseded {
  return new Superseded(
    `a newer configuration decides on this state since ${new Date(since).toISOString()} (generation ${number}): ` +
      "this process stands by until that one is gone or its own configuration is newer",
  );
}

/** The same wherever the file lies and whatever store it names. */
export function configHash({ file: _file, store: _store, ...config }: Config): string {
  return hashOf([config], 16);
}
