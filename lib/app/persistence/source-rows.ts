// The row of a source or of one of its shards, with the targets that discovery found. These lie in rows of their own,
// some hundred in each, which are written where they change: what an idle run writes does not grow with the targets.
import { hashOf } from "../../model/hash.ts";
import { createTurns } from "../../sources/cloud/turns.ts";
import type { Target } from "../../sources/port.ts";
import { type Key, type Op, type Put, type Row, RowDamaged, type Store, StoreConflict } from "../../store/port.ts";
import { type DiscoveredTarget, SOURCES, type SourceRow } from "./rows.ts";

/** Targets of one piece, about. */
const PIECE = 250;
/** Characters of the ids of named targets that the row itself holds. */
const FEW = 300;
/** Rows that are read at once, each with some hundred targets: between two pieces other work has its turn. */
const AT_ONCE = 16;
/** Pieces that a process remembers: those of 250,000 targets. */
const REMEMBERED = 2_000;

/**
 * A source's row as it is stored: `discovered` names the pieces, rows of earlier releases hold the targets. Where
 * `named` is in a piece, the row does not hold it.
 */
export type StoredSource = Omit<SourceRow, "discovered"> & {
  discovered?: { at: number; pieces: string[] } | { at: number; targets: DiscoveredTarget[] };
};

/** A source's row, or a shard's, without the lists of targets: of many targets these are the most to read. */
export interface BareRow extends Omit<SourceRow, "named" | "discovered" | "shards"> {
  named?: unknown;
  discovered?: { at: number };
  shards?: readonly BareRow[];
}

/** What the rows of sources need of the application. */
export interface Ports {
  store: Store;
  targetPieces: TargetPieces;
}

/** Pieces that were read or written before, by source and name: nobody changes one. */
export type TargetPieces = Map<string, readonly Target[]>;

/**
 * The row at the key with its targets; without them where a piece is lost or damaged: they are listed anew, and each
 * goes on from its own cursor. What is damaged stays as it is.
 */
export async function getRow(ports: Ports, key: Key): Promise<Row<SourceRow> | undefined> {
  for (let version = 0; ; ) {
    const row = await ports.store.get<StoredSource>(key);
    const whole = row && (await withTargets(ports, row));
    if (row === undefined || whole !== undefined) return whole;
    if (row.version === version) return withoutTargets(row);
    version = row.version;
  }
}

/** As `getRow`, of a row that was read without its targets. */
export async function filled(ports: Ports, row: Row<BareRow>): Promise<Row<SourceRow> | undefined> {
  return (await withTargets(ports, row as Row<StoredSource>)) ?? (await getRow(ports, row));
}

/** Of what came since the list was lost, no read without its row would tell anything: all rows are read once. */
function withoutTargets(row: Row<StoredSource>): Row<SourceRow> {
  const { discovered: _lost, namedPiece, busy: _busy, ...rest } = row.data;
  return { ...row, data: { ...rest, ...(namedPiece && { named: [] }) } };
}

/** The rows of a partition, whole, some at a time; `whole` and `prefix` as in ListOptions. */
export async function listRows(
  ports: Ports,
  pk: string,
  options: { whole?: boolean; prefix?: string } = {},
): Promise<Row<SourceRow>[]> {
  const turn = createTurns(1);
  const all: Row<SourceRow>[] = [];
  for (let after: string | undefined; ; await turn()) {
    const from = after === undefined ? {} : { after };
    const rows = await ports.store.list<StoredSource>(pk, { ...options, ...from, limit: AT_ONCE });
    const whole = rows.map(async (row) => {
      return (await withTargets(ports, row, options.whole)) ?? (await getRow(ports, row)) ?? [];
    });
    all.push(...(await Promise.all(whole)).flat());
    if (rows.length < AT_ONCE) return all;
    after = rows.at(-1)!.sk;
  }
}

