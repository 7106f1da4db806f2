// The simulated day: the same for a seed, stamped with real times, soon eventful, never growing without end.

import { expect, test } from "vitest";
import { parse } from "yaml";
import { ConfigFile } from "../../lib/model/files/config-file.ts";
import { describeSimulator } from "../../lib/simulator/describe.ts";
import type { World } from "../../lib/simulator/world.ts";
import { type Harness, simulator, T0 } from "./harness.ts";

function notified(world: World): string[] {
  const lines: { time: number; line: string }[] = [];
  for (const [id, { events }] of world.services) {
    for (const event of events.select({}).page(0, 1e9, "asc"))
      lines.push({ time: event.occur_time, line: `${id} ${event.event_type} ${event.event_info}` });
  }
  for (const [id, { events }] of world.pools) {
    for (const event of events.select({}).page(0, 1e9, "asc"))
      lines.push({ time: Date.parse(event.lastTimestamp), line: `${id} ${event.count} ${event.message}` });
  }
  for (const [id, { events }] of world.jobs) {
    for (const event of events.select({}).page(0, 1e9, "asc"))
      lines.push({ time: Date.parse(event.time), line: `${id} ${event.level} ${event.message}` });
  }
  for (const events of world.cloudEye.values()) {
    for (const event of events.select({}).page(0, 1e9, "asc"))
      lines.push({ time: event.time, line: `${event.event_id} ${event.event_name} ${event.detail.resource_name}` });
  }
  return lines.sort((a, b) => a.time - b.time).map(({ time, line }) => `${new Date(time).toISOString()} ${line}`);
}

const day = (options: Parameters<typeof simulator>[0] = {}): Promise<Harness> =>
  simulator({ scenario: "day", ...options });

test("the same seed tells the same day, however often somebody looks", async () => {
  const [once, often, other] = [await day({ seed: 5 }), await day({ seed: 5 }), await day({ seed: 6 })];
  for (let i = 0; i < 60; i++) {
    often.pass(10_000);
    if (i % 7 === 0) await often.get("/v1/{p}/services");
  }
  once.pass(600_000);
  other.pass(600_000);
  expect(notified(often.sim.world)).toEqual(notified(once.sim.world));
  expect(notified(other.sim.world)).not.toEqual(notified(once.sim.world));
});

test.each([1, 2, 3, 4, 5])(
  "with seed %i there is a little history, something soon, and then about an event a second",
  async (seed) => {
    const { sim, pass } = await day({ seed });
    const before = notified(sim.world).length;
    expect(before).toBeGreaterThan(30);
    pass(5_000);
    expect(notified(sim.world).slice(before).join("\n")).toMatch(/healthCheckUnhealthy/);
    pass(295_000);
    const perSecond = (notified(sim.world).length - before) / 300;
    expect(perSecond).toBeGreaterThan(0.5);
    expect(perSecond).toBeLessThan(2.5);
  },
);

test("troubles begin and end within a minute", async () => {
  const { sim, pass } = await day();
  pass(60_000);
  const story = notified(sim.world).join("\n");
  for (const words of [
    "healthCheckUnhealthy",
    "healthCheckRecovery",
    "failed to pull image, retry later",
    "pull image success",
    "from 6/0/0/0 to",
    "to 6/0/0/0",
  ]) {
    expect(story).toContain(words);
  }
});

test("nothing is dated ahead of the clock, and nothing before the history", async () => {
  const { sim, pass } = await day({ switches: { late: { chance: 0.5, upTo: 30_000 }, twins: 0.3 } });
  pass(300_000);
  const times = notified(sim.world).map((line) => Date.parse(line.slice(0, 24)));
  expect(Math.max(...times)).toBeLessThanOrEqual(T0 + 300_000);
  expect(Math.min(...times)).toBeGreaterThanOrEqual(T0 - 121_000);
});

test("events appear late, and in the end all of them, where the switch says so", async () => {
  const inTime = await day({ speed: 600 });
  const late = await day({ speed: 600, switches: { late: { chance: 1, upTo: 20_000 } } });
  for (const { pass } of [inTime, late]) pass(60_000);
  expect(late.sim.world.services.size).toBe(5);
  const total = (harness: Harness) =>
    [...harness.sim.world.services.values()].reduce((sum, { events }) => sum + events.length, 0);
  expect(total(late)).toBeLessThan(total(inTime));
  expect(total(late)).toBeGreaterThan(0);
});

test("twins are equal in every field", async () => {
  const { sim, pass } = await day({ switches: { twins: 1 } });
  pass(60_000);
  for (const { events } of sim.world.services.values()) {
    const all = events
      .select({})
      .page(0, 1e9, "asc")
      .map((event) => JSON.stringify(event));
    expect(all.length).toBe(2 * new Set(all).size);
  }
});

test("update logs are first RUNNING and then have a result; pool events grow; jobs come, end and go", async () => {
  const { sim, pass } = await day({ speed: 600 });
  const results = new Set<string>();
  const jobs = new Set<string>();
  for (let i = 0; i < 300; i++) {
    pass(1000);
    for (const { updates } of sim.world.services.values()) for (const log of updates) results.add(log.result);
    for (const id of sim.world.jobs.keys()) jobs.add(id);
  }
  expect([...results].sort()).toEqual(["FAIL", "RUNNING", "SUCCESS"]);
  const { world } = sim;
  expect(
    [...world.pools.values()].some(({ events }) =>
      events
        .select({})
        .page(0, 1e9, "asc")
        .some((event) => event.count > 1),
    ),
  ).toBe(true);
  expect(jobs.size).toBeGreaterThan(world.jobs.size);
  const phases = new Set([...world.jobs.values()].map(({ row }) => row.status.phase));
  expect(phases).toContain("Completed");
  expect(phases).toContain("Failed");
});

test("a day later, what is older than a day is forgotten", async () => {
  const { sim, pass } = await day();
  pass(26 * 3_600_000);
  const lines = notified(sim.world);
  expect(Date.parse(lines[0]!.slice(0, 24))).toBeGreaterThan(sim.world.now() - 24.5 * 3_600_000);
  expect(lines.length).toBeGreaterThan(10_000);
  for (const { updates } of sim.world.services.values()) {
    expect(updates[0]!.update_time).toBeGreaterThan(sim.world.now() - 24.5 * 3_600_000);
  }
  expect(sim.world.jobs.size).toBeLessThan(100);
});

test("a project that somebody fills by hand stays as it is", async () => {
  const { sim, pass } = await simulator();
  sim.world.at(T0 + 5000, () => sim.world.addService({ service_id: "s-1", service_name: "one" }));
  pass(4999);
  expect(sim.world.services.size).toBe(0);
  pass(1);
  expect(sim.world.services.size).toBe(1);
});

test("its description begins a valid lookout.yml", async () => {
  const { sim } = await simulator();
  const text = describeSimulator(sim);
  for (const word of [sim.url, sim.credentials.projectId, sim.credentials.accessKey, sim.credentials.password])
    expect(text).toContain(word);
  const snippet = parse(text.slice(text.indexOf("# lookout.yml")));
  const file = ConfigFile.parse({ ...snippet, rules: [{ include: "modelarts/training" }], channels: {} });
  expect(file.connections["simulated"]?.endpoints).toEqual({ modelarts: sim.url, ces: sim.url, iam: sim.url });
  expect(file.sources).toHaveLength(5);
});
