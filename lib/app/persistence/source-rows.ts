// A source's row with the targets that discovery found. These lie in rows of their own, some hundred in each, which are
// written where they change: what an idle run writes does not grow with the targets.
import { hashOf } from "../../model/hash.ts";
import type { Key, Op, Row, Store } from "../../store/port.ts";
import { type DiscoveredTarget, SOURCES, type SourceRow, sourceKey } from "./rows.ts";

/** Targets of one piece, about. */
const PIECE = 250;
/** Pieces that a process remembers: those of 500,000 targets. */
const REMEMBERED = 2_000;

/** A source's row as it is stored: `discovered` names the pieces, rows of earlier releases hold the targets. */
type StoredSource = Omit<SourceRow, "discovered"> & {
  discovered?: { at: number; pieces: string[] } | { at: number; targets: DiscoveredTarget[] };
};

/** What the rows of sources need of the application. */
interface Ports {
  store: Store;
  targetPieces: TargetPieces;
}

/** Pieces that were read or written before, by source and name: nobody changes one. */
export type TargetPieces = Map<string, readonly DiscoveredTarget[]>;

export async function getSource(ports: Ports, id: string): Promise<Row<SourceRow> | undefined> {
  for (let version = 0; ; ) {
    const row = await ports.store.get<StoredSource>(sourceKey(id));
    const whole = row && (await withTargets(ports, row));
    if (row === undefined || whole !== undefined) return whole;
    // A piece is lost for good: the targets are discovered anew, and each goes on from its own cursor.
    const { discovered: _lost, ...rest } = row.data;
    if (row.version === version) return { ...row, data: rest };
    version = row.version;
  }
}

/** The rows of all sources; `whole` as in ListOptions. */
export async function listSources(ports: Ports, options: { whole?: boolean } = {}): Promise<Row<SourceRow>[]> {
  const rows = await ports.store.list<StoredSource>(SOURCES, options);
  const whole = await Promise.all(
    rows.map(async (row) => (await withTargets(ports, row)) ?? (await getSource(ports, row.sk)) ?? []),
  );
  return whole.flat();
}

/** Writes a source's row in place of the one that was read. Throws StoreConflict where it has changed since. */
export async function putSource(ports: Ports, before: Row<SourceRow>, data: SourceRow): Promise<void> {
  const { store, targetPieces } = ports;
  const key: Key = { pk: before.pk, sk: before.sk };
  const { discovered, ...rest } = data;
  const known = before.data.discovered?.pieces ?? [];
  const pieces = discovered === undefined ? [] : divide(discovered.targets, known, ports, key.sk, before.version + 1);
  const fresh = pieces.filter(({ name }) => !known.includes(name));
  for (const { name, targets } of fresh) remember(targetPieces, key.sk, name, targets);
  // Before the row that names them: without it nobody reads them.
  await inParts(
    store,
    fresh.map(({ name, targets }): Op => ({ op: "put", ...pieceKey(key.sk, name), data: targets })),
  );
  const names = pieces.map(({ name }) => name);
  const stored: StoredSource = { ...rest, ...(discovered && { discovered: { at: discovered.at, pieces: names } }) };
  await store.commit([{ op: "put", ...key, data: stored, expect: before.version }]);
  if (discovered !== undefined) discovered.pieces = names;
  const gone = known.filter((name) => !names.includes(name));
  await inParts(
    store,
    gone.map((name): Op => ({ op: "delete", ...pieceKey(key.sk, name) })),
  );
}

async function inParts(store: Store, ops: readonly Op[]): Promise<void> {
  const size = Math.max(1, Math.floor(store.limits.items / 4));
  for (let from = 0; from < ops.length; from += size) await store.commit(ops.slice(from, from + size));
}

/** Undefined where a piece is gone: the row has changed since. */
async function withTargets(ports: Ports, row: Row<StoredSource>): Promise<Row<SourceRow> | undefined> {
  const { discovered, ...rest } = row.data;
  if (discovered === undefined) return { ...row, data: rest };
  if ("targets" in discovered) return { ...row, data: { ...rest, discovered } };
  const { at, pieces } = discovered;
  const unread = pieces.filter((name) => !ports.targetPieces.has(`${row.sk}/${name}`));
  if (unread.length > 0) {
    const found = await ports.store.getMany<DiscoveredTarget[]>(unread.map((name) => pieceKey(row.sk, name)));
    for (const piece of found) remember(ports.targetPieces, row.sk, piece.sk, piece.data);
  }
  const targets: DiscoveredTarget[] = [];
  for (const name of pieces) {
    const piece = ports.targetPieces.get(`${row.sk}/${name}`);
    if (piece === undefined) return undefined;
    targets.push(...piece);
  }
  return { ...row, data: { ...rest, discovered: { at, targets, pieces } } };
}

function remember(pieces: TargetPieces, source: string, name: string, targets: readonly DiscoveredTarget[]): void {
  for (const oldest of pieces.keys()) {
    if (pieces.size < REMEMBERED) break;
    pieces.delete(oldest);
  }
  pieces.set(`${source}/${name}`, targets);
}

function pieceKey(source: string, name: string): Key {
  return { pk: `targets/${source}`, sk: name };
}

interface NamedPiece {
  name: string;
  targets: DiscoveredTarget[];
}

/**
 * The targets in pieces by a hash of their ids, so that one that comes or goes changes its own alone. A piece that is
 * as it was keeps its name; `version` is part of the name of every other, so that nobody removes it for an older one.
 */
function divide(
  targets: readonly DiscoveredTarget[],
  known: readonly string[],
  { targetPieces }: Pick<Ports, "targetPieces">,
  source: string,
  version: number,
): NamedPiece[] {
  const count = 2 ** Math.ceil(Math.log2(Math.max(1, targets.length / PIECE)));
  const place = ({ id }: DiscoveredTarget) => Number.parseInt(hashOf([id], 8), 16) % count;
  const before = new Map(known.map((name) => [JSON.stringify(targetPieces.get(`${source}/${name}`)), name]));
  return [...Map.groupBy(targets, place)]
    .sort(([a], [b]) => a - b)
    .map(([at, own]): NamedPiece => {
      return { name: before.get(JSON.stringify(own)) ?? `${version}-${at}`, targets: own };
    });
}
