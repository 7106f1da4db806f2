// The state moves from any store to any other, whole, and only while nobody works on it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, onTestFinished, test } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import { notifyDue } from "../../../lib/app/delivery/notify.ts";
import { copyState } from "../../../lib/app/persistence/copy-state.ts";
import { type SourceRow, sourceKey } from "../../../lib/app/persistence/rows.ts";
import { headOf, putFound, readFound } from "../../../lib/app/persistence/shard-rows.ts";
import { getRow, putRow } from "../../../lib/app/persistence/source-rows.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { openDynamoStore } from "../../../lib/store/dynamodb/dynamodb.ts";
import type { Op, Row, Store } from "../../../lib/store/port.ts";
import { openPostgresStore } from "../../../lib/store/postgres/postgres.ts";
import { openSqliteStore } from "../../../lib/store/sqlite/sqlite.ts";
import { incompressible, put } from "../../store/rows.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../../support/dynamodb.ts";
import { freshSchema, postgresUrl } from "../../support/postgres.ts";
import { type Bench, bench } from "../support.ts";

const clock = wallClock;
const isGone = () => false;

function stateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), "lookout-copy-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, "state.db");
}

const stores: Record<string, { missing: boolean; open(): Promise<Store> }> = {
  sqlite: { missing: false, open: async () => openSqliteStore({ path: stateFile(), now: clock.now }) },
  dynamodb: {
    missing: dynamoEndpoint === null,
    async open() {
      const { table, client } = await freshTable();
      client.destroy();
      return openDynamoStore({ ...dynamoConnection, table, clock });
    },
  },
  postgres: {
    missing: postgresUrl === null,
    async open() {
      const { url, drop } = await freshSchema();
      onTestFinished(drop);
      return openPostgresStore({ url, clock });
    },
  },
};

async function rowsOf(store: Store): Promise<Row[]> {
  const found: Row[] = [];
  for await (const rows of store.all()) found.push(...rows);
  return found.sort((a, b) => Buffer.compare(Buffer.from(a.pk + a.sk), Buffer.from(b.pk + b.sk)));
}

