// Which shards of a source there are to poll. Who polls one of them needs no other.
import type { SourceConfig } from "../../model/config.ts";
import { namedTargets } from "../../model/source-kinds.ts";
import { type Row, StoreConflict } from "../../store/port.ts";
import type { App } from "../deps.ts";
import { type SourceRow, sourceKey } from "../persistence/rows.ts";
import {
  type HeadRow,
  headOf,
  isPartOf,
  listShards,
  SHARD_TARGETS,
  type Shard,
  shardsFor,
} from "../persistence/shard-rows.ts";
import { getRow } from "../persistence/source-rows.ts";
import { splitSource } from "../persistence/split-source.ts";
import { refuseSuperseded } from "../persistence/superseded.ts";
import { leaseOfAnother } from "./lease.ts";

/** A source as a poll finds it. */
export interface Opened {
  /** Its own row. */
  row: Row<SourceRow>;
  /** The same where it has several shards. */
  head: Row<HeadRow> | undefined;
  /** Those to be polled, what was read longest ago first, with the row of each where it was read already. */
  shards: (Shard & { row?: Row<SourceRow> })[];
}

/**
 * The source's own row, made before its first poll does anything: what that does not come to keeps its floor. Its
 * targets are divided first where one shard has too many of them. `asked`: which shards are wanted, of as many as there
 * were then; undefined: all.
 */
export async function openSource(
  app: App,
  source: SourceConfig,
  now: number,
  { leased, asked }: { leased: boolean; asked: readonly Shard[] | undefined },
): Promise<Opened> {
  const row = (await getRow(app, sourceKey(source.id))) ?? (await makeRow(app, source, now));
  if (row === undefined) return openSource(app, source, now, { leased, asked });
  refuseSuperseded(row.data.generation, app.generation.own);
  const wanted = wantedCount(source, row);
  if (wanted > countOf(row) && !(leased && leaseOfAnother(app, row))) {
    try {
      await splitSource(app, row, wanted);
    } catch (error) {
      if (!(error instanceof StoreConflict)) throw error;
    }
    return openSource(app, source, now, { leased, asked });
  }
  const head = headOf(row);
  const all = allOf(head?.data.count ?? 1);
  if (asked !== undefined) {
    // In the order of those that are asked for: of many, a run reads the first ones.
    const inOrder = asked.flatMap((one) => all.filter((shard) => isPartOf(shard, one)));
    return { row, head, shards: [...new Set(inOrder)] };
  }
  return { row, head, shards: head === undefined ? all : await inTurn(app, head, all) };
}

/** Undefined where another process was faster. */
async function makeRow(app: App, source: SourceConfig, now: number): Promise<Row<SourceRow> | undefined> {
  const key = sourceKey(source.id);
  const { own } = app.generation;
  const generation = own === undefined ? {} : { generation: own };
  const data: SourceRow = {
    completeTo: null,
    firstRunAt: now,
    lastRunAt: now,
    ...generation,
    failing: {},
    ledger: {},
  };
  try {
    await app.store.commit([{ op: "put", ...key, data, expect: 0 }]);
    return { ...key, version: 1, data };
  } catch (error) {
    if (!(error instanceof StoreConflict)) throw error;
    return undefined;
  }
}

function countOf(row: Row<SourceRow>): number {
  return headOf(row)?.data.count ?? 1;
}

function allOf(count: number): Shard[] {
  return Array.from({ length: count }, (_, index) => ({ index, of: count }));
}

/** By source as it is configured: a configuration does not change. */
const wantedByName = new WeakMap<SourceConfig, number>();

function wantedCount(source: SourceConfig, row: Row<SourceRow>): number {
  const named = namedTargets(source);
  const count = countOf(row);
  if (named !== undefined) {
    const known = wantedByName.get(source);
    const wanted =
      known ??
      shardsFor(
        named.map(({ id }) => id),
        1,
      );
    wantedByName.set(source, wanted);
    return wanted;
  }
  const head = headOf(row);
  if (head !== undefined) return (head.data.found?.largest ?? 0) > SHARD_TARGETS ? 2 * count : count;
  const targets = row.data.discovered?.targets ?? [];
  if (targets.length <= SHARD_TARGETS) return count;
  return shardsFor(
    targets.map(({ id }) => id),
    count,
  );
}

/** A run that ends at its deadline each time would else never reach the last ones. */
async function inTurn(app: App, head: Row<HeadRow>, shards: readonly Shard[]): Promise<Opened["shards"]> {
  const rows = await listShards(app, head);
  const known = new Map(rows.map((row) => [Number(row.sk.slice(row.sk.indexOf("/") + 1)), row]));
  const last = new Map([...known].map(([index, { data }]) => [index, lastReadOf(data)]));
  return shards
    .toSorted((a, b) => (last.get(a.index) ?? 0) - (last.get(b.index) ?? 0))
    .map((shard) => {
      const row = known.get(shard.index);
      return { ...shard, ...(row && { row }) };
    });
}

/** When a shard was last read as a whole, or what a run did not come to; ms. */
export function lastReadOf({ lastRunAt, failing }: Pick<SourceRow, "lastRunAt" | "failing">): number {
  const left = Object.values(failing).filter(({ kind }) => kind === "interrupted");
  return Math.min(lastRunAt, ...left.map(({ readTo }) => readTo ?? 0));
}
