// How far every target is known to have been read, from the rows of its source: what deadlines wait for.

import type { SourceConfig } from "../../model/config.ts";
import type { Event } from "../../model/event.ts";
import { lookup } from "../../model/lookup.ts";
import { isProjectWide, namedTargets } from "../../model/source-kinds.ts";
import type { CompiledRule } from "../../rules/compile.ts";
import type { App } from "../deps.ts";
import type { SourceRow } from "../persistence/rows.ts";
import { isIn, listSources, type Shard } from "../persistence/shard-rows.ts";
import { placeOf } from "../persistence/source-rows.ts";

export interface Progress {
  /**
   * Reads the source rows, once; before that nothing counts as read but what was noted. An idle poll never needs it.
   */
  ready(): Promise<void>;
  /**
   * Up to where every target that may feed the rule's key has been read completely; ms. `own` is what is about to be
   * committed of one target, and counts for this question alone.
   */
  readTo(rule: CompiledRule, key: Record<string, unknown>, own?: OwnProgress): number;
  /** A run of the source or a shard begins, over these targets; up to `asOf` (ms) the shard had no others. */
  begin(sourceId: string, targets: readonly string[], asOf: number, shard: Shard): void;
  /** Notes that a target has been read at least this far; ms. */
  note(sourceId: string, target: string, readTo: number): void;
  /** A target's read failed: this far it is read for certain; ms. */
  fail(sourceId: string, target: string, readTo: number | null): void;
}

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
  /** The targets of its shard, once it has begun. */
  known: ReadonlySet<string> | undefined;
  /** Up to when it knows all of these; ms. */
  asOf: number;
  shard: Shard;
  /** ms */
  targets: Map<string, number>;
}

const NEVER = Number.NEGATIVE_INFINITY;
const ALWAYS = Number.POSITIVE_INFINITY;
const WHOLE: Shard = { index: 0, of: 1 };

export function createProgress(
  sources: readonly SourceConfig[],
  loadRows: () => Promise<ReadonlyMap<string, SourceRow>>,
): Progress {
  const own = new Map(
    sources.map((source): [string, Own] => {
      return [source.id, { known: undefined, asOf: NEVER, shard: WHOLE, targets: new Map() }];
    }),
  );
  let rows: ReadonlyMap<string, SourceRow> = new Map();
  let readTos: ReadonlyMap<string, (target: string) => number | null> = new Map();
  let loading: Promise<void> | undefined;
  /** By source, up to where all targets of shards that are not this run's were read, as the rows have it; ms. */
  const others = new Map<string, number>();

  async function load(): Promise<void> {
    rows = await loadRows();
    readTos = new Map([...rows].map(([id, row]) => [id, readToIn(row)]));
    others.clear();
  }
  function targetReadTo(source: SourceConfig, id: string, slice: OwnProgress | undefined): number {
    const noted = own.get(source.id)!.targets.get(id);
    const known = noted ?? readTos.get(source.id)?.(id) ?? NEVER;
    return slice?.sourceId === source.id && slice.target === id ? Math.max(slice.readTo, known) : known;
  }
  function leastReadTo(source: SourceConfig, ids: Iterable<string>, slice: OwnProgress | undefined): number {
    let least = ALWAYS;
    for (const id of ids) least = Math.min(least, targetReadTo(source, id, slice));
    return least;
  }
  function wholeReadTo(source: SourceConfig, row: SourceRow | undefined, slice: OwnProgress | undefined): number {
    const { known = Object.keys(row?.failing ?? {}), asOf } = knownIn(source, row);
    return Math.min(asOf, leastReadTo(source, known, slice));
  }
  function othersReadTo(source: SourceConfig, { shard }: Own): number {
    const row = rows.get(source.id);
    const listed = listedIn(source, row);
    if (listed === undefined) return row?.completeTo ?? NEVER;
    if (namedTargets(source) === undefined && row?.shards?.length === shard.of) {
      const each = row.shards.map((one, index) => (index === shard.index ? ALWAYS : shardReadTo(one)));
      return Math.min(listed.asOf, ...each);
    }
    const readTo = leastReadTo(
      source,
      listed.ids.filter((id) => !isIn(shard, id)),
      undefined,
    );
    return Math.min(listed.asOf, readTo);
  }
  function feedReadTo(source: SourceConfig, key: Record<string, unknown>, slice: OwnProgress | undefined): number {
    if (!mayFeed(source, key)) return ALWAYS;
    const run = own.get(source.id)!;
    // Where the target is the project, resources say nothing about which target they come from.
    const resource = isProjectWide(source.kind) ? undefined : key["resource.id"];
    if (typeof resource === "string") {
      const { known, asOf } = run.known && isIn(run.shard, resource) ? run : knownIn(source, rows.get(source.id));
      return known && !known.has(resource) ? asOf : targetReadTo(source, resource, slice);
    }
    if (run.known === undefined) return wholeReadTo(source, rows.get(source.id), slice);
    const readTo = Math.min(run.asOf, leastReadTo(source, run.known, slice));
    if (run.shard.of === 1) return readTo;
    const rest = others.get(source.id) ?? othersReadTo(source, run);
    others.set(source.id, rest);
    return Math.min(readTo, rest);
  }
  return {
    ready: () => (loading ??= load()),
    readTo: (rule, key, slice) => Math.min(...rule.feeds.map((source) => feedReadTo(source, key, slice))),
    begin(sourceId, targets, asOf, shard) {
      Object.assign(own.get(sourceId)!, { known: new Set(targets), asOf, shard });
    },
    note(sourceId, target, readTo) {
      const { targets } = own.get(sourceId)!;
      targets.set(target, Math.max(readTo, targets.get(target) ?? readTo));
    },
    fail: (sourceId, target, readTo) => void own.get(sourceId)!.targets.set(target, readTo ?? NEVER),
  };
}

