// How far every target is known to have been read, from the rows of its source: what deadlines wait for.

import type { SourceConfig } from "../../model/config.ts";
import type { Event } from "../../model/event.ts";
import { lookup } from "../../model/lookup.ts";
import { isProjectWide, namedTargets } from "../../model/source-kinds.ts";
import type { CompiledRule } from "../../rules/compile.ts";
import type { Target } from "../../sources/port.ts";
import { RowDamaged } from "../../store/port.ts";
import type { App } from "../deps.ts";
import type { DiscoveredTarget, SourceRow } from "../persistence/rows.ts";
import { bareWithShards, countOf, fill, isIn, listBare, type Shard, shardKey } from "../persistence/shard-rows.ts";
import { type BareRow, getRow, placeOf } from "../persistence/source-rows.ts";

export interface Progress {
  /**
   * Up to where every target that may feed the rule's key has been read completely; ms. `own` is what is about to be
   * committed of one target, and counts for this question alone. Reads the rows that it takes, each once.
   */
  readTo(rule: CompiledRule, key: Record<string, unknown>, own?: OwnProgress): Promise<number>;
  /**
   * A run of the source or a shard begins, over these targets, which its row says were read up to `readTo` (ms, null:
   * never); up to `asOf` (ms) the shard had no others.
   */
  begin(sourceId: string, run: { targets: readonly string[]; asOf: number; shard: Shard; readTo: ReadTo }): void;
  /** Notes that a target has been read at least this far; ms. */
  note(sourceId: string, target: string, readTo: number): void;
  /** A target's read failed: this far it is read for certain; ms. */
  fail(sourceId: string, target: string, readTo: number | null): void;
}

const endedOf = new WeakMap<readonly DiscoveredTarget[], ReadonlySet<string>>();

/** Whether the target had ended when the source was last listed. */
function isEnded(source: SourceConfig, target: string, row: SourceRow | undefined): boolean {
  const list = row?.discovered?.targets;
  if (list === undefined || namedTargets(source)) return false;
  const ended = endedOf.get(list) ?? new Set(list.flatMap(({ id, endedSeen }) => (endedSeen === undefined ? [] : id)));
  endedOf.set(list, ended);
  return ended.has(target);
}

/** From a target's id to when it was last read completely; ms, null where the source never did. */
type ReadTo = (target: string) => number | null;

/** A target and what will have been read of it once its slice is committed. Times in ms. */
export interface OwnProgress {
  sourceId: string;
  target: string;
  readTo: number;
  /** Its floor: nothing before it is ever read. */
  since: number;
  /** When its first poll began, where this is still it. */
  learning: number | undefined;
  /** Whether the event's target has ended; default: none has. */
  isOver?(event: Event): boolean;
}

/** What this run knows of a source beyond its row. */
interface Own {
  /** The targets of its shard. */
  known: ReadonlySet<string>;
  /** Up to when it knows all of these; ms. */
  asOf: number;
  shard: Shard;
  readTo: ReadTo;
}

const NEVER = Number.NEGATIVE_INFINITY;
const ALWAYS = Number.POSITIVE_INFINITY;

