// How far targets were read, which deadlines wait for: known without the lists of all targets, and never too far.
import { expect, test } from "vitest";
import type { App } from "../../../lib/app/deps.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import { tick } from "../../../lib/app/tick.ts";
import { plan } from "../../../lib/aws/plan.ts";
import type { Store } from "../../../lib/store/port.ts";
import { keptQueue } from "../../aws/kept-queue.ts";
import { shardsOf } from "../polling/shards-of.ts";
import { type Bench, bench } from "../support.ts";

const ID = "service-events";
const ids = (count: number, from = 0) => Array.from({ length: count }, (_, at) => `svc-${from + at}`);
const yaml = (by: string) => `
sources: [{ kind: ${ID} }]
rules: [{ id: broken, when: { level: [error] }, by: [${by}], resolve: { after: 4m } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
const never = new AbortController().signal;
const poll = (app: App, shards?: Parameters<typeof pollSource>[3]) =>
  pollSource(app, app.config.sources[0]!, never, shards);
const timers = (app: App) => tick(app, never, { timers: true });

/** 600 targets in some shards; `lists` counts the lists of targets that are read. */
async function large(by: string) {
  const seen = { lists: 0 };
  const wrapStore = (store: Store): Store => ({
    ...store,
    async getMany<T>(keys: Parameters<Store["getMany"]>[0]) {
      seen.lists += keys.filter(({ pk }) => pk.startsWith("targets/")).length;
      return store.getMany<T>(keys);
    },
  });
  const b: Bench = await bench({ services: ids(600), yaml: yaml(by), requestsPerSecond: 1e6, wrapStore });
  for (const at of [1, 2]) {
    b.to(at);
    await poll(b.app);
  }
  const shards = await shardsOf(b.app, b.app.config.sources[0]!);
  expect(shards.length).toBeGreaterThan(2);
  return { b, seen, shards };
}

/** Another process, which remembers no list. */
async function anew(b: Bench, by: string): Promise<App> {
  await b.reload(yaml(by));
  return b.app;
}

test("a plan reads no list of targets", async () => {
  const { b, seen, shards } = await large("connection");
  const app = await anew(b, "connection");
  seen.lists = 0;
  expect(await plan(app, keptQueue())).toEqual({ planned: shards.length });
  expect(seen.lists).toBe(0);
});

test.each(["connection", "resource.id"])("an event by %s reads the lists of its own shard alone", async (by) => {
  const { b, seen, shards } = await large(by);
  const app = await anew(b, by);
  b.to(3);
  for (const id of ids(600)) b.fail(2.5, "boom", id);
  seen.lists = 0;
  expect((await poll(app, [shards[1]!])).found).toBeGreaterThan(0);
  expect(seen.lists).toBe(1);
});

test.each([
  ["connection", 0],
  ["resource.id", 1],
])("a deadline by %s reads %i lists", async (by, lists) => {
  const { b, seen } = await large(by);
  b.to(3);
  b.fail(2.5, "boom", "svc-7");
  await poll(b.app);
  for (const at of [7, 8]) {
    b.to(at);
    await poll(b.app);
  }
  const app = await anew(b, by);
  expect(await openAlerts(app)).toHaveLength(1);
  seen.lists = 0;
  await timers(app);
  expect(seen.lists).toBe(lists);
  expect(await openAlerts(app)).toEqual([]);
});

test("a deadline waits for targets that were just listed, though the run ended before it came to them", async () => {
  let killed = false;
  const wrapStore = (store: Store): Store => ({
    ...store,
    async commit(ops) {
      if (killed && ops.some(({ pk }) => pk.startsWith("shard/"))) throw new Error("killed");
      return store.commit(ops);
    },
  });
  const by = "connection";
  const b = await bench({ services: ids(200), yaml: yaml(by), requestsPerSecond: 1e6, wrapStore });
  b.to(1);
  b.fail(0.5, "boom", "svc-1");
  await poll(b.app);
  for (const id of ids(100, 200)) b.sim.world.addService({ service_id: id, service_name: id });
  b.fail(4, "boom", "svc-250");
  b.to(5);
  await poll(b.app);
  b.to(7);
  killed = true;
  await expect(poll(b.app)).rejects.toThrow("killed");
  killed = false;
  await timers(b.app);
  expect(await openAlerts(b.app)).toHaveLength(1);
  await poll(b.app);
  await timers(b.app);
  expect((await openAlerts(b.app)).map(({ count }) => count)).toEqual([2]);
});

test("a shard whose row is lost lets deadlines wait, and no other shard's events", async () => {
  const { b, shards } = await large("connection");
  b.to(3);
  b.fail(2.5, "boom", "svc-7");
  await poll(b.app);
  for (const at of [7, 8]) {
    b.to(at);
    await poll(b.app);
  }
  const [first] = await b.store.list(`shard/${ID}`);
  await b.store.commit([{ op: "delete", pk: first!.pk, sk: first!.sk }]);
  await timers(b.app);
  expect(await openAlerts(b.app)).toHaveLength(1);
  for (const id of ids(600)) b.fail(8.5, "boom", id);
  b.to(9);
  expect((await poll(b.app, [shards[1]!])).found).toBeGreaterThan(0);
});