/** By a shard's row: the runs of all shards ask for it, and there may be thousands of targets. */
const shardReadTos = new WeakMap<SourceRow, number>();

/** Up to where all targets that were discovered for a shard were read, as its row has it; ms. */
function shardReadTo(row: SourceRow): number {
  const known = shardReadTos.get(row);
  if (known !== undefined) return known;
  const readTo = readToInOne(row);
  const least = (row.discovered?.targets ?? []).reduce((so, { id }) => Math.min(so, readTo(id) ?? NEVER), ALWAYS);
  shardReadTos.set(row, least);
  return least;
}

/** Whether events of the source can have the key. */
function mayFeed({ kind, id, connection }: SourceConfig, key: Record<string, unknown>): boolean {
  const fixed = { source: kind, sourceId: id, connection };
  return Object.entries(fixed).every(([field, value]) => !Object.hasOwn(key, field) || key[field] === value);
}

/** The targets that are known of a source, and up to when there were no others; ms. Undefined where none are known. */
function listedIn(source: SourceConfig, row: SourceRow | undefined): { ids: string[]; asOf: number } | undefined {
  const named = namedTargets(source);
  const list = named ?? row?.discovered?.targets;
  // Since the last discovery a target may have come to be, or come back, and have events that nobody has read.
  const asOf = named ? ALWAYS : (row?.discovered?.at ?? NEVER);
  return list && { ids: list.map(({ id }) => id), asOf };
}

function knownIn(source: SourceConfig, row: SourceRow | undefined): Pick<Own, "known" | "asOf"> {
  const listed = listedIn(source, row);
  if (listed === undefined) return { known: undefined, asOf: row?.completeTo ?? NEVER };
  return { known: new Set(listed.ids), asOf: listed.asOf };
}

/** From a target's id to when it was last read completely; ms, null where the source never did. */
export function readToIn(row: SourceRow | undefined): (target: string) => number | null {
  const { shards } = row ?? {};
  if (shards === undefined) return readToInOne(row);
  const each = new Map<number, (target: string) => number | null>();
  return (target) => {
    const index = placeOf(target, shards.length);
    const readTo = each.get(index) ?? readToInOne(shards[index]);
    each.set(index, readTo);
    return readTo(target);
  };
}

function readToInOne(row: SourceRow | undefined): (target: string) => number | null {
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

/** The rows of all sources, by name. */
export type Rows = () => Promise<ReadonlyMap<string, SourceRow>>;

/** Read once, when they are first asked for. */
export function rowsOf(app: App): Rows {
  let reading: ReturnType<Rows> | undefined;
  return () => {
    reading ??= listSources(app).then((rows) => new Map(rows.map((row) => [row.sk, row.data])));
    return reading;
  };
}
