// The rows of targets that have ended: they expire once their last events are surely in, and whatever comes back is
// found once.
import { expect, it } from "vitest";
import type { TargetRow } from "../../../lib/app/persistence/rows.ts";
import { seenEvents } from "../../../lib/app/queries/lists.ts";
import { type Store, StoreError } from "../../../lib/store/port.ts";
import { type Bench, bench, MINUTE, T0 } from "../support.ts";

const DAY = 24 * 60;
const REST = `
rules: [{ id: any, when: { level: [error] }, by: [] }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
history: 1d
`;
const yaml = (source: string) => `sources: [{ ${source} }]\n${REST}`;
const JOBS = yaml("kind: training-events");

async function rowsOf({ store }: Bench, kind: string) {
  return store.list<TargetRow>(`target/${kind}/prod`);
}
async function expiryOf(b: Bench, kind: string, id: string): Promise<number | undefined | "no row"> {
  const row = (await rowsOf(b, kind)).find(({ sk }) => sk === id);
  return row === undefined ? "no row" : row.expires && (row.expires - T0) / MINUTE;
}
const fail = ({ sim }: Bench, minutes: number, id = "job-1") =>
  sim.world.addTrainingEvents(id, [{ time: T0 + minutes * MINUTE, level: "Error", message: "lost", source: "Job" }]);
async function found({ app }: Bench): Promise<number[]> {
  return (await seenEvents(app)).map(({ time }) => (Date.parse(time) - T0) / MINUTE).sort((a, b) => a - b);
}

/** A job that fails at minute 5, and is seen to have ended at minute 12. */
async function ended() {
  const b = await bench({ services: [], yaml: JOBS });
  const { row } = b.sim.world.addJob({ id: "job-1", name: "job-1" });
  b.sim.world.addJob({ id: "job-2", name: "job-2" });
  await b.rounds(4, 2);
  fail(b, 5);
  await b.rounds(10, 2);
  row.status.phase = "Completed";
  await b.rounds(14, 2);
  return { b, row };
}

it("the row of a job that has ended is kept for `history` after its last events are in, and no row of another", async () => {
  const { b } = await ended();
  expect(await expiryOf(b, "training-events", "job-1")).toBeUndefined();
  await b.rounds(60, 2);
  // The lookback and the lateness come on top.
  const expires = await expiryOf(b, "training-events", "job-1");
  expect(expires).toBeGreaterThanOrEqual(20 + DAY + 25);
  expect(expires).toBeLessThanOrEqual(30 + DAY + 25);
  expect(await expiryOf(b, "training-events", "job-2")).toBeUndefined();
  const before = (await rowsOf(b, "training-events")).find(({ sk }) => sk === "job-1");
  await b.rounds(100, 2);
  expect((await rowsOf(b, "training-events")).find(({ sk }) => sk === "job-1")).toEqual(before);
  b.to(2 * DAY);
  await b.round();
  expect((await rowsOf(b, "training-events")).map(({ sk }) => sk)).toEqual(["job-2"]);
});

it.each([
  ["before its row has expired", 60],
  ["long after", 3 * DAY],
])("a job that comes back %s keeps its row, and each event is found once", async (_, at) => {
  const { b, row } = await ended();
  await b.rounds(50, 2);
  // Nothing but the beat goes on meanwhile.
  for (let minute = 60; minute < at; minute += 6 * 60) {
    b.to(minute);
    await b.round();
  }
  row.status.phase = "Running";
  fail(b, at + 0.5);
  await b.rounds(at + 20, 2);
  expect(await found(b)).toEqual(at < DAY ? [5, at + 0.5] : [at + 0.5]);
  expect(await expiryOf(b, "training-events", "job-1")).toBeUndefined();
});

it("a job that comes back keeps its row from its first read on, though nothing is new", async () => {
  const { b, row } = await ended();
  await b.rounds(62, 2);
  row.status.phase = "Running";
  await b.rounds(70, 2);
  expect(await expiryOf(b, "training-events", "job-1")).toBeUndefined();
});

it("a job that comes back and cannot be read keeps its row as well", async () => {
  const { b, row } = await ended();
  await b.rounds(50, 2);
  expect(await expiryOf(b, "training-events", "job-1")).toBeGreaterThan(DAY);
  row.status.phase = "Running";
  b.sim.setFaults([{ kind: "status", status: 400, on: "training-events" }]);
  await b.rounds(70, 2);
  expect(await expiryOf(b, "training-events", "job-1")).toBeUndefined();
});

