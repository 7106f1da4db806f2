// The rows that every commit checks one of, and what becomes of the ones that earlier releases had.
import { expect, test } from "vitest";
import type { App } from "../../../lib/app/deps.ts";
import { reconcileRules } from "../../../lib/app/evaluation/registry.ts";
import { GENERATION, type GenerationRow } from "../../../lib/app/persistence/generation.ts";
import { readLane, takeLanes } from "../../../lib/app/persistence/lanes.ts";
import { type Key, type Op, type Store, StoreConflict } from "../../../lib/store/port.ts";
import { type Bench, bench } from "../support.ts";

const yaml = (within: string) => `
rules: [{ id: broken, when: { level: [error] }, by: [resource.id], expect: { when: { type: [ok] }, within: ${within} } }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;

const write = (app: App) =>
  app.transact(async (unit) => unit.create({ pk: "any", sk: "row" }, 1)).then(() => "committed");

async function taken(): Promise<Bench> {
  const b = await bench({ yaml: yaml("1m") });
  await reconcileRules(b.app);
  return b;
}

test("no two lanes share a partition", async () => {
  const b = await taken();
  const lanes = Array.from({ length: 256 }, async (_, lane) => (await readLane(b.store, () => lane / 256)).key);
  expect(new Set((await Promise.all(lanes)).map(({ pk }) => pk)).size).toBe(256);
});

test("a process of an earlier release commits no more once a newer configuration decides", async () => {
  const b = await taken();
  const earlier = await b.store.list("generation");
  expect(earlier).toHaveLength(256);
  b.to(1);
  await b.reload(yaml("2m"));
  await reconcileRules(b.app);
  for (const { pk, sk, version } of earlier) {
    const ops: Op[] = [
      { op: "check", pk, sk, expect: version },
      { op: "put", pk: "any", sk: "row", data: 1 },
    ];
    await expect(b.store.commit(ops)).rejects.toThrow(StoreConflict);
  }
});

/** As an earlier release left it: with the lanes that it knows alone. */
async function asBefore(store: Store): Promise<void> {
  const lanes: Key[] = [];
  for await (const rows of store.all()) lanes.push(...rows.filter(({ pk }) => pk.startsWith("generation/")));
  expect(lanes).toHaveLength(256);
  await store.commit(lanes.map(({ pk, sk }): Op => ({ op: "delete", pk, sk })));
  const { data } = (await store.get<GenerationRow>(GENERATION))!;
  await store.commit([{ op: "put", ...GENERATION, data: { ...data, known: true } }]);
}

test("a state of an earlier release is joined, and whoever takes over then decides alone", async () => {
  const b = await taken();
  await asBefore(b.store);
  await reconcileRules(b.app);
  const old = b.app;
  expect(await write(old)).toBe("committed");
  b.to(1);
  await b.reload(yaml("2m"));
  await reconcileRules(b.app);
  await expect(write(old)).rejects.toThrow("newer configuration");
  expect(await write(b.app)).toBe("committed");
});

test("a take-over that was killed on the way is finished by the next process", async () => {
  const b = await taken();
  const old = b.app;
  b.to(1);
  await b.reload(yaml("2m"));
  const { commit } = b.store;
  let left = 5;
  const killed: Store = {
    ...b.store,
    limits: { ...b.store.limits, items: 88 },
    commit: (ops) => (left-- > 0 ? commit(ops) : Promise.reject(new Error("killed"))),
  };
  await expect(takeLanes(killed, 2)).rejects.toThrow("killed");
  await reconcileRules(b.app);
  await expect(write(old)).rejects.toThrow("newer configuration");
  expect(await write(b.app)).toBe("committed");
});
