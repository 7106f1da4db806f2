// What is said of targets that come, are read in part, and end; and what that decides.
import { describe, expect, it } from "vitest";
import { seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { runOnce } from "../../../lib/local/once.ts";
import type { Store } from "../../../lib/store/port.ts";
import { bench, MINUTE, T0 } from "../support.ts";

const CHANNELS = `
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

describe("a target whose first read ends in the middle", () => {
  const rules = `
rules:
  - { id: started, when: { message: [start] }, by: [resource.id], expect: { when: { message: [done] }, within: 5m } }
${CHANNELS}`;

  it.each([
    ["told to stop, discovered", "stop", (_: string[]) => ""],
    ["refused, discovered", "refuse", (_: string[]) => ""],
    ["told to stop, named", "stop", (ids: string[]) => `targets: [${ids.join(", ")}],`],
    ["refused, named", "refuse", (ids: string[]) => `targets: [${ids.join(", ")}],`],
  ])("is read up to where it was, and no further: %s", async (_, how, targets) => {
    const yaml = (...ids: string[]) =>
      `sources: [{ kind: service-events, ${targets(ids)} lookback: 2h, lateness: 1m }]\n${rules}`;
    const stop = new AbortController();
    let interrupt: (() => void) | undefined;
    const wrapStore = (store: Store): Store => ({
      ...store,
      async commit(ops) {
        await store.commit(ops);
        if (ops.some(({ pk, sk }) => pk.startsWith("target/") && sk === "svc-2")) interrupt?.();
      },
    });
    const b = await bench({ services: ["svc-1"], yaml: yaml("svc-1"), wrapStore });
    await b.rounds(10);
    b.sim.world.addService({ service_id: "svc-2", service_name: "svc-2" });
    const event = (minutes: number, event_info: string) => {
      return { occur_time: Math.round(T0 + minutes * MINUTE), event_type: "normal" as const, event_info };
    };
    const noise = Array.from({ length: 2_500 }, (_, at) => event(-79 + at / 2_000, `${at}`));
    b.sim.world.addServiceEvents("svc-2", [event(-80, "start"), ...noise, event(-76, "done")]);
    interrupt = () => {
      if (how === "stop") stop.abort();
      else b.sim.setFaults([{ kind: "status", status: 400, on: "service-events", url: /svc-2/ }]);
    };
    await b.reload(yaml("svc-1", "svc-2"));
    b.to(16);
    await runOnce(b.app, stop.signal);
    const { targets: states, problems } = await readStatus(b.app);
    expect(problems).toEqual([]);
    const { lastReadAt } = states.find(({ target }) => target === "svc-2")!;
    expect(Date.parse(lastReadAt!)).toBeLessThan(T0 - 76 * MINUTE);
    // Its deadline has passed long ago, but what was to follow has not been read yet.
    b.to(17);
    await b.round();
    b.sim.setFaults([]);
    interrupt = undefined;
    await b.rounds(30, 2);
    expect(b.messages).toEqual([]);
    expect((await seenEvents(b.app)).filter(({ message }) => message === "done")).toHaveLength(1);
  });
});

describe("status", () => {
  it("names no job that is not polled, nor one whose last events are in", async () => {
    const yaml = `sources: [{ kind: training-events }]\nrules: [{ id: any, when: { level: [error] } }]\n${CHANNELS}`;
    const b = await bench({ services: [], yaml });
    const { row } = b.sim.world.addJob({ id: "job-1", name: "job-1" });
    const old = b.sim.world.addJob({ id: "old", name: "old", phase: "Completed", createdAt: T0 - 900 * MINUTE });
    Object.assign(old.row.status, { start_time: T0 - 900 * MINUTE, duration: MINUTE });
    const polled = async () => (await readStatus(b.app)).targets.map(({ target }) => target);
    await b.rounds(10, 2);
    expect(await polled()).toEqual(["job-1"]);
    row.status.phase = "Completed";
    await b.rounds(16, 2);
    expect(await polled()).toEqual(["job-1"]);
    await b.rounds(40, 2);
    expect(await polled()).toEqual([]);
    expect(b.sim.requests["training-events"]).toBeGreaterThan(0);
  });
});

describe("a source whose discovery fails", () => {
  it("reads on what it knows, and says so", async () => {
    const yaml = `sources: [{ kind: service-events }]\nrules: [{ id: any, when: { level: [error] } }]\n${CHANNELS}`;
    const b = await bench({ yaml });
    await b.rounds(3);
    b.sim.setFaults([{ kind: "status", status: 400, on: "services" }]);
    b.fail(35);
    await b.rounds(40);
    expect(await seenEvents(b.app)).toHaveLength(1);
    const { healthy, targets, problems } = await readStatus(b.app);
    expect(targets).toMatchObject([{ target: "svc-1", lagSeconds: 0, error: null }]);
    expect(healthy).toBe(false);
    expect(problems).toMatchObject([{ problem: "discovery failed", name: "service-events" }]);
  });
});

describe("a source that named its targets and discovers them now", () => {
  it("finds what came about while discovery failed at first", async () => {
    const source = (more: string) => `sources: [{ kind: service-events, ${more} }]
rules: [{ id: any, when: { level: [error] } }]
${CHANNELS}`;
    const b = await bench({ services: ["svc-1", "svc-2"], yaml: source("targets: [svc-1]") });
    await b.rounds(4);
    await b.reload(source(""));
    b.sim.setFaults([{ kind: "status", status: 400, on: "services" }]);
    b.fail(6, "boom", "svc-2");
    await b.rounds(60, 5);
    b.sim.setFaults([]);
    await b.rounds(65);
    expect((await seenEvents(b.app)).map(({ resource }) => resource.id)).toEqual(["svc-2"]);
  });
});

describe("a local clock that was ahead of the cloud's by more than the lateness", () => {
  it.each([
    ["of a named target", "targets: [svc-1]"],
    ["of a discovered one", ""],
  ])("loses nothing once it is right again: %s", async (_, targets) => {
    const auth = `{ username: "\${env:USER}", password: "\${env:PASSWORD}", domain: "\${env:DOMAIN}" }`;
    const yaml = `sources: [{ kind: service-events, ${targets} }]
rules: [{ id: any, when: { level: [error] } }]
${CHANNELS}`;
    const b = await bench({ auth, yaml });
    const live = async (from: number, until: number) => {
      for (let at = from; at <= until; at++) {
        b.fail(at - 0.5);
        b.to(at);
        await b.round();
      }
    };
    await live(1, 4);
    b.ahead(90);
    await live(5, 8);
    b.ahead(0);
    // Nothing was found at the first poll thereafter: the second one goes on from there all the same.
    b.to(9);
    await b.round();
    await live(10, 20);
    const times = (await seenEvents(b.app)).map(({ time }) => (Date.parse(time) - T0) / MINUTE);
    expect(times.filter((time) => time < 4 || time > 9)).toEqual([0.5, 1.5, 2.5, 3.5, ...range(9.5, 19.5)]);
    expect(new Set(times).size).toBe(times.length);
    const { targets: states, problems } = await readStatus(b.app);
    expect([problems, states.map(({ lagSeconds }) => lagSeconds)]).toEqual([[], [0]]);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