/** Writes a row in place of the one that was read. Throws StoreConflict where it has changed since. */
export async function putRow(ports: Ports, before: Row<SourceRow>, data: SourceRow): Promise<void> {
  const { store, targetPieces } = ports;
  const key: Key = { pk: before.pk, sk: before.sk };
  const { discovered } = data;
  const known = knownIn(before.data);
  const pieces = discovered === undefined ? [] : divide(discovered.targets, known, targetPieces, before);
  const named = pieceOfNamed(before, data);
  const all = [...pieces, ...(named ? [named] : [])];
  const fresh = all.filter(({ name }) => !known.includes(name));
  // Before the row that names them: without it nobody reads them.
  await putPieces(ports, sourceOf(key), fresh);
  const names = pieces.map(({ name }) => name);
  await commitNaming(
    store,
    { op: "put", ...key, data: storedAs(data, names, named?.name), expect: before.version },
    fresh,
  );
  if (discovered !== undefined) discovered.pieces = names;
  delete data.namedPiece;
  if (named !== undefined) data.namedPiece = named.name;
  await deletePieces(
    store,
    sourceOf(key),
    known.filter((name) => !all.some((piece) => piece.name === name)),
  );
}

/** Names of the pieces that the row has. */
export function knownIn({ discovered, namedPiece }: SourceRow): string[] {
  return [...(discovered?.pieces ?? []), ...(namedPiece === undefined ? [] : [namedPiece])];
}

/** Where the targets that the configuration names go; undefined: into the row itself, since they are few. */
function pieceOfNamed(before: Row<SourceRow>, { named = [] }: SourceRow): NamedPiece | undefined {
  const text = JSON.stringify(named);
  if (text.length <= FEW) return undefined;
  const targets = named.map((id) => ({ id }));
  const isSame = before.data.namedPiece !== undefined && JSON.stringify(before.data.named) === text;
  const name = isSame ? before.data.namedPiece! : nextName(before, knownIn(before.data), "named", targets);
  return { name, targets };
}

/** As it is stored, its targets in these pieces. */
export function storedAs(
  { discovered, named, namedPiece: _before, ...rest }: SourceRow,
  pieces: string[],
  namedPiece: string | undefined,
): StoredSource {
  return {
    ...rest,
    ...(namedPiece === undefined ? named && { named } : { namedPiece }),
    ...(discovered && { discovered: { at: discovered.at, pieces } }),
  };
}

export async function putPieces(
  { store, targetPieces }: Ports,
  source: string,
  pieces: readonly NamedPiece[],
): Promise<void> {
  for (const { name, targets } of pieces) remember(targetPieces, source, name, targets);
  await commitInParts(
    store,
    pieces.map(({ name, targets }): Op => ({ op: "put", ...pieceKey(source, name), data: targets })),
  );
}

/** Writes a row that names fresh pieces; where another run was faster, those that its row does not name are removed. */
export async function commitNaming(store: Store, put: Put, fresh: readonly NamedPiece[]): Promise<void> {
  try {
    await store.commit([put]);
  } catch (error) {
    if (error instanceof StoreConflict && fresh.length > 0) {
      // Whoever had the version of this run has written by now.
      const now = JSON.stringify((await store.get(put))?.data ?? null);
      const unnamed = fresh.filter(({ name }) => !now.includes(JSON.stringify(name)));
      const names = unnamed.map(({ name }) => name);
      await deletePieces(store, sourceOf(put), names);
    }
    throw error;
  }
}

export async function deletePieces(store: Store, source: string, names: readonly string[]): Promise<void> {
  await commitInParts(
    store,
    names.map((name): Op => ({ op: "delete", ...pieceKey(source, name) })),
  );
}

/** `each`: what every commit of them holds beside. */
export async function commitInParts(store: Store, ops: readonly Op[], each: readonly Op[] = []): Promise<void> {
  const size = Math.max(1, Math.floor(store.limits.items / 4));
  for (let from = 0; from < ops.length; from += size) await store.commit([...ops.slice(from, from + size), ...each]);
}