it("a large seen-set expires together with its row, and is there again where the target comes back", async () => {
  const b = await bench({ services: [], yaml: yaml("kind: training-events, lateness: 3h") });
  const { row } = b.sim.world.addJob({ id: "job-1", name: "job-1" });
  await b.rounds(4, 2);
  row.status.phase = "Completed";
  await b.rounds(160, 6);
  // Its last events come late: when they are surely in, they are remembered still.
  const many = Array.from({ length: 400 }, (_, second) => 150 + second / 60);
  for (const at of many) fail(b, at);
  await b.rounds(166, 6);
  expect((await rowsOf(b, "training-events"))[0]!.data.pieces).toBeDefined();
  await b.rounds(230, 6);
  const [kept] = await rowsOf(b, "training-events");
  expect(kept!.expires).toBeDefined();
  for await (const rows of b.store.all()) expect(rows.filter(({ pk }) => pk.startsWith("seen/"))).toEqual([]);
  row.status.phase = "Running";
  await b.rounds(260, 6);
  expect(await expiryOf(b, "training-events", "job-1")).toBeUndefined();
  expect(await found(b)).toHaveLength(many.length);
});

it("the row of a target that no source names any more expires; one that another source names now stays", async () => {
  const both = (first: string, second: string) =>
    `sources:
  - { id: a, kind: service-events, targets: [${first}] }
  - { id: b, kind: service-events, targets: [${second}] }
${REST}`;
  const services = ["svc-1", "svc-2", "svc-3", "svc-4"];
  const b = await bench({ services, yaml: both("svc-1, svc-2, svc-3", "svc-4") });
  await b.rounds(4, 2);
  await b.reload(both("svc-1", "svc-3, svc-4"));
  await b.rounds(8, 2);
  const expiring = async () =>
    (await rowsOf(b, "service-events")).flatMap(({ sk, expires }) => (expires === undefined ? [] : [sk]));
  expect(await expiring()).toEqual(["svc-2"]);
  await b.reload(both("svc-1, svc-2", "svc-3, svc-4"));
  await b.rounds(12, 2);
  expect(await expiring()).toEqual([]);
});

it("what was read is not found again, though nothing ran for longer than `history`", async () => {
  const b = await bench({ services: [], yaml: JOBS });
  const { row } = b.sim.world.addJob({ id: "job-1", name: "job-1" });
  await b.rounds(4);
  fail(b, 11.5);
  await b.rounds(12);
  row.status.phase = "Completed";
  await b.rounds(27);
  row.status.phase = "Running";
  b.to(3 * DAY);
  await b.round();
  await b.rounds(3 * DAY + 10);
  expect(await found(b)).toEqual([]);
  expect(b.messages.filter(({ at }) => at > DAY)).toEqual([]);
  fail(b, 3 * DAY + 10.5);
  await b.rounds(3 * DAY + 20);
  expect(await found(b)).toEqual([3 * DAY + 10.5]);
});

it("nor where a run was killed before it recorded that the target's last events are in", async () => {
  let isKilled = false;
  const wrapStore = (store: Store): Store => ({
    ...store,
    async commit(ops) {
      if (isKilled && ops.some(({ pk }) => pk === "source")) throw new StoreError("killed");
      await store.commit(ops);
    },
  });
  const b = await bench({ services: [], yaml: JOBS, wrapStore });
  const { row } = b.sim.world.addJob({ id: "job-1", name: "job-1" });
  await b.rounds(4);
  fail(b, 2.5);
  await b.rounds(12);
  row.status.phase = "Completed";
  await b.rounds(25);
  isKilled = true;
  b.to(26);
  await b.round().catch(() => {});
  isKilled = false;
  expect(await expiryOf(b, "training-events", "job-1")).toBeTypeOf("number");
  b.to(3 * DAY);
  await b.round();
  await b.rounds(3 * DAY + 10);
  expect(await found(b)).toEqual([]);
});

it("a deadline of a job that has ended waits for the next discovery: it may be back", async () => {
  const rest = `
rules: [{ id: any, when: { level: [error] }, by: [resource.id], resolve: { after: 40m } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
  const b = await bench({ services: [], yaml: `sources: [{ kind: training-events }]\n${rest}` });
  const { row } = b.sim.world.addJob({ id: "job-1", name: "job-1" });
  b.sim.world.addJob({ id: "job-2", name: "job-2" });
  await b.rounds(4);
  fail(b, 5);
  await b.rounds(10);
  row.status.phase = "Completed";
  // The next discoveries are at 41 and 46; the deadline is at 45.
  await b.rounds(41);
  row.status.phase = "Running";
  fail(b, 41.2);
  await b.rounds(60);
  expect(b.messages.map(({ body }) => body.status)).toEqual(["firing"]);
});
