// Sources whose targets are divided into shards: nothing is missed or found twice, however they are divided, and a
// process polls the shards that no other one does.
import { describe, expect, it } from "vitest";
import { wallClock } from "../../../lib/app/clock.ts";
import type { App } from "../../../lib/app/deps.ts";
import type { SourceRow } from "../../../lib/app/persistence/rows.ts";
import { readSource, shardKey } from "../../../lib/app/persistence/shard-rows.ts";
import { pollLeased, pollSource } from "../../../lib/app/polling/poll.ts";
import { seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStanding } from "../../../lib/app/queries/status.ts";
import { cost } from "../../../lib/store/dynamodb/item.ts";
import type { Op, Store } from "../../../lib/store/port.ts";
import { type Bench, bench, MINUTE, T0 } from "../support.ts";
import { shardsOf } from "./shards-of.ts";

const ID = "service-events";
const REST = `
rules: [{ id: any, when: { level: [error] }, by: [] }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const DISCOVERED = `sources: [{ kind: ${ID}, lookback: 1m }]\n${REST}`;
const named = (services: readonly string[]) =>
  `sources: [{ kind: ${ID}, targets: [${services.join(", ")}], lookback: 1m }]\n${REST}`;
const ids = (count: number, from = 0) =>
  Array.from({ length: count }, (_, at) => `0b5e2d0c-7a1f-4c57-9d6e-${String(from + at).padStart(12, "0")}`);
const never = new AbortController().signal;

async function open(services: readonly string[], yaml: string, wrapStore?: (store: Store) => Store): Promise<Bench> {
  return bench({ services, yaml, requestsPerSecond: 1e6, ...(wrapStore && { wrapStore }) });
}

function poll(app: App, ...shards: Parameters<typeof pollSource>[3][]) {
  return pollSource(app, app.config.sources[0]!, never, ...shards);
}

async function found({ app }: Bench): Promise<string[]> {
  return (await seenEvents(app))
    .map(({ time, resource }) => `${(Date.parse(time) - T0) / MINUTE} ${resource.id}`)
    .sort();
}

describe("the targets of a source", () => {
  it.each([
    ["that are discovered", (_: readonly string[]) => DISCOVERED, 1.5],
    // What is named has its floor from then on.
    ["that are named", named, 5.5],
  ])("%s fall to more shards as they grow, and each event is found once", async (_, yaml, since) => {
    const first = ids(40);
    const more = ids(230, 40);
    const b = await open(first, yaml(first));
    const expected: string[] = [];
    const fail = (at: number, services: readonly string[]) => {
      for (const id of services) {
        b.fail(at, "boom", id);
        expected.push(`${at} ${id}`);
      }
    };
    const shards: number[] = [];
    async function polls(...times: number[]) {
      for (const at of times) {
        b.to(at);
        const report = await poll(b.app);
        expect(report).toMatchObject({ failing: {}, discoveryError: undefined });
        shards.push((await shardsOf(b.app, b.app.config.sources[0]!)).length);
      }
    }
    b.to(1);
    fail(0.5, first.slice(0, 5));
    await polls(1);
    for (const id of more) b.sim.world.addService({ service_id: id, service_name: id });
    if (yaml === named) await b.reload(yaml([...first, ...more]));
    fail(since, [...first.slice(3, 8), ...more.slice(0, 5)]);
    await polls(6, 7);
    fail(7.5, [...first.slice(3, 8), ...more.slice(0, 20)]);
    await polls(8);
    expect(await found(b)).toEqual(expected.sort());
    expect(shards.at(0)).toBe(1);
    expect(shards.at(-1)).toBe(2);
    const { targets } = await readStanding(b.app);
    expect(targets.map(({ target }) => target).sort()).toEqual([...first, ...more]);
    expect(targets.filter(({ lagSeconds, error }) => lagSeconds !== 0 || error !== null)).toEqual([]);
  });

  it("are divided by the poll that discovers them, before it reads any", async () => {
    const services = ids(600);
    const divided: number[] = [];
    const b = await open(services, DISCOVERED, (store) => ({
      ...store,
      async commit(ops) {
        if (ops.some(({ pk, sk }) => pk === `shard/${ID}` && sk === "4/3")) divided.push(b.sim.requests[ID]!);
        await store.commit(ops);
      },
    }));
    for (const id of services) b.fail(-0.5, "boom", id);
    expect(await poll(b.app)).toMatchObject({ targets: 600, found: 600, failing: {}, discoveryError: undefined });
    expect(divided[0]).toBe(0);
    expect(b.sim.requests[ID]).toBe(600);
    expect(await found(b)).toHaveLength(600);
  });

  it("cost an idle poll one row of at most a kB a shard, whether they are discovered or named", async () => {
    for (const yaml of [DISCOVERED, named(ids(300))]) {
      const written: Op[] = [];
      const b = await open(ids(300), yaml, (store) => ({
        ...store,
        async commit(ops) {
          written.push(...ops);
          await store.commit(ops);
        },
      }));
      for (const at of [0, 1]) {
        b.to(at);
        await poll(b.app);
      }
      written.length = 0;
      b.to(2);
      await poll(b.app);
      expect(written.map(({ pk, sk }) => `${pk} ${sk}`).sort()).toEqual([`shard/${ID} 2/0`, `shard/${ID} 2/1`]);
      for (const op of written) expect(cost({ ...op }).bytes).toBeLessThan(1_024);
    }
  });

  it("that failed keep since when, and how far they were read, where their shard is divided", async () => {
    const first = ids(3);
    const b = await open(first, named(first));
    b.sim.setFaults([{ kind: "status", status: 400, on: ID, url: new RegExp(first[1]!) }]);
    await poll(b.app);
    const before = (await readSource(b.app, ID))!.data.failing;
    await b.reload(named([...first, ...ids(260, 3)]));
    b.to(1);
    await poll(b.app);
    const after = (await readSource(b.app, ID))!.data.failing;
    expect(after[first[1]!]).toMatchObject({
      since: before[first[1]!]!.since,
      floor: T0 - MINUTE,
      tries: 2,
      isNew: true,
    });
  });
});

describe("one shard", () => {
  it("is polled by itself, also where it is named as there were fewer", async () => {
    const services = ids(600);
    const b = await open(services, named(services));
    await poll(b.app, []);
    const [source] = b.app.config.sources;
    expect(await shardsOf(b.app, source!)).toEqual([0, 1, 2, 3].map((index) => ({ index, of: 4 })));
    const one = await poll(b.app, [{ index: 1, of: 4 }]);
    expect(one.targets).toBeGreaterThan(100);
    const both = await poll(b.app, [{ index: 1, of: 2 }]);
    const three = await poll(b.app, [{ index: 3, of: 4 }]);
    expect(both.targets).toBe(one.targets + three.targets);
  });

  it("whose row is lost discovers its targets anew, and each goes on from where it was", async () => {
    const services = ids(300);
    const b = await open(services, DISCOVERED);
    b.to(1);
    for (const id of services) b.fail(0.5, "boom", id);
    for (const at of [1, 2]) {
      b.to(at);
      await poll(b.app);
    }
    await b.store.commit([{ op: "delete", ...shardKey(ID, { index: 1, of: 2 }) }]);
    for (const at of [3, 8]) {
      b.to(at);
      await poll(b.app);
    }
    expect(await found(b)).toHaveLength(300);
    expect((await readStanding(b.app)).targets).toHaveLength(300);
  });
});

describe("two daemons", () => {
  it("poll each shard once between them, and one goes on with those of the other once that is gone", async () => {
    const services = ids(600);
    const b = await open(services, named(services));
    const other = await b.beside();
    // A lease is renewed now and then: this clock waits for as long.
    for (const app of [b.app, other]) app.clock = { ...app.clock, sleep: wallClock.sleep };
    const [source] = b.app.config.sources;
    const lease = (app: App, ...shards: Parameters<typeof pollLeased>[3][]) =>
      pollLeased(app, app.config.sources[0]!, never, ...shards);
    const shards = async () => shardsOf(b.app, source!);
    await poll(b.app, []);
    const [a1, a2, ...rest] = await shards();
    b.to(2);
    // Each has some before the other comes.
    expect((await lease(b.app, [a1!, a2!])).elsewhere).toEqual([]);
    expect((await lease(other, rest)).elsewhere).toEqual([]);
    b.to(3);
    const before = b.sim.requests[ID]!;
    const [one, two] = [await lease(b.app), await lease(other)];
    expect(one.elsewhere.map(({ shard }) => shard)).toEqual(rest);
    expect(two.elsewhere.map(({ shard }) => shard).toSorted((a, b) => a.index - b.index)).toEqual([a1, a2]);
    expect(one.report!.targets + two.report!.targets).toBe(600);
    expect(b.sim.requests[ID]! - before).toBe(600);
    b.app.identity.isGone = (id) => id === "beside";
    const taken = await lease(
      b.app,
      one.elsewhere.map(({ shard }) => shard),
    );
    expect([taken.elsewhere, taken.report!.targets]).toEqual([[], two.report!.targets]);
  });

  it("that divide a source at the same time divide it once", async () => {
    const services = ids(300);
    const b = await open(services, named(services));
    const other = await b.beside();
    b.to(1);
    const some = services.slice(0, 30);
    for (const id of some) b.fail(0.5, "boom", id);
    await Promise.all([poll(b.app), poll(other)]);
    await poll(b.app);
    expect(await found(b)).toHaveLength(30);
    const rows = await b.store.list<SourceRow>(`shard/${ID}`);
    expect(rows.map(({ sk }) => sk)).toEqual(["2/0", "2/1"]);
  });

  it("leave each other's run alone, also while it fixes the floor of a target that is named later", async () => {
    let meanwhile: (() => Promise<void>) | undefined;
    const b = await open(["svc-1", "svc-2"], named(["svc-1", "svc-2"]), (store) => ({
      ...store,
      async get(key) {
        const now = meanwhile;
        meanwhile = undefined;
        if (key.pk.startsWith("target/")) await now?.();
        else meanwhile = now;
        return store.get(key);
      },
    }));
    const other = await b.beside();
    await b.reload(named(["svc-1"]));
    await poll(b.app);
    await b.reload(named(["svc-1", "svc-2"]));
    b.app.generation.own = 1;
    for (const app of [b.app, other]) app.clock = { ...app.clock, sleep: wallClock.sleep };
    b.to(2);
    let seen: Awaited<ReturnType<typeof pollLeased>> | undefined;
    let generation: number | undefined;
    meanwhile = async () => {
      generation = (await readSource(b.app, ID))!.data.generation;
      seen = await pollLeased(other, other.config.sources[0]!, never);
    };
    const { report } = await pollLeased(b.app, b.app.config.sources[0]!, never);
    expect(seen).toMatchObject({ report: undefined, elsewhere: [{ lease: { by: "test" } }] });
    expect(generation).toBe(1);
    expect(report).toMatchObject({ targets: 2, failing: {} });
  });
});
