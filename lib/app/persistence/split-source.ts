// Divides a source's targets into more shards: each child goes on from the row that had its targets.
import type { Key, Op, Row } from "../../store/port.ts";
import type { FailingTarget, SourceRow } from "./rows.ts";
import { type HeadRow, headOf, type Shard, shardKey } from "./shard-rows.ts";
import {
  commitInParts,
  deletePieces,
  getRow,
  knownIn,
  type NamedPiece,
  type Ports,
  placeOf,
  putPieces,
  storedAs,
} from "./source-rows.ts";

/** Rows that are read at once. */
const AT_ONCE = 16;

/**
 * Divides the source's targets into so many shards, each of which goes on from the row that had its targets. Throws
 * StoreConflict where the source's own row has changed since it was read.
 */
export async function splitSource(ports: Ports, own: Row<SourceRow>, count: number): Promise<void> {
  const id = own.sk;
  const head = headOf(own);
  const parents = head ? await parentsOf(ports, head) : [{ index: 0, of: 1, row: own }];
  const undivided: Op = { op: "check", pk: own.pk, sk: own.sk, expect: own.version };
  const children = parents.flatMap(({ row, ...parent }) => childrenOf(id, row, parent, count));
  await putPieces(
    ports,
    id,
    children.flatMap(({ piece }) => piece ?? []),
  );
  // Another process that divides them at the same time writes the same rows, until one of both makes them count.
  const puts = children.map(({ key, data, piece }): Op => {
    return { op: "put", ...key, data: storedAs(data, piece ? [piece.name] : [], undefined) };
  });
  await commitInParts(ports.store, puts, [undivided]);
  const { firstRunAt, lastRunAt, generation } = own.data;
  const data: HeadRow = {
    completeTo: null,
    firstRunAt,
    lastRunAt,
    ...(generation === undefined ? {} : { generation }),
    failing: {},
    ledger: {},
    count,
  };
  await ports.store.commit([{ op: "put", pk: own.pk, sk: own.sk, data, expect: own.version }]);
  if (head)
    await removeParents(
      ports,
      id,
      parents.map(({ row }) => row),
    );
  else await deletePieces(ports.store, id, knownIn(own.data));
}

interface Parent extends Shard {
  row: Row<SourceRow>;
}

/** Of one that is lost nothing goes on. Throws RowDamaged where one cannot be read. */
async function parentsOf(ports: Ports, { sk, data: { count } }: Row<HeadRow>): Promise<Parent[]> {
  const shards = Array.from({ length: count }, (_, index): Shard => ({ index, of: count }));
  const parents: Parent[] = [];
  for (let from = 0; from < count; from += AT_ONCE) {
    const rows = shards.slice(from, from + AT_ONCE).map(async (shard): Promise<Parent[]> => {
      const row = await getRow(ports, shardKey(sk, shard));
      return row ? [{ ...shard, row }] : [];
    });
    parents.push(...(await Promise.all(rows)).flat());
  }
  return parents;
}

/** Nobody reads them any more. */
async function removeParents({ store }: Ports, source: string, rows: readonly Row<SourceRow>[]): Promise<void> {
  const pieces = rows.flatMap(({ data }) => knownIn(data));
  await commitInParts(
    store,
    rows.map(({ pk, sk }): Op => ({ op: "delete", pk, sk })),
  );
  await deletePieces(store, source, pieces);
}

interface Child {
  key: Key;
  data: SourceRow;
  piece: NamedPiece | undefined;
}

/** What becomes of a shard: of each of its parts a shard of its own. */
function childrenOf(source: string, { version, data }: Row<SourceRow>, parent: Shard, count: number): Child[] {
  // Whoever divides it polls none of its parts yet.
  const { namedPiece: _piece, lease: _lease, ...rest } = data;
  const { named, discovered, failing } = rest;
  const place = (id: string) => placeOf(id, count);
  const names = Map.groupBy(named ?? [], place);
  const targets = Map.groupBy(discovered?.targets ?? [], ({ id }) => place(id));
  const failed = Map.groupBy(Object.entries(failing), ([id]) => place(id));
  return Array.from({ length: count / parent.of }, (_, at): Child => {
    const index = parent.index + at * parent.of;
    const key = shardKey(source, { index, of: count });
    const own: SourceRow = {
      ...rest,
      failing: Object.fromEntries<FailingTarget>(failed.get(index) ?? []),
      ...(named && { named: names.get(index) ?? [] }),
      ...(discovered && { discovered: { at: discovered.at, targets: targets.get(index) ?? [] } }),
      ledger: at === 0 ? data.ledger : {},
    };
    const piece = discovered && { name: `${key.sk}/${version}`, targets: own.discovered!.targets };
    return { key, data: own, piece };
  });
}
