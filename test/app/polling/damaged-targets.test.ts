// The list of a source's targets is damaged in the store: they are listed anew, each goes on from where it was, and
// nothing else stops for it.
import { describe, expect, it } from "vitest";
import { deliverDue } from "../../../lib/app/delivery/deliver.ts";
import { checkHealth } from "../../../lib/app/health/health.ts";
import { type DiscoveredTarget, SOURCES } from "../../../lib/app/persistence/rows.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { tick } from "../../../lib/app/tick.ts";
import { readGauges } from "../../../lib/aws/metrics/gauges.ts";
import { type ListOptions, type Row, RowDamaged, type Store } from "../../../lib/store/port.ts";
import { type Bench, bench, line } from "../support.ts";
import { shardsOf } from "./shards-of.ts";

const RULES = `
rules:
  - { id: services, when: { source: [service-events], level: [error] }, by: [resource.id] }
  - { id: jobs, when: { source: [training-events], level: [error] }, by: [resource.id], resolve: { after: 10m } }
route: { channels: [ops], groupBy: ["..."], groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const LISTS = "targets/service-events";
const BOTH = `sources: [{ kind: service-events, lookback: 1m }, { kind: training-events, lookback: 1m }]\n${RULES}`;
const ids = (count: number) => Array.from({ length: count }, (_, at) => `svc-${String(at).padStart(4, "0")}`);

/** A bench whose lists of targets are damaged when it is said, as a process finds them that has just started. */
async function open(yaml: string, services: readonly string[], partition = LISTS) {
  const damaged = new Set<string>();
  function seen<T>(row: Row<T>): Row<T> {
    return damaged.has(row.sk) && row.pk === partition ? { ...row, data: undefined as T, damaged: true } : row;
  }
  const wrapStore = (store: Store): Store => ({
    ...store,
    async get<T>(key: { pk: string; sk: string }) {
      const row = await store.get<T>(key);
      return row && seen(row);
    },
    getMany: async <T>(keys: Parameters<Store["getMany"]>[0]) => (await store.getMany<T>(keys)).map(seen),
    list: async <T>(...asked: Parameters<Store["list"]>) => (await store.list<T>(...asked)).map(seen),
  });
  const b = await bench({ yaml, services, requestsPerSecond: 1e6, wrapStore });
  const train = (minutes: number) =>
    b.sim.world.addTrainingEvents("job-1", [
      { time: Date.parse("2026-11-20T10:00:00Z") + minutes * 60_000, level: "Error", message: "lost", source: "Job" },
    ]);
  b.sim.world.addJob({ id: "job-1", name: "job-1" });
  return {
    b,
    train,
    async damage() {
      const rows = await b.store.list(partition);
      for (const { sk } of rows) if (partition === LISTS || sk === "service-events") damaged.add(sk);
      expect(damaged.size).toBeGreaterThan(0);
      await b.reload(yaml);
      return () => damaged.clear();
    },
  };
}

const poll = ({ app }: Bench) => pollSource(app, app.config.sources[0]!, new AbortController().signal);
async function found({ app }: Bench): Promise<string[]> {
  return (await seenEvents(app)).map(({ resource, message }) => `${resource.id} ${message}`).sort();
}

describe("a damaged list of targets", () => {
  it("keeps no other source, deadline or group waiting, and Lookout says that it is damaged", async () => {
    const { b, train, damage } = await open(BOTH, ["svc-1"]);
    b.to(1);
    train(0.5);
    b.fail(0.5, "one");
    await b.beat();
    await damage();
    // The API does not say which targets there are either.
    b.sim.setFaults([{ kind: "status", status: 500, on: "services" }]);
    b.to(3);
    train(2.5);
    await b.beat();
    b.to(20);
    await b.beat();
    await checkHealth(b.app);
    b.to(21);
    await b.beat();
    await deliverDue(b.app, new AbortController().signal);
    const notified = b.messages.map(line);
    expect(notified.slice(0, 3)).toEqual([
      "1 /ops new firing: job-1 firing ×1(+1)",
      "1 /ops new firing: svc-1 firing ×1(+1)",
      expect.stringMatching(/^20\S* \/ops resolved resolved: job-1 resolved ×2\(\+1\)$/),
    ]);
    expect(notified.slice(3)).toContainEqual(expect.stringContaining("state firing"));
    const { problems, sources } = await readStatus(b.app);
    expect(problems).toContainEqual(expect.objectContaining({ problem: "state damaged" }));
    expect(sources.map(({ overdueSince }) => overdueSince)).toEqual([null, null]);
    expect((await readGauges(b.app)).map(({ source }) => source)).toEqual([
      undefined,
      undefined,
      "service-events",
      "training-events",
    ]);
  });

  it("loses and doubles no event of its own source, also of a target that failed since it came", async () => {
    const { b, damage } = await open(BOTH, ["svc-1", "svc-2", "svc-3"]);
    b.sim.setFaults([{ kind: "status", status: 400, on: "service-events", url: /svc-2/ }]);
    for (const id of ["svc-1", "svc-2"]) {
      b.fail(-0.5, "in time", id);
      b.fail(-1.5, "too early", id);
    }
    for (const at of [0, 10, 30]) {
      b.to(at);
      await poll(b);
    }
    await damage();
    b.sim.setFaults([]);
    b.fail(30.5, "after", "svc-1");
    b.sim.world.addService({ service_id: "svc-4", service_name: "svc-4" });
    b.fail(30.7, "new", "svc-4");
    for (const at of [31, 32, 50]) {
      b.to(at);
      expect((await poll(b)).discoveryError).toBeUndefined();
    }
    expect(await found(b)).toEqual(["svc-1 after", "svc-1 in time", "svc-2 in time", "svc-4 new"]);
    // What is damaged is left as it is.
    const pieces = await b.store.list<DiscoveredTarget[]>(LISTS);
    expect(pieces.map(({ damaged }) => damaged)).toContain(true);
  });

  it("of targets that the configuration names neither loses nor doubles an event", async () => {
    const services = ids(40);
    const yaml = `sources: [{ kind: service-events, targets: [${services}], lookback: 1m }]\n${RULES}`;
    const { b, damage } = await open(yaml, services);
    b.fail(-0.5, "in time", services[0]);
    b.sim.setFaults([{ kind: "status", status: 400, on: "service-events", url: new RegExp(services[1]!) }]);
    b.fail(-0.5, "in time", services[1]);
    for (const at of [0, 10]) {
      b.to(at);
      await poll(b);
    }
    await damage();
    b.sim.setFaults([]);
    b.fail(10.5, "after", services[0]);
    for (const at of [11, 12]) {
      b.to(at);
      expect(await poll(b)).toMatchObject({ targets: 40, failing: {} });
    }
    expect(await found(b)).toEqual(["svc-0000 after", "svc-0000 in time", "svc-0001 in time"]);
  });

  it("of a source with several shards keeps neither these nor a division of its targets from going on", async () => {
    const services = ids(300);
    const yaml = `sources: [{ kind: service-events, lookback: 1m }]\n${RULES}`;
    const { b, damage } = await open(yaml, services);
    for (const at of [0, 1]) {
      b.to(at);
      await poll(b);
    }
    await damage();
    for (const id of ids(700).slice(300)) b.sim.world.addService({ service_id: id, service_name: id });
    for (const id of ids(700)) b.fail(1.5, "after", id);
    for (const at of [2, 8, 9, 10]) {
      b.to(at);
      await poll(b).catch(() => {});
    }
    expect(await shardsOf(b.app, b.app.config.sources[0]!)).toHaveLength(4);
    expect(await found(b)).toHaveLength(700);
  });
});

describe("a damaged row of a source", () => {
  const MUTE = `
