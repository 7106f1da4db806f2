// The rows of a source with many targets. These are divided into shards by a hash of their ids, each with a row like
// that of a small source; the source's own row says how many there are and what discovery saw last. Who only reads gets
// one row that is put together from them.
import { createTurns } from "../../sources/cloud/turns.ts";
import type { Target } from "../../sources/port.ts";
import type { Key, Row, Store } from "../../store/port.ts";
import { type Daily, SOURCES, type SourceRow, sourceKey } from "./rows.ts";
import {
  type BareRow,
  commitNaming,
  deletePieces,
  filled,
  getRow,
  listRows,
  type NamedPiece,
  nextName,
  type Ports,
  placeOf,
  putPieces,
  readPieces,
} from "./source-rows.ts";

/** Targets of one shard at most, but for a while after many have come. */
export const SHARD_TARGETS = 250;

/** Some of a source's targets: those that fall to this one of so many places (a power of two). */
export interface Shard {
  index: number;
  of: number;
}

/** A target as discovery saw it. */
export interface FoundTarget extends Target {
  /** Another source reads it, from where this one was. */
  elsewhere?: true;
}

/** The own row of a source that has several shards: in the shape that releases before it read, and ask anew from. */
export interface HeadRow extends SourceRow {
  count: number;
  /** What discovery saw last: the piece of each shard, and how many targets the largest of them has. */
  found?: { at: number; pieces: string[]; largest: number };
}

function shardPartition(source: string): string {
  return `shard/${source}`;
}

export function shardKey(source: string, { index, of }: Shard): Key {
  return of === 1
    ? sourceKey(source)
    : { pk: shardPartition(source), sk: `${of}/${String(index).padStart(String(of).length, "0")}` };
}

export function isIn({ index, of }: Shard, target: string): boolean {
  return placeOf(target, of) === index;
}

/** Whether a shard has targets of another one only, which was perhaps divided since. */
export function isPartOf({ index }: Shard, { index: place, of }: Shard): boolean {
  return index % of === place;
}

export function headOf(row: Row<SourceRow>): Row<HeadRow> | undefined {
  return row.data && "count" in row.data ? (row as Row<HeadRow>) : undefined;
}

/** How many shards so many targets take, `count` being how many there are. */
export function shardsFor(targets: readonly string[], count: number): number {
  for (let of = count; ; of *= 2) {
    if (of * SHARD_TARGETS < targets.length) continue;
    if (largestOf(targets, of) <= SHARD_TARGETS) return of;
  }
}

function largestOf(targets: readonly string[], of: number): number {
  const sizes = new Array<number>(of).fill(0);
  for (const id of targets) sizes[placeOf(id, of)]! += 1;
  return Math.max(...sizes);
}

/** What is known of a source, as one row; its version is that of the source's own. */
export async function readSource(ports: Ports, id: string): Promise<Row<SourceRow> | undefined> {
  const row = await getRow(ports, sourceKey(id));
  return row && withShards(ports, row);
}

/** Likewise of all sources; `whole` as in ListOptions. */
export async function listSources(ports: Ports, options: { whole?: boolean } = {}): Promise<Row<SourceRow>[]> {
  const turn = createTurns(1);
  const all: Row<SourceRow>[] = [];
  for (const row of await listRows(ports, SOURCES, options)) {
    if (headOf(row)) await turn();
    all.push(await withShards(ports, row, options));
  }
  return all;
}

/** A run as its row has it: of a source, or of one of its shards. */
export interface LastRun extends Pick<SourceRow, "lastRunAt" | "generation" | "lease"> {
  source: string;
}

/** What is known of a source whose own row was read bare, as one row. */
export async function fill(ports: Ports, row: Row<BareRow>): Promise<Row<SourceRow> | undefined> {
  const own = await filled(ports, row);
  return own && withShards(ports, own);
}

/** The own rows of all sources, bare, without their shards. */
export function listBare({ store }: Pick<Ports, "store">): Promise<Row<BareRow>[]> {
  return store.list<BareRow>(SOURCES);
}

/** The source's row and its shards', bare. */
export async function readBare({ store }: Pick<Ports, "store">, id: string): Promise<BareRow | undefined> {
  const row = await store.get<BareRow>(sourceKey(id));
  return row && bareWithShards(store, row);
}

/** Likewise, of a source's own row that was read. */
export async function bareWithShards(store: Store, row: Row<BareRow>): Promise<BareRow> {
  for (let own = row; ; ) {
    const count = countOf(own.data);
    if (count === undefined) return own.data;
    const rows = await store.list<BareRow>(shardPartition(own.sk), { prefix: `${count}/` });
    const now = rows.length < count ? await store.get<BareRow>(own) : own;
    if (now === undefined || now.version === own.version) return mergedBare(own.data, count, rows);
    // They were divided anew meanwhile.
    own = now;
  }
}

/** How many shards a source has; undefined where its own row is the only one. */
export function countOf(row: BareRow): number | undefined {
  return (row as Partial<HeadRow>).count;
}

/** The last runs of everything that is polled, of sources that are no longer configured, too. */
export async function listRuns(store: Store): Promise<LastRun[]> {
  const runs = (await store.list<SourceRow>(SOURCES)).map(async (row) => {
    const head = headOf(row);
    const rows = head === undefined ? [row] : await store.list<SourceRow>(shardPartition(row.sk), within(head));
    return rows.map(({ data }): LastRun => ({ source: row.sk, ...data }));
  });
  return (await Promise.all(runs)).flat();
}

function within({ data }: Row<HeadRow>): { prefix: string } {
  return { prefix: `${data.count}/` };
}