/** Undefined where a piece is gone, since the row has changed, or where one is damaged; `whole`: that is an error. */
async function withTargets(ports: Ports, row: Row<StoredSource>, whole = false): Promise<Row<SourceRow> | undefined> {
  const { discovered, ...rest } = row.data;
  if (rest.namedPiece !== undefined) {
    const named = await readPieces(ports, sourceOf(row), [rest.namedPiece], whole);
    if (named === undefined) return undefined;
    rest.named = named.map(({ id }) => id);
  }
  if (discovered === undefined) return { ...row, data: rest };
  if ("targets" in discovered) return { ...row, data: { ...rest, discovered } };
  const { at, pieces } = discovered;
  const targets = await readPieces<DiscoveredTarget>(ports, sourceOf(row), pieces, whole);
  return targets && { ...row, data: { ...rest, discovered: { at, targets, pieces } } };
}

/** The targets of some pieces; undefined where one of them is gone or damaged. `whole`: damage is an error. */
export async function readPieces<T extends Target>(
  ports: Ports,
  source: string,
  pieces: readonly string[],
  whole = false,
): Promise<T[] | undefined> {
  const unread = pieces.filter((name) => !ports.targetPieces.has(`${source}/${name}`));
  if (unread.length > 0) {
    try {
      const found = await ports.store.getMany<T[]>(unread.map((name) => pieceKey(source, name)));
      for (const piece of found) remember(ports.targetPieces, source, piece.sk, piece.data);
    } catch (error) {
      if (whole || !(error instanceof RowDamaged)) throw error;
      return undefined;
    }
  }
  const targets: T[] = [];
  for (const name of pieces) {
    const piece = ports.targetPieces.get(`${source}/${name}`);
    if (piece === undefined) return undefined;
    targets.push(...(piece as readonly T[]));
  }
  return targets;
}

function remember(pieces: TargetPieces, source: string, name: string, targets: readonly Target[]): void {
  for (const oldest of pieces.keys()) {
    if (pieces.size < REMEMBERED) break;
    pieces.delete(oldest);
  }
  pieces.set(`${source}/${name}`, targets);
}

function pieceKey(source: string, name: string): Key {
  return { pk: `targets/${source}`, sk: name };
}

/** The source whose row it is, or the row of a shard of it. */
function sourceOf({ pk, sk }: Key): string {
  return pk === SOURCES ? sk : pk.slice(pk.indexOf("/") + 1);
}

export interface NamedPiece {
  name: string;
  targets: readonly Target[];
}

/**
 * The targets in pieces by a hash of their ids, so that one that comes or goes changes its own alone. A piece that is
 * as it was keeps its name.
 */
function divide(
  targets: readonly DiscoveredTarget[],
  known: readonly string[],
  targetPieces: TargetPieces,
  row: Row,
): NamedPiece[] {
  const count = 2 ** Math.ceil(Math.log2(Math.max(1, targets.length / PIECE)));
  const source = sourceOf(row);
  const before = new Map(known.map((name) => [JSON.stringify(targetPieces.get(`${source}/${name}`)), name]));
  return [...Map.groupBy(targets, ({ id }) => placeOf(id, count))]
    .sort(([a], [b]) => a - b)
    .map(([at, some]): NamedPiece => {
      return { name: before.get(JSON.stringify(some)) ?? nextName(row, known, `${at}`, some), targets: some };
    });
}

/**
 * A name that no piece of the row has: its next version is part of it, so that nobody removes it for an older one. The
 * versions of a row that was copied from another store begin anew. Shards name their pieces each for itself. Of two
 * runs that overlap each has names of its own, unless both would write the same.
 */
export function nextName(
  { pk, sk, version }: Row,
  known: readonly string[],
  piece: string,
  targets: readonly Target[],
): string {
  const prefix = pk === SOURCES ? "" : `${sk}/`;
  const content = hashOf([targets], 16);
  for (let next = version + 1; ; next++) {
    const name = `${prefix}${next}-${piece}-${content}`;
    if (!known.includes(name)) return name;
  }
}

/** Which of so many places a target falls to; `count` is a power of two. */
export function placeOf(target: string, count: number): number {
  return count === 1 ? 0 : Number.parseInt(hashOf([target], 8), 16) % count;
}
