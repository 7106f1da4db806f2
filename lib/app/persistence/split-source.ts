// Divides a source's targets into more shards: each child goes on from the row that had its targets.
import type { Key, Op, Row } from "../../store/port.ts";
import type { FailingTarget, SourceRow } from "./rows.ts";
import { type HeadRow, headOf, listShards, type Shard, shardKey } from "./shard-rows.ts";
import {
  commitInParts,
  deletePieces,
  type NamedPiece,
  namedPieceOf,
  type Ports,
  placeOf,
  putPieces,
  storedAs,
} from "./source-rows.ts";

/**
 * Divides the source's targets into so many shards, each of which goes on from the row that had its targets. Throws
 * StoreConflict where the source's own row has changed since it was read.
 */
export async function splitSource(ports: Ports, own: Row<SourceRow>, count: number): Promise<void> {
  const id = own.sk;
  const head = headOf(own);
  const parents = head ? await listShards(ports, head, { whole: true }) : [own];
  const undivided: Op = { op: "check", pk: own.pk, sk: own.sk, expect: own.version };
  const children = parents.flatMap((parent, at) => childrenOf(id, parent, { index: at, of: parents.length }, count));
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
  if (head) await removeParents(ports, id, parents);
  else await deletePieces(ports.store, id, [...(own.data.discovered?.pieces ?? []), ...namedPieceOf(own.data)]);
}

/** Nobody reads them any more. */
async function removeParents({ store }: Ports, source: string, rows: readonly Row<SourceRow>[]): Promise<void> {
  const pieces = rows.flatMap(({ data }) => [...(data.discovered?.pieces ?? []), ...namedPieceOf(data)]);
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
