// What is read to answer how things stand does not grow with what the state has beside it.
import { expect, it } from "vitest";
import { deliveryIds, listDeliveries, newestDeliveries } from "../../../lib/app/delivery/deliver.ts";
import { readStanding, readStatus } from "../../../lib/app/queries/status.ts";
import type { Key, Store } from "../../../lib/store/port.ts";
import { bench, MINUTE } from "../support.ts";

const SERVICES = Array.from({ length: 270 }, (_, at) => `svc-${String(at).padStart(4, "0")}`);
const yamlOf = (services: readonly string[]) => `
sources: [{ kind: service-events, targets: [${services.join(", ")}], lookback: 1m }]
rules: [{ id: any, when: { level: [error] }, by: [id] }]
route: { channels: [ops], groupBy: ["..."] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

/** Counts the rows that are given, by the beginning of their partition. */
function counting(store: Store, read: Map<string, number>): Store {
  function count<T extends Key>(rows: T[]): T[] {
    for (const { pk } of rows) {
      const kind = pk.split("/")[0]!;
      read.set(kind, (read.get(kind) ?? 0) + 1);
    }
    return rows;
  }
  return {
    ...store,
    get: async (key) => count([await store.get(key)].flatMap((row) => row ?? []))[0] as never,
    getMany: async (keys) => count(await store.getMany(keys)) as never,
    list: async (pk, options) => count(await store.list(pk, options)) as never,
  };
}

async function open(services: readonly string[]) {
  const read = new Map<string, number>();
  const b = await bench({
    services,
    yaml: yamlOf(services),
    requestsPerSecond: 1e6,
    wrapStore: (store) => counting(store, read),
  });
  return { b, read };
}

it("how 270 targets stand is read from the rows of their shards, none from the targets' own", async () => {
  const { b, read } = await open(SERVICES);
  await b.beats(2);
  read.clear();
  const { targets, healthy } = await readStanding(b.app);
  expect([targets.length, healthy]).toEqual([270, true]);
  expect([read.get("shard"), read.get("target"), read.get("delivery")]).toEqual([2, undefined, undefined]);
  expect((await readStatus(b.app)).ledger["service-events"]!["2026-11-20"]!.new).toBe(0);
  expect(read.get("target")).toBe(270);
});

it("deliveries of the last minutes are read without those before, and one by the beginning of its id alone", async () => {
  const { b, read } = await open(SERVICES.slice(0, 10));
  for (let at = 1; at <= 9; at++) {
    b.fail(at - 0.5, "boom", SERVICES[at]);
    await b.beats(at);
  }
  const all = await listDeliveries(b.app);
  expect(all).toHaveLength(9);
  read.clear();
  const now = b.app.clock.now();
  const recent = { from: now - 2.5 * MINUTE, limit: Number.POSITIVE_INFINITY };
  expect(await newestDeliveries(b.app, recent, (row) => [row])).toEqual(all.slice(-3));
  expect(read.get("delivery")).toBe(3);
  read.clear();
  expect(await newestDeliveries(b.app, { from: 0, limit: 2 }, (row) => [row])).toEqual(all.slice(-2));
  expect(read.get("delivery")).toBe(2);
  read.clear();
  expect(await deliveryIds(b.app, all[4]!.id.slice(0, 12))).toEqual([all[4]!.id]);
  expect(read.get("delivery")).toBe(1);
});
