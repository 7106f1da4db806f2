// A rule over targets that is new while the targets are known already: each poll watches those of its shard, some in
// each commit, and goes on where one before it was stopped. Nobody else ends what a living target waits for.
import { describe, expect, it } from "vitest";
import type { App } from "../../../lib/app/deps.ts";
import { reconcileRules } from "../../../lib/app/evaluation/registry.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { openAlerts } from "../../../lib/app/queries/lists.ts";
import type { Op, Row, Store } from "../../../lib/store/port.ts";
import { type Bench, bench, MINUTE, T0 } from "../support.ts";

const ROUTE = `
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
const BEFORE = `rules: [{ id: broken, when: { level: [error] } }]${ROUTE}`;
const AFTER = `rules: [{ id: mute, when: { level: [normal] }, by: [resource.id], absence: { for: 20m, over: targets } }]${ROUTE}`;

/** A store that counts its calls, and may do something before a commit, or after a partition was listed. */
function counting() {
  const seen = {
    reads: 0,
    commits: [] as (readonly Op[])[],
    before: async (_ops: readonly Op[]) => {},
    after: async (_pk: string) => {},
  };
  const wrap = (store: Store): Store => ({
    ...store,
    limits: { ...store.limits, items: 88 },
    async get<T>(...asked: Parameters<Store["get"]>) {
      seen.reads++;
      return store.get<T>(...asked);
    },
    async getMany<T>(...asked: Parameters<Store["getMany"]>) {
      seen.reads++;
      return store.getMany<T>(...asked);
    },
    async list<T>(...asked: Parameters<Store["list"]>) {
      seen.reads++;
      const rows = await store.list<T>(...asked);
      await seen.after(asked[0]);
      return rows;
    },
    async commit(ops) {
      await seen.before(ops);
      await store.commit(ops);
      seen.commits.push(ops);
    },
  });
  const watching = () => seen.commits.filter((ops) => ops.some((op) => op.op === "put" && op.queue === "timer"));
  return { seen, wrap, watching };
}

const services = Array.from({ length: 200 }, (_, at) => `svc-${at}`);
const watched = ({ store }: Bench): Promise<Row[]> => store.due("timer", T0 + 24 * 60 * MINUTE, 1_000);
const poll = (app: App, at = 0, signal = new AbortController().signal) =>
  pollSource(app, app.config.sources[at]!, signal);

async function known(wrapStore: (store: Store) => Store): Promise<Bench> {
  const b = await bench({ yaml: BEFORE, services, wrapStore });
  await b.beats(2);
  await b.reload(AFTER);
  return b;
}

describe("a rule over targets that is new", () => {
  it("watches the known targets with the next poll, many in each commit, and reads them once", async () => {
    const { seen, wrap, watching } = counting();
    const b = await known(wrap);
    seen.reads = 0;
    await reconcileRules(b.app);
    expect(seen.reads).toBeLessThan(20);
    expect(await watched(b)).toEqual([]);
    b.to(3);
    await poll(b.app);
    expect(await watched(b)).toHaveLength(200);
    expect(watching().length).toBeLessThan(5);
    b.to(4);
    seen.reads = 0;
    seen.commits = [];
    await poll(b.app);
    // The row of the source alone: all targets are quiet.
    expect([seen.reads, seen.commits.length]).toEqual([2, 1]);
    b.to(22);
    await b.beat();
    expect(await openAlerts(b.app)).toEqual([]);
    b.to(24);
    await b.beat();
    expect(await openAlerts(b.app)).toHaveLength(200);
  });

  it("goes on where a poll was stopped, and a poll that was killed has not worked in vain", async () => {
    const { seen, wrap, watching } = counting();
    const b = await known(wrap);
    await reconcileRules(b.app);
    b.to(3);
    const stop = new AbortController();
    seen.before = async (ops) => {
      if (ops.some((op) => op.op === "put" && op.queue === "timer")) stop.abort();
    };
    await poll(b.app, 0, stop.signal);
    const first = (await watched(b)).length;
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThan(200);
    b.to(4);
    let commits = 0;
    seen.before = async (ops) => {
      if (ops.some((op) => op.op === "put" && op.queue === "timer") && commits++ > 0) throw new Error("killed");
    };
    await poll(b.app).catch(() => {});
    const second = (await watched(b)).length;
    expect(second).toBeGreaterThan(first);
    seen.before = async () => {};
    seen.commits = [];
    b.to(5);
    await poll(b.app);
    expect(await watched(b)).toHaveLength(200);
    const put = watching().flatMap((ops) => ops.filter((op) => op.op === "put" && op.queue === "timer"));
    expect(put).toHaveLength(200 - second);
  });

  it("watches again what was watched under it before it went, and was removed with it", async () => {
    const b = await bench({ yaml: AFTER });
    await b.rounds(2);
    await b.reload(BEFORE);
    await reconcileRules(b.app);
    expect(await watched(b)).toEqual([]);
    b.to(2.5);
    await b.reload(AFTER);
    await b.rounds(30);
    expect((await openAlerts(b.app)).map(({ startsAt }) => startsAt)).toEqual([
      new Date(T0 + 23 * MINUTE).toISOString(),
    ]);
  });
});

const TWO = `
sources:
  - { id: a, kind: training-events, discover: { name: "a-*" } }
  - { id: b, kind: training-events, discover: { name: "b-*" } }
rules: [{ id: mute, when: { source: [training-events] }, by: [connection], absence: { for: 20m, over: targets } }]
route: { channels: [ops], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`;

/** The first target of `a` is watched; then it ends, and the first one of `b` begins, under the same key. */
async function shared(wrapStore: (store: Store) => Store): Promise<Bench> {
  const b = await bench({ yaml: TWO, wrapStore });
  b.sim.world.addJob({ id: "a-1", name: "a-1" });
  await b.rounds(1);
  b.sim.world.jobs.get("a-1")!.row.status.phase = "Completed";
  b.sim.world.addJob({ id: "b-1", name: "b-1" });
  b.to(7);
  return b;
}

describe("a target that ends while another source lists one that shares its key", () => {
  it("does not end what that one waits for: its source looks once more when it is listed", async () => {
    const { seen, wrap } = counting();
    const b = await shared(wrap);
    // The poll of `b` has read its target, and its row does not say so yet.
    seen.before = async (ops) => {
      if (!ops.some((op) => op.op === "put" && op.pk === "source" && op.sk === "b")) return;
      seen.before = async () => {};
      await poll(b.app, 0);
    };
    await poll(b.app, 1);
    expect(await watched(b)).toEqual([]);
    await b.rounds(36);
    expect((await openAlerts(b.app)).map(({ rule }) => rule)).toEqual(["mute"]);
  });

  it("does not end it, either, where that one is listed after the living were looked at", async () => {
    const { seen, wrap } = counting();
    const b = await shared(wrap);
    seen.after = async (pk) => {
      if (pk !== "source") return;
      seen.after = async () => {};
      await poll(b.app, 1);
    };
    await poll(b.app, 0);
    expect(await watched(b)).toHaveLength(1);
  });
});