export function createProgress(sources: readonly SourceConfig[], rows: Rows): Progress {
  const runs = new Map<string, Own>();
  const noted = new Map(sources.map(({ id }) => [id, new Map<string, number>()]));

  /** What is known of a target by `rowReadTo`, this run and its slice. */
  function targetReadTo({ id }: SourceConfig, target: string, rowReadTo: ReadTo, slice?: OwnProgress): number {
    const known = noted.get(id)!.get(target) ?? rowReadTo(target) ?? NEVER;
    return slice?.sourceId === id && slice.target === target ? Math.max(slice.readTo, known) : known;
  }
  async function ofTarget(source: SourceConfig, target: string, slice?: OwnProgress): Promise<number> {
    const run = runs.get(source.id);
    if (run && isIn(run.shard, target)) {
      return run.known.has(target) ? targetReadTo(source, target, run.readTo, slice) : run.asOf;
    }
    const row = await rows.of(source, target);
    const listed = listedIn(source, row);
    if (listed && !listed.has(target)) return namedTargets(source) ? ALWAYS : row!.discovered!.at;
    const readTo = targetReadTo(source, target, readToOf(row), slice);
    // One that had ended may have come back since.
    return isEnded(source, target, row) ? Math.min(readTo, row!.discovered!.at) : readTo;
  }
  async function ofAll(source: SourceConfig, slice?: OwnProgress): Promise<number> {
    const run = runs.get(source.id);
    if (run === undefined) return others(source, undefined);
    let least = run.asOf;
    for (const id of run.known) least = Math.min(least, targetReadTo(source, id, run.readTo, slice));
    return run.shard.of === 1 ? least : Math.min(least, await others(source, run.shard));
  }
  const asked = new Map<string, Promise<number>>();
  /** Up to where all targets that are not of this run's shard were read, as the rows have it; ms. */
  function others(source: SourceConfig, shard: Shard | undefined): Promise<number> {
    const name = `${source.id}/${shard?.index}/${shard?.of}`;
    const known = asked.get(name) ?? leastOf(rows, source, shard);
    asked.set(name, known);
    return known;
  }
  async function feedReadTo(source: SourceConfig, key: Record<string, unknown>, slice?: OwnProgress): Promise<number> {
    if (!mayFeed(source, key)) return ALWAYS;
    // Where the target is the project, resources say nothing about which target they come from.
    const resource = isProjectWide(source.kind) ? undefined : key["resource.id"];
    return typeof resource === "string" ? ofTarget(source, resource, slice) : ofAll(source, slice);
  }
  return {
    async readTo(rule, key, slice) {
      let least = ALWAYS;
      for (const source of rule.feeds) least = Math.min(least, await feedReadTo(source, key, slice));
      return least;
    },
    begin: (sourceId, { targets, ...run }) => void runs.set(sourceId, { known: new Set(targets), ...run }),
    note(sourceId, target, readTo) {
      const own = noted.get(sourceId)!;
      own.set(target, Math.max(readTo, own.get(target) ?? readTo));
    },
    fail: (sourceId, target, readTo) => void noted.get(sourceId)!.set(target, readTo ?? NEVER),
  };
}

/** Up to where all targets of the source were read, but for those of `shard`; ms. */
async function leastOf(rows: Rows, source: SourceConfig, shard: Shard | undefined): Promise<number> {
  const named = namedTargets(source);
  if (named !== undefined) {
    const readTo = readToIn(await rows.whole(source));
    const some = named.filter(({ id }) => shard === undefined || !isIn(shard, id));
    return some.reduce((least, { id }) => Math.min(least, readTo(id) ?? NEVER), ALWAYS);
  }
  const row = await rows.bare(source);
  if (row === undefined) return NEVER;
  const all = row.shards ?? [row];
  const others = all.filter((_, index) => all.length !== shard?.of || index !== shard.index);
  return others.reduce((least, one) => Math.min(least, bareReadTo(one)), asOfIn(row));
}

/** Since then a target may have come to be, or come back, and have events that nobody has read; ms. */
function asOfIn({ discovered, completeTo }: BareRow): number {
  return discovered?.at ?? completeTo ?? NEVER;
}

/** Up to where all targets were read that a row is about, as it says without their list; ms. */
function bareReadTo({ completeTo, knownTo, failing, named, namedPiece, unsummed, discovered }: BareRow): number {
  // The row says nothing yet of those that are listed.
  if (unsummed || (discovered && (named ?? namedPiece) !== undefined)) return NEVER;
  const each = Object.values(failing).map(({ readTo }) => readTo ?? NEVER);
  return each.reduce((least, one) => Math.min(least, one), (discovered && knownTo) ?? completeTo ?? NEVER);
}

/** Whether events of the source can have the key. */
function mayFeed({ kind, id, connection }: SourceConfig, key: Record<string, unknown>): boolean {
  const fixed = { source: kind, sourceId: id, connection };
  return Object.entries(fixed).every(([field, value]) => !Object.hasOwn(key, field) || key[field] === value);
}

/** Ids of the targets that are known of a source; undefined where none are. `row`: of the shard that is asked about. */
function listedIn(source: SourceConfig, row: SourceRow | undefined): ReadonlySet<string> | undefined {
  const list = namedTargets(source) ?? row?.discovered?.targets;
  return list && idsIn(list);
}