/** The rows of the shards that there are, in order. */
export function listShards(
  ports: Ports,
  head: Row<HeadRow>,
  options: { whole?: boolean } = {},
): Promise<Row<SourceRow>[]> {
  return listRows(ports, shardPartition(head.sk), { ...options, ...within(head) });
}

async function withShards(
  ports: Ports,
  row: Row<SourceRow>,
  options: { whole?: boolean } = {},
): Promise<Row<SourceRow>> {
  const head = headOf(row);
  if (head === undefined) return row;
  const rows = await listShards(ports, head, options);
  if (rows.length < head.data.count) {
    // They were divided anew meanwhile; else one cannot be read, and the others count without it.
    const now = await getRow(ports, row);
    if (now !== undefined && now.version !== row.version) return withShards(ports, now, options);
  }
  return { ...row, data: merged(head.data, rows) };
}

function merged(head: HeadRow, rows: readonly Row<SourceRow>[]): SourceRow {
  const { named: _named, discovered, shards, ...rest } = mergedBare(head, head.count, rows);
  const all = rows.map(({ data }) => data);
  return {
    ...rest,
    ...(all.some(({ named }) => named !== undefined) && { named: all.flatMap(({ named = [] }) => named) }),
    ...(discovered && {
      discovered: { at: discovered.at, targets: all.flatMap(({ discovered }) => discovered?.targets ?? []) },
    }),
    shards: shards as readonly SourceRow[],
  };
}

function mergedBare(head: BareRow, count: number, rows: readonly Row<BareRow>[]): BareRow {
  const byPlace = new Map(rows.map(({ sk, data }) => [Number(sk.slice(sk.indexOf("/") + 1)), data]));
  const unknown: BareRow = { completeTo: null, firstRunAt: head.firstRunAt, lastRunAt: 0, failing: {}, ledger: {} };
  const shards = Array.from({ length: count }, (_, index) => byPlace.get(index) ?? unknown);
  const all = [...byPlace.values()];
  const failed = all.find(({ discoveryError }) => discoveryError !== undefined);
  const { discoveryError, discoveryKind, discoveryFailingSince } = failed ?? {};
  const generations = all.flatMap(({ generation = [] }) => generation);
  return {
    completeTo: shards.some(({ completeTo }) => completeTo === null) ? null : least(shards, (one) => one.completeTo!),
    ...(all.some(({ knownTo }) => knownTo !== undefined) && {
      knownTo: least(all, (one) => one.knownTo ?? one.completeTo ?? 0),
    }),
    firstRunAt: head.firstRunAt,
    lastRunAt: least(all, (one) => one.lastRunAt),
    ...(generations.length > 0 && { generation: Math.max(...generations) }),
    failing: Object.fromEntries(all.flatMap(({ failing }) => Object.entries(failing))),
    ...(all.some(({ discovered }) => discovered !== undefined) && {
      discovered: { at: least(shards, ({ discovered }) => discovered?.at ?? 0) },
    }),
    ...(discoveryError === undefined ? {} : { discoveryError }),
    ...(discoveryKind === undefined ? {} : { discoveryKind }),
    ...(discoveryFailingSince === undefined ? {} : { discoveryFailingSince }),
    ledger: summed(all.map(({ ledger }) => ledger)),
    shards,
  };
}

function least<T>(all: readonly T[], of: (one: T) => number): number {
  return all.reduce((least, one) => Math.min(least, of(one)), Number.MAX_SAFE_INTEGER);
}

function summed(ledgers: readonly SourceRow["ledger"][]): SourceRow["ledger"] {
  const days: Daily<{ seen: number }> = {};
  for (const ledger of ledgers) {
    for (const [day, { seen }] of Object.entries(ledger)) days[day] = { seen: (days[day]?.seen ?? 0) + seen };
  }
  return days;
}

/** What discovery last saw of a shard's targets, and when; undefined where nothing is known, or is not any more. */
export async function readFound(
  ports: Ports,
  { sk, data: { found } }: Row<HeadRow>,
  index: number,
): Promise<{ at: number; targets: FoundTarget[] } | undefined> {
  if (found === undefined) return undefined;
  const targets = await readPieces<FoundTarget>(ports, sk, [found.pieces[index]!]);
  return targets && { at: found.at, targets };
}

/**
 * Writes down what discovery saw, for all shards. What is as it was keeps its piece. Throws StoreConflict where the
 * source's own row has changed since it was read.
 */
export async function putFound(
  ports: Ports,
  head: Row<HeadRow>,
  at: number,
  targets: readonly FoundTarget[],
): Promise<Row<HeadRow>> {
  const { sk, version, data } = head;
  const known = data.found?.pieces ?? [];
  const some = Map.groupBy(targets, ({ id }) => placeOf(id, data.count));
  const pieces = Array.from({ length: data.count }, (_, index): NamedPiece => {
    const own = some.get(index) ?? [];
    const before = ports.targetPieces.get(`${sk}/${known[index]}`);
    const isSame = before !== undefined && JSON.stringify(before) === JSON.stringify(own);
    return { name: isSame ? known[index]! : nextName(head, known, `found-${index}`, own), targets: own };
  });
  const names = pieces.map(({ name }) => name);
  const fresh = pieces.filter(({ name }) => !known.includes(name));
  await putPieces(ports, sk, fresh);
  const largest = Math.max(...pieces.map((piece) => piece.targets.length));
  const next: HeadRow = { ...data, found: { at, pieces: names, largest } };
  await commitNaming(ports.store, { op: "put", pk: head.pk, sk, data: next, expect: version }, fresh);
  await deletePieces(
    ports.store,
    sk,
    known.filter((name) => !names.includes(name)),
  );
  return { ...head, version: version + 1, data: next };
}