sources: [{ kind: service-events, lookback: 1m }, { kind: training-events, lookback: 1m }]
rules:
  - { id: mute, when: { source: [training-events] }, by: [connection], absence: { for: 20m, over: targets } }
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
  /** Training is read, while the row of the other source is damaged and a job has ended. */
  async function ended(yaml: string) {
    const { b, train, damage } = await open(yaml, ["svc-1"], SOURCES);
    for (const id of ["job-2", "job-3"]) b.sim.world.addJob({ id, name: id });
    const [, training] = b.app.config.sources;
    const read = () => pollSource(b.app, training!, new AbortController().signal);
    await b.beat();
    const mend = await damage();
    b.sim.world.jobs.get("job-2")!.row.status.phase = "Completed";
    return { b, train, mend, read };
  }

  it("keeps another from reading no target, also where one of these has ended", async () => {
    for (const yaml of [BOTH, MUTE]) {
      const { b, train, read } = await ended(yaml);
      for (const at of [6, 7, 12]) {
        b.to(at);
        train(at - 0.5);
        expect(await read()).toMatchObject({ found: 1, discoveryError: undefined });
      }
    }
  });

  it("leaves what may be shared watched until it can be read, and then ends it", async () => {
    const { b, mend, read } = await ended(MUTE);
    for (const job of ["job-1", "job-3"]) b.sim.world.jobs.get(job)!.row.status.phase = "Completed";
    for (const at of [6, 7]) {
      b.to(at);
      await read();
    }
    mend();
    for (const at of [8, 30, 60]) {
      b.to(at);
      await b.beat();
    }
    expect(b.messages).toEqual([]);
    expect(await b.store.due("timer", Number.MAX_SAFE_INTEGER, 9)).toEqual([]);
  });
});

it("deadlines wait where nobody knows how far the targets are read, and groups do not", async () => {
  let isDamaged = false;
  const wrapStore = (store: Store): Store => ({
    ...store,
    async list<T>(pk: string, options?: ListOptions) {
      if (isDamaged && pk === SOURCES) throw new RowDamaged({ pk, sk: "service-events" });
      return store.list<T>(pk, options);
    },
  });
  const yaml = `
rules: [{ id: services, when: { level: [error] }, by: [resource.id], resolve: { after: 2m } }]
route: { channels: [ops], groupWait: 4m, groupInterval: 1m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
  const b = await bench({ yaml, wrapStore });
  b.to(1);
  b.fail(0.5);
  await b.beat();
  b.to(6);
  await poll(b);
  isDamaged = true;
  await tick(b.app, new AbortController().signal, { timers: true, due: true });
  isDamaged = false;
  b.to(8);
  await tick(b.app, new AbortController().signal, { timers: true, due: true });
  expect(b.messages.map(line)).toEqual([
    "6 /ops new firing: svc-1 firing ×1(+1)",
    "8 /ops resolved resolved: svc-1 resolved ×1(+0)",
  ]);
});