/** By row: many keys ask for the same one. */
const readTos = new WeakMap<SourceRow, ReadTo>();

function readToOf(row: SourceRow | undefined): ReadTo {
  const readTo = (row && readTos.get(row)) ?? readToIn(row);
  if (row) readTos.set(row, readTo);
  return readTo;
}

/** Likewise. */
const idsOf = new WeakMap<readonly Target[], ReadonlySet<string>>();

function idsIn(list: readonly Target[]): ReadonlySet<string> {
  const known = idsOf.get(list) ?? new Set(list.map(({ id }) => id));
  idsOf.set(list, known);
  return known;
}

/** From a target's id to when it was last read completely; ms, null where the source never did. */
export function readToIn(row: SourceRow | undefined): ReadTo {
  const { shards } = row ?? {};
  if (shards === undefined) return readToInOne(row);
  const each = new Map<number, ReadTo>();
  return (target) => {
    const index = placeOf(target, shards.length);
    const readTo = each.get(index) ?? readToInOne(shards[index]);
    each.set(index, readTo);
    return readTo(target);
  };
}

function readToInOne(row: SourceRow | undefined): ReadTo {
  const { completeTo = null, knownTo, failing = {} } = row ?? {};
  let known: ReadonlySet<string> | undefined;
  return (target) => {
    const failed = lookup(failing, target);
    if (failed) return failed.readTo;
    known ??= row && hadIn(row);
    if (known === undefined) return completeTo;
    return known.has(target) ? (knownTo ?? completeTo) : null;
  };
}

/**
 * The targets that the last run had and read, unless it says otherwise of one; undefined: rows of
 * older releases do not tell.
 */
function hadIn({ named, discovered }: SourceRow): ReadonlySet<string> | undefined {
  if (named !== undefined) return new Set(named);
  return discovered && new Set(discovered.targets.filter(({ unread }) => !unread).map(({ id }) => id));
}

/** Progress of all sources, as their rows say when it is first needed. */
export function progressOf(app: App, rows: Rows = rowsOf(app)): Progress {
  return createProgress(app.config.sources, rows);
}

/** What the rows say of sources, read where it is first asked for; undefined: nothing is known. */
export interface Rows {
  /** Of all targets, without their lists. */
  bare(source: SourceConfig): Promise<BareRow | undefined>;
  whole(source: SourceConfig): Promise<SourceRow | undefined>;
  /** Of the target's shard. */
  of(source: SourceConfig, target: string): Promise<SourceRow | undefined>;
}

export function rowsOf(app: App): Rows {
  const made = new Map<string, Promise<unknown>>();
  function once<T>(name: string, read: () => Promise<T>): Promise<T> {
    const known = (made.get(name) as Promise<T> | undefined) ?? read();
    made.set(name, known);
    return known;
  }
  const owns = () => once("", () => listBare(app).then((rows) => new Map(rows.map((row) => [row.sk, row]))));
  const bare = ({ id }: SourceConfig) =>
    once(`bare ${id}`, async () => {
      const own = (await owns()).get(id);
      return own && bareWithShards(app.store, own);
    });
  const whole = ({ id }: SourceConfig) =>
    once(`whole ${id}`, async () => {
      const own = (await owns()).get(id);
      return own && unlessDamaged(fill(app, own));
    });
  async function of(source: SourceConfig, target: string): Promise<SourceRow | undefined> {
    const own = (await owns()).get(source.id);
    const count = own && countOf(own.data);
    if (count === undefined) return whole(source);
    const shard = { index: placeOf(target, count), of: count };
    return once(`${shard.index}/${count} ${source.id}`, async () => {
      const row = await unlessDamaged(getRow(app, shardKey(source.id, shard)));
      // It is damaged or lost, or the targets were divided anew meanwhile.
      return row ?? whole(source);
    });
  }
  return { bare, whole, of };
}

/** What a damaged row says is not known: deadlines wait, and nothing else does. */
async function unlessDamaged(reading: Promise<{ data: SourceRow } | undefined>): Promise<SourceRow | undefined> {
  try {
    return (await reading)?.data;
  } catch (error) {
    if (!(error instanceof RowDamaged)) throw error;
    return undefined;
  }
}
