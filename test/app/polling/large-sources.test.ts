// Sources with more targets than one run can read: runs that are told to stop, and runs that are killed.
import { describe, expect, it } from "vitest";
import { type SourceRow, sourceKey } from "../../../lib/app/persistence/rows.ts";
import { isIn } from "../../../lib/app/persistence/shard-rows.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { pollKind } from "../../../lib/aws/poll.ts";
import { runOnce } from "../../../lib/local/once.ts";
import { type Store, StoreError } from "../../../lib/store/port.ts";
import { type Bench, bench, MINUTE, T0 } from "../support.ts";
import { shardsOf } from "./shards-of.ts";

const REST = `
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const NAMED = (ids: readonly string[]) => `targets: [${ids.join(", ")}],`;
const DISCOVERED = () => "";
const yaml = (targets: string) => `sources: [{ kind: service-events, ${targets} lookback: 1m }]\n${REST}`;
const ids = (count: number) => Array.from({ length: count }, (_, at) => `svc-${String(at).padStart(4, "0")}`);

/** A store that counts: `at` is called with how many cursors have been read, `each` before every operation. */
function watched(store: Store, { at, each }: { at?: (reads: number) => void; each?: () => void }): Store {
  let reads = 0;
  return {
    ...store,
    async get(key) {
      each?.();
      if (key.pk.startsWith("target/")) at?.(++reads);
      return store.get(key);
    },
    async getMany(keys) {
      each?.();
      return store.getMany(keys);
    },
    async list(pk, options) {
      each?.();
      return store.list(pk, options);
    },
    async commit(ops) {
      each?.();
      return store.commit(ops);
    },
  };
}

/** Every so many targets one has an event before its floor and one after it. */
function plant(b: Bench, services: readonly string[], every: number): string[] {
  const some = services.filter((_, at) => at % every === every - 1);
  for (const id of some) {
    b.fail(-1.5, "too early", id);
    b.fail(-0.5, "in time", id);
  }
  return some;
}

async function found(b: Bench, message: string): Promise<string[]> {
  const events = await seenEvents(b.app);
  return events.filter((event) => event.message === message).map(({ resource }) => resource.id);
}

const rowOf = async (b: Bench) => (await b.store.get<SourceRow>(sourceKey("service-events")))!.data;

describe("a source whose runs are stopped long before they could read all of its targets", () => {
  it.each([
    ["1,000 named ones, 420 in a run", NAMED, 1_000, 420],
    ["200 discovered ones, 150 in a run", DISCOVERED, 200, 150],
  ])("reads every one within four runs, and misses nothing: %s", async (_, targets, size, inRun) => {
    const services = ids(size);
    let stop = new AbortController();
    let stopAt = Number.POSITIVE_INFINITY;
    let total = 0;
    const count = (reads: number) => {
      total = reads;
      if (reads >= stopAt) stop.abort(new Error("the time is over"));
    };
    const wrapStore = (store: Store) => watched(store, { at: count });
    const b = await bench({ services, yaml: yaml(targets(services)), requestsPerSecond: 1e6, wrapStore });
    const some = plant(b, services, 50);
    const run = async (at: number) => {
      b.to(at);
      stop = new AbortController();
      stopAt = total + inRun;
      const report = await pollSource(b.app, b.app.config.sources[0]!, stop.signal);
      // What had not begun is not looked at.
      expect(total - stopAt).toBeLessThan(60);
      return report;
    };
    const first = await run(0);
    expect(first).toMatchObject({ targets: size, interrupted: true, discoveryError: undefined });
    expect(first.unreached).toBeGreaterThan(size / 4);
    const untried = { kind: "interrupted", tries: 0, retryAt: 0, readTo: null, floor: T0 - MINUTE };
    expect(Object.values(first.failing).at(-1)).toMatchObject(untried);
    await run(5);
    await run(10);
    // Of a shard nothing is read anew before all of it has been read once.
    const fourth = await run(15);
    expect(Object.values(fourth.failing).filter(({ readTo }) => readTo === null)).toEqual([]);
    expect((await found(b, "in time")).sort()).toEqual(some);
    expect(await found(b, "too early")).toEqual([]);
  });
});

describe("a run that is asked for some shards", () => {
  it("reads them in the order in which they are asked for, as many as it comes to", async () => {
    const services = ids(600);
    const stop = new AbortController();
    const read: string[] = [];
    let isAsked = false;
    const wrapStore = (store: Store): Store => ({
      ...store,
      async get(key) {
        if (isAsked && key.pk.startsWith("target/") && read.push(key.sk) === 100) stop.abort(new Error("it is over"));
        return store.get(key);
      },
    });
    const b = await bench({ services, yaml: yaml(NAMED(services)), requestsPerSecond: 1e6, wrapStore });
    const [source] = b.app.config.sources;
    await pollSource(b.app, source!, new AbortController().signal);
    b.to(5);
    isAsked = true;
    const of = (await shardsOf(b.app, source!)).length;
    await pollSource(
      b.app,
      source!,
      stop.signal,
      [3, 2, 0, 1].map((index) => ({ index, of })),
    );
    const first = services.filter((id) => isIn({ index: 3, of }, id) || isIn({ index: 2, of }, id));
    expect(read.slice(0, 100).filter((id) => !first.includes(id))).toEqual([]);
  });
});

describe("a run that is killed", () => {
  /** Runs that end with their process after so many operations of the store. */
  async function killed(services: readonly string[], targets: string, options: { rate: number }) {
    let left = Number.POSITIVE_INFINITY;
    const each = () => {
      if (left-- <= 0) throw new StoreError("the process is gone");
    };
    const wrapStore = (store: Store) => watched(store, { each });
    const b = await bench({ services, yaml: yaml(targets), requestsPerSecond: options.rate, wrapStore });
    let seed = 1;
    const random = () => {
      seed = (seed * 16_807) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    b.app.random = random;
    return {
      b,
      async run(operations: number) {
        left = operations;
        await expect(runOnce(b.app, new AbortController().signal)).rejects.toThrow("the process is gone");
        left = Number.POSITIVE_INFINITY;
      },
    };
  }

  it("leaves behind how far it came: the next one goes on with the others", async () => {
    const services = ids(120);
    const { b, run } = await killed(services, NAMED(services), { rate: 2 });
    const some = plant(b, services, 10);
    const unread = async () => (await readStatus(b.app)).targets.filter(({ lastReadAt }) => lastReadAt === null);
    for (let at = 0; at < 25 && (at === 0 || (await unread()).length > 0); at++) {
      b.to(at * 5);
      await run(85);
    }
    expect(await unread()).toEqual([]);
    expect((await found(b, "in time")).sort()).toEqual(some);
    expect(await found(b, "too early")).toEqual([]);
    expect((await rowOf(b)).firstRunAt).toBe(T0);
  });

  it("before it could leave anything behind: the next one begins elsewhere, and floors stay", async () => {
    const services = ids(60);
    const { b, run } = await killed(services, NAMED(services), { rate: 1e6 });
    const some = plant(b, services, 10);
    for (let at = 0; at < 100 && (await found(b, "in time")).length < some.length; at++) {
      b.to(at * 5);
      await run(45);
    }
    expect(await rowOf(b)).toMatchObject({ completeTo: null, firstRunAt: T0 });
    expect((await found(b, "in time")).sort()).toEqual(some);
    expect(await found(b, "too early")).toEqual([]);
  });
});

describe("a source of 5m on AWS", () => {
  it("is polled again at the next beat where its run was stopped, else not", async () => {
    const source = "sources: [{ kind: service-events, targets: [svc-1, svc-2], every: 5m, lookback: 1m }]";
    const b = await bench({ services: ["svc-1", "svc-2"], yaml: `${source}\n${REST}` });
    const polled = (signal: AbortSignal) => pollKind(b.app, "service-events", signal);
    const on = new AbortController().signal;
    await expect(polled(AbortSignal.abort(new Error("the time is over")))).rejects.toThrow("none of its 2 targets");
    b.to(1);
    expect(await polled(on)).toMatchObject([{ failing: 0, unreached: 0, interrupted: false }]);
    b.to(2);
    expect(await polled(on)).toEqual([]);
    b.to(6);
    expect(await polled(on)).toHaveLength(1);
  });
});

describe("a target that is named later", () => {
  it("has its floor from the first run that knew it, and is not read before its turn came", async () => {
    const b = await bench({ services: ["svc-1", "svc-2"], yaml: yaml(NAMED(["svc-1"])) });
    await b.rounds(10);
    b.fail(9.5, "in time", "svc-2");
    await b.reload(yaml(NAMED(["svc-1", "svc-2"])));
    const state = async () => (await readStatus(b.app)).targets.find(({ target }) => target === "svc-2");
    expect(await state()).toMatchObject({ lastReadAt: null });
    const stop = new AbortController();
    stop.abort(new Error("stopped"));
    const { failing, unreached, interrupted } = await pollSource(b.app, b.app.config.sources[0]!, stop.signal);
    expect([failing["svc-2"], unreached, interrupted]).toMatchObject([{ kind: "interrupted", readTo: null }, 2, true]);
    expect(await state()).toMatchObject({ lastReadAt: null });
    b.to(30);
    await b.round();
    expect(await found(b, "in time")).toEqual(["svc-2"]);
  });
});

describe("a source's row", () => {
  it("stays another process's where that wrote it meanwhile, however often the run would", async () => {
    const services = ids(150);
    let other: (() => Promise<void>) | undefined;
    const wrapStore = (store: Store): Store => ({
      ...store,
      async commit(ops) {
        if (ops.some(({ pk }) => pk.startsWith("target/"))) await other?.();
        return store.commit(ops);
      },
    });
    const b = await bench({ services, yaml: yaml(NAMED(services)), wrapStore });
    const key = sourceKey("service-events");
    other = async () => {
      other = undefined;
      const row = (await b.store.get<SourceRow>(key))!;
      await b.store.commit([{ op: "put", ...key, data: { ...row.data, completeTo: 17 }, expect: row.version }]);
    };
    await b.round();
    expect((await b.store.get<SourceRow>(key))!).toMatchObject({ version: 2, data: { completeTo: 17 } });
  });

  it("keeps how far each target is while the project cannot be looked up", async () => {
    const b = await bench({
      services: ["svc-1", "svc-2"],
      yaml: yaml(""),
      projectByName: true,
    });
    b.sim.setFaults([{ kind: "status", status: 400, on: "service-events", url: /svc-2/ }]);
    await b.rounds(3);
    const before = (await rowOf(b)).failing;
    expect(before).toMatchObject({ "svc-2": { kind: "bad-request", isNew: true } });
    await b.store.commit([{ op: "delete", pk: "project", sk: "prod" }]);
    await b.reload(yaml(""));
    b.sim.setFaults([{ kind: "status", status: 400, on: "projects" }]);
    b.to(4);
    await b.round();
    expect((await rowOf(b)).failing).toEqual(before);
  });
});
