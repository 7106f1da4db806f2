// The targets of a source beside its row: an idle run writes none of them, and one that comes or goes costs its piece.
import { expect, it, onTestFinished } from "vitest";
import type { DiscoveredTarget, SourceRow } from "../../../lib/app/persistence/rows.ts";
import { sourceKey } from "../../../lib/app/persistence/rows.ts";
import { headOf, listSources, putFound, readFound } from "../../../lib/app/persistence/shard-rows.ts";
import { getRow, putRow } from "../../../lib/app/persistence/source-rows.ts";
import type { Op, Store } from "../../../lib/store/port.ts";
import { openUnnamedStore } from "../../../lib/store/sqlite/unnamed.ts";

const ROW: SourceRow = { completeTo: 1, firstRunAt: 1, lastRunAt: 1, failing: {}, ledger: {} };

function target(n: number): DiscoveredTarget {
  return { id: `svc-${n}`, name: `service ${n}`, floor: 5 };
}

async function open(count: number) {
  const store = openUnnamedStore({ now: () => 0 });
  onTestFinished(() => store.close());
  const commits: string[][] = [];
  const counting: Store = {
    ...store,
    async commit(ops: readonly Op[]) {
      commits.push(ops.map(({ op, pk }) => `${op} ${pk}`));
      await store.commit(ops);
    },
  };
  const process = () => ({ store: counting, targetPieces: new Map() });
  const ports = process();
  await store.commit([{ op: "put", ...sourceKey("s"), data: ROW }]);
  const targets = Array.from({ length: count }, (_, n) => target(n));
  const read = async () => (await getRow(ports, sourceKey("s")))!;
  await putRow(ports, await read(), { ...ROW, discovered: { at: 1, targets } });
  commits.length = 0;
  return { store, ports, process, commits, targets, read };
}

const ids = (row: SourceRow) => row.discovered!.targets.map(({ id }) => id).sort();

it("10,000 targets come back whole, in this process and in another, and an idle run writes one row", async () => {
  const { ports, process, commits, targets, read } = await open(10_000);
  const row = await read();
  expect(ids(row.data)).toEqual(targets.map(({ id }) => id).sort());
  await putRow(ports, row, { ...row.data, lastRunAt: 2 });
  expect(commits).toEqual([["put source"]]);
  const [other] = await listSources(process());
  expect(other!.data).toMatchObject({ lastRunAt: 2, discovered: { at: 1 } });
  expect(ids(other!.data)).toEqual(targets.map(({ id }) => id).sort());
});

it("a target that comes costs its piece, written before the row and the old one removed after it", async () => {
  const { ports, commits, targets, read } = await open(10_000);
  const row = await read();
  await putRow(ports, row, { ...row.data, discovered: { at: 2, targets: [...targets, target(10_000)] } });
  expect(commits).toEqual([["put targets/s"], ["put source"], ["delete targets/s"]]);
  expect(ids((await read()).data)).toHaveLength(10_001);
});

it("two runs that overlap leave the list of the one whose row stands, and nothing of the other's", async () => {
  const { store, process, read } = await open(1);
  const runs = [process(), process()];
  const before = await Promise.all(runs.map((ports) => getRow(ports, sourceKey("s"))));
  const lists = [[target(0), target(1)], [target(0)].map((one) => ({ ...one, floor: 6 }))];
  const named = lists.map((list) => list.map(({ id }) => id.repeat(100)));
  const put = (at: number) => {
    const data = { ...ROW, discovered: { at: 2 + at, targets: lists[at]! }, named: named[at]! };
    return putRow(runs[at]!, before[at]!, data);
  };
  await put(0);
  await expect(put(1)).rejects.toThrow("a row changed");
  for (const ports of [process(), ...runs]) {
    const { data } = (await getRow(ports, sourceKey("s")))!;
    expect([data.discovered!.targets, data.named]).toEqual([lists[0], named[0]]);
  }
  expect(await store.list("targets/s")).toHaveLength(2);
  // What both would write alike stays.
  const same = await Promise.all([read(), read()]);
  const data = { ...ROW, discovered: { at: 5, targets: [target(7)] } };
  await putRow(process(), same[0], { ...data });
  await expect(putRow(process(), same[1], { ...data })).rejects.toThrow("a row changed");
  expect(ids((await read()).data)).toEqual(["svc-7"]);
});

it("so do two that discovered for all shards", async () => {
  const { store, process } = await open(0);
  const key = sourceKey("s");
  await store.commit([{ op: "put", ...key, data: { ...ROW, count: 2 } }]);
  const heads = await Promise.all([0, 1].map(async () => headOf((await getRow(process(), key))!)!));
  await putFound(process(), heads[0]!, 1, [target(0), target(1)]);
  await expect(putFound(process(), heads[1]!, 2, [target(2)])).rejects.toThrow("a row changed");
  const head = headOf((await getRow(process(), key))!)!;
  const found = await Promise.all([0, 1].map((index) => readFound(process(), head, index)));
  expect(found.flatMap((one) => one!.targets.map(({ id }) => id)).sort()).toEqual(["svc-0", "svc-1"]);
  expect(await store.list("targets/s")).toHaveLength(2);
});

it("who reads while the targets change reads them as they are then", async () => {
  const { store, ports, process, targets, read } = await open(600);
  const row = await read();
  let changed = false;
  const slow: Store = {
    ...store,
    async getMany(keys) {
      if (!changed) await putRow(ports, row, { ...row.data, discovered: { at: 2, targets: targets.slice(1) } });
      changed = true;
      return store.getMany(keys);
    },
  };
  const found = await getRow({ ...process(), store: slow }, sourceKey("s"));
  expect(ids(found!.data)).toHaveLength(599);
});

it("targets whose piece is lost are discovered anew", async () => {
  const { store, process } = await open(600);
  const [piece] = await store.list("targets/s");
  await store.commit([{ op: "delete", pk: piece!.pk, sk: piece!.sk }]);
  expect((await getRow(process(), sourceKey("s")))!.data.discovered).toBeUndefined();
});

it("a row of an earlier release holds its targets itself", async () => {
  const { store, ports } = await open(1);
  const data = { ...ROW, discovered: { at: 1, targets: [target(7)] } };
  await store.commit([{ op: "put", ...sourceKey("old"), data }]);
  expect(ids((await getRow(ports, sourceKey("old")))!.data)).toEqual(["svc-7"]);
});