const YAML = `
rules: [{ id: broken, when: { level: [error] }, by: [resource.id] }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const lasting = clock.now() + 86_400_000;
const ROWS: Op[] = [
  ...Array.from({ length: 80 }, (_, n) => put(`row ${n}`, { n })),
  put("waits", "for its time", { queue: "delivery", due: 5, pk: "other" }),
  put("passes", [1], { expires: lasting }),
  put("a\u0000😀", null),
];
const LARGE = put("large", incompressible(900_000));

describe.each(Object.keys(stores).flatMap((from) => Object.keys(stores).map((to) => [from, to] as const)))(
  "a state in %s that is copied to %s",
  (from, to) => {
    test.skipIf(stores[from]!.missing || stores[to]!.missing)(
      "is the same there, and refused a second time",
      async () => {
        const [source, target] = [await stores[from]!.open(), await stores[to]!.open()];
        await source.commit(ROWS);
        await source.commit([LARGE]);
        await source.commit([put("row 0", "changed", { expect: 1 })]);
        expect(await copyState({ from: source, to: target, clock, isGone })).toEqual({ rows: 84, damaged: [] });
        const anew = (row: Row) => ({ ...row, version: 1 });
        expect(await rowsOf(target)).toEqual((await rowsOf(source)).map(anew));
        expect(await target.due("delivery", 5, 5)).toHaveLength(1);
        const again = copyState({ from: source, to: target, clock, isGone });
        await expect(again).rejects.toThrow(/holds rows already: name an empty one/);
        await source.close();
        await target.close();
      },
    );
  },
);

test("a state that a process polls with is not copied, unless that process is gone", async () => {
  const [from, to] = [await stores["sqlite"]!.open(), await stores["sqlite"]!.open()];
  const lease = { by: "host/1/x", until: lasting };
  await from.commit([{ op: "put", ...sourceKey("services"), data: { lease } }]);
  await expect(copyState({ from, to, clock, isGone })).rejects.toThrow('(host/1/x) polls the source "services"');
  expect(await copyState({ from, to, clock, isGone: (id) => id === "host/1/x" })).toMatchObject({ rows: 1 });
});

test("who is missed only after a while is waited for, and who stays is not for long", async () => {
  const [own, to] = [await stores["sqlite"]!.open(), await stores["sqlite"]!.open()];
  const lease = (by: string) => ({ lease: { by, until: lasting } });
  await own.commit(["a", "b"].map((id) => ({ op: "put", ...sourceKey(id), data: lease(`postgres/${id}`) })));
  let slept = 0;
  async function sleep(ms: number) {
    slept += ms;
  }
  const asked = new Map<string, number>();
  /** As on PostgreSQL: no look shows it for as long since it was asked about first. */
  function isMissed(id: string): boolean {
    if (!asked.has(id)) asked.set(id, slept);
    return slept - asked.get(id)! >= 2_500;
  }
  const from: Store = { ...own, peers: { identity: () => ({ id: "postgres/own", isGone }), onDue() {} } };
  const copy = (isGone: (id: string) => boolean) => copyState({ from, to, clock: { ...clock, sleep }, isGone });
  await expect(copy((id) => id !== "postgres/b" && isMissed(id))).rejects.toThrow('(postgres/b) polls the source "b"');
  expect(slept).toBeLessThan(5_000);
  asked.clear();
  expect(await copy(isMissed)).toMatchObject({ rows: 2 });
});

test.skipIf(postgresUrl === null)(
  "from PostgreSQL a state is copied right after its daemon has ended",
  async () => {
    const { url, drop } = await freshSchema();
    onTestFinished(drop);
    const daemon = await openPostgresStore({ url, clock });
    const { id } = daemon.peers!.identity();
    await daemon.commit([{ op: "put", ...sourceKey("services"), data: { lease: { by: id, until: lasting } } }]);
    await daemon.close();
    const [from, to] = [await openPostgresStore({ url, clock }), await stores["sqlite"]!.open()];
    onTestFinished(() => from.close());
    const { isGone } = from.peers!.identity();
    expect(await copyState({ from, to, clock, isGone })).toMatchObject({ rows: 1 });
  },
  20_000,
);

test("a state that functions or single rounds poll with is not copied before these are missed", async () => {
  const [from, to] = [await stores["sqlite"]!.open(), await stores["sqlite"]!.open()];
  const now = clock.now();
  const copy = (every: number) =>
    copyState({ from, to, clock: { ...clock, now: () => now }, isGone, every: () => every });
  const write = (data: object) => from.commit([{ op: "put", ...sourceKey("services"), data }]);
  const lastRunAt = now - 90_000;
  await write({ lastRunAt });
  await expect(copy(60_000)).rejects.toThrow('"services" was polled at');
  // A daemon had it before.
  await write({ lastRunAt, lease: { by: "host/1/x", until: lastRunAt - 1 } });
  await expect(copy(60_000)).rejects.toThrow('"services" was polled at');
  await write({ lastRunAt, lease: { by: "host/1/x", until: lastRunAt } });
  expect(await copy(60_000)).toMatchObject({ rows: 1 });
});

test.each([
  ["polled", (b: Bench) => b.beat()],
  ["notified", (b: Bench) => notifyDue(b.app)],
])("where a state is %s while it is copied, the copy is refused, and nobody goes on from it", async (_, work) => {
  const b = await bench({ yaml: YAML });
  await b.rounds(1);
  b.fail(1.5);
  b.to(2);
  await pollSource(b.app, b.app.config.sources[0]!, new AbortController().signal);
  b.fail(1.7);
  b.to(3);
  let isRead = false;
  async function* all() {
    for await (const rows of b.store.all()) yield rows;
    // A function that runs behind the last page.
    if (!isRead) await work(b);
    isRead = true;
  }
  const to = await stores["sqlite"]!.open();
  const copy = copyState({ from: { ...b.store, all }, to, clock: b.app.clock, isGone });
  await expect(copy).rejects.toThrow("a process wrote to the state while it was copied");
  const [unusable, whole] = [await bench({ yaml: YAML, wrapStore: () => to }), await stores["sqlite"]!.open()];
  await expect(unusable.round()).rejects.toThrow("the state is a copy that was not finished");
  await expect(copyState({ from: to, to: whole, clock, isGone })).rejects.toThrow(
    "itself a copy that was not finished",
  );
  await copyState({ from: b.store, to: whole, clock: b.app.clock, isGone });
  const goesOn = await bench({ yaml: YAML, wrapStore: () => whole });
  await goesOn.round();
});

test("targets that change afterwards are written, whatever their pieces were called before", async () => {
  const from = await stores["sqlite"]!.open();
  const target = (id: string) => ({ id, name: id, floor: 0 });
  const ids = Array.from({ length: 300 }, (_, at) => `svc-${at}`);
  const key = sourceKey("services");
  const row: SourceRow = { completeTo: 1, firstRunAt: 1, lastRunAt: 1, failing: {}, ledger: {} };
  await from.commit([{ op: "put", ...key, data: row }]);
  const read = async (store: Store) => (await getRow({ store, targetPieces: new Map() }, key))!;
  async function write(store: Store, changes: string): Promise<void> {
    const before = await read(store);
    const discovered = { at: 1, targets: ids.map((id) => target(`${id}${changes}`)) };
    const named = ids.map((id) => `${id}${changes}`);
    await putRow({ store, targetPieces: new Map() }, before, { ...before.data, discovered, named });
  }
  await write(from, "-before");
  const to = await stores["sqlite"]!.open();
  await copyState({ from, to, clock, isGone });
  await write(to, "-after");
  const { named, discovered } = (await read(to)).data;
  expect(named!.every((id) => id.endsWith("-after"))).toBe(true);
  expect(discovered!.targets.map(({ id }) => id).sort()).toEqual(ids.map((id) => `${id}-after`).sort());
});

test("what is discovered for all shards afterwards is written, too", async () => {
  const from = await stores["sqlite"]!.open();
  const key = sourceKey("services");
  const row = { completeTo: null, firstRunAt: 1, lastRunAt: 1, failing: {}, ledger: {}, count: 2 };
  await from.commit([{ op: "put", ...key, data: row }]);
  const targets = (changes: string) => Array.from({ length: 20 }, (_, at) => ({ id: `svc-${at}${changes}` }));
  async function found(store: Store): Promise<string[]> {
    const ports = { store, targetPieces: new Map() };
    const head = headOf((await getRow(ports, key))!)!;
    const all = await Promise.all([0, 1].map((index) => readFound(ports, head, index)));
    return all.flatMap((one) => one!.targets.map(({ id }) => id)).sort();
  }
  async function write(store: Store, changes: string): Promise<void> {
    const ports = { store, targetPieces: new Map() };
    await putFound(ports, headOf((await getRow(ports, key))!)!, 1, targets(changes));
  }
  await write(from, "-before");
  const to = await stores["sqlite"]!.open();
  await copyState({ from, to, clock, isGone });
  await write(to, "-after");
  expect(await found(to)).toEqual(
    targets("-after")
      .map(({ id }) => id)
      .sort(),
  );
});

test("a damaged row is left out and named", async () => {
  const path = stateFile();
  const from = openSqliteStore({ path, now: clock.now });
  await from.commit([put("a", 1), put("b", 2)]);
  const behind = new DatabaseSync(path);
  behind.exec("UPDATE rows SET data = '{}' WHERE sk = 'a'");
  behind.close();
  const to = await stores["sqlite"]!.open();
  expect(await copyState({ from, to, clock, isGone })).toEqual({ rows: 1, damaged: [{ pk: "p", sk: "a" }] });
});
