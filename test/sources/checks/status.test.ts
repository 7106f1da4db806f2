// What checks of services, pools and jobs make of their lists: each change of state once, and nothing of a list that
// cannot be trusted.
import { describe, expect, test } from "vitest";
import { jobStatus, poolStatus, serviceStatus } from "../../../lib/sources/checks/status.ts";
import { CloudError } from "../../../lib/sources/cloud/client.ts";
import type { Source } from "../../../lib/sources/port.ts";
import { at, FLOOR, MINUTE, NOW } from "../rows.ts";
import { type Cloud, createCloud, createPoller, type Poller, type PollOptions, poll } from "../support.ts";

const service = (id: string, status?: string) => ({ service_id: id, service_name: `svc-${id}`, status });
const pool = (phase: string, abnormal?: number, message?: string) => ({
  metadata: { name: "p1", labels: { "os.modelarts/name": "gpu" } },
  status: { phase, message, resources: { available: [{ count: 2 }], abnormal: abnormal && [{ count: abnormal }] } },
});
const job = (id: string, phase: string, more: Record<string, unknown> = {}) => ({
  metadata: { id, name: id, create_time: NOW - MINUTE },
  status: { phase, ...more },
});

interface Bench {
  cloud: Cloud;
  poller: Poller;
  /** Looks a minute later than before; returns what was found. */
  look(options?: Partial<PollOptions>): Promise<string[]>;
}

function bench(source: Source): Bench {
  const cloud = createCloud();
  const poller = createPoller();
  let now = NOW - MINUTE;
  return {
    cloud,
    poller,
    async look(options = {}) {
      now += MINUTE;
      const before = poller.emitted.length;
      await poll(source, cloud, poller, { floor: FLOOR, now, ...options });
      return poller.emitted.slice(before).map(({ level, type, reason, message, resource: { id }, data }) => {
        return [id, level, type, reason, message, ...(data["first"] ? ["first"] : [])].join(" | ");
      });
    },
  };
}

test("the first look yields each state, later ones what changed, in the API's own words", async () => {
  const { cloud, look } = bench(serviceStatus);
  cloud.world.lists.services = [service("a", "running"), service("b", "failed"), service("c", "odd")];
  expect(await look()).toEqual([
    "a | normal | running | state | running | first",
    "b | error | failed | state | failed | first",
    "c | warning | odd | state | odd | first",
  ]);
  expect(await look()).toEqual([]);
  cloud.world.lists.services = [service("a", "concerning"), service("b", "running"), service("c", "odder")];
  expect(await look()).toEqual([
    "a | warning | concerning | state | running → concerning",
    "b | normal | running | state | failed → running",
    "c | warning | odder | state | unknown → odder",
  ]);
  expect(await look()).toEqual([]);
});

test("an event has the row, the state before and the service's labels, and the same id however often it is found", async () => {
  const { cloud, poller, look } = bench(serviceStatus);
  const scope = { pick: (target: { id: string }) => ({ ...target, labels: { team: "ml" } }) };
  cloud.world.lists.services = [service("a", "running")];
  await look({ scope });
  cloud.world.lists.services = [{ ...service("a", "failed"), failed_times: 3 }];
  const other = createPoller();
  other.cursor = poller.cursor;
  await look({ scope });
  await poll(serviceStatus, cloud, other, { floor: FLOOR, now: NOW + MINUTE, scope });
  const event = poller.emitted[1]!;
  expect(event).toMatchObject({
    time: "2026-11-20T10:01:00.000Z",
    resource: { type: "service", id: "a", name: "svc-a" },
    labels: { env: "test", team: "ml" },
    data: { failed_times: 3, previous: "running", first: false },
  });
  expect(other.emitted[0]!.id).toBe(event.id);
});

test("the same change twice is two events", async () => {
  const { cloud, poller, look } = bench(serviceStatus);
  for (const state of ["running", "failed", "running", "failed"]) {
    cloud.world.lists.services = [service("a", state)];
    await look();
  }
  expect(new Set(poller.emitted.map(({ id }) => id)).size).toBe(4);
});

describe("a service that is missing", () => {
  test("from three lists in a row is gone, and comes back as on a first look", async () => {
    const { cloud, poller, look } = bench(serviceStatus);
    cloud.world.lists.services = [service("a", "failed"), service("b", "running")];
    await look();
    cloud.world.lists.services = [service("b", "running")];
    expect([await look(), await look()]).toEqual([[], []]);
    const gone = "a | normal | gone | gone | Not in the list any more; its last state was failed";
    expect(await look()).toEqual([gone]);
    expect(await look()).toEqual([]);
    expect(poller.cursor!.seen.split(";")).toHaveLength(1);
    cloud.world.lists.services = [service("a", "failed"), service("b", "running")];
    expect(await look()).toEqual(["a | error | failed | state | failed | first"]);
  });

  test("from one empty list is there again, and nothing is said", async () => {
    const { cloud, look } = bench(serviceStatus);
    cloud.world.lists.services = [service("a", "failed")];
    await look();
    for (const _ of [1, 2, 3]) {
      cloud.world.lists.services = [];
      expect(await look()).toEqual([]);
      cloud.world.lists.services = [service("a", "failed")];
      expect(await look()).toEqual([]);
    }
  });

  test("may be the row that could not be understood, which is reported", async () => {
    const { cloud, poller, look } = bench(serviceStatus);
    cloud.world.lists.services = [service("a", "running")];
    await look();
    cloud.world.lists.services = [{ service_id: 7, status: "running" }];
    for (const _ of [1, 2, 3, 4]) expect(await look()).toEqual([]);
    expect(poller.batches[0]!.stats).toMatchObject({ fetched: 1, seen: 1 });
  });

  test("and named by the configuration is missed, also where it never was there", async () => {
    const { cloud, look } = bench(serviceStatus);
    const scope = { named: ["a", "b"], pick: (target: { id: string }) => target };
    cloud.world.lists.services = [service("a", "running")];
    for (const _ of [1, 2]) await look({ scope });
    expect(await look({ scope })).toEqual(["b | warning | gone | gone | Not in the list | first"]);
    expect(await look({ scope })).toEqual([]);
    cloud.world.lists.services.push(service("b", "running"));
    expect(await look({ scope })).toEqual(["b | normal | running | state | gone → running"]);
  });
});

test("a row without a state changes nothing", async () => {
  const { cloud, look } = bench(serviceStatus);
  cloud.world.lists.services = [service("a", "failed")];
  await look();
  cloud.world.lists.services = [service("a")];
  for (const _ of [1, 2, 3, 4]) expect(await look()).toEqual([]);
});

test("a list that fails half way finds nothing, and the next whole one finds it all", async () => {
  const { cloud, poller, look } = bench(serviceStatus);
  const names = Array.from({ length: 1_500 }, (_, index) => `s${index}`);
  cloud.world.lists.services = names.map((id) => service(id, "running"));
  await look();
  cloud.world.lists.services = names.map((id) => service(id, "failed"));
  const whole = cloud.request;
  cloud.request = async (request) => {
    if (Number(request.query?.["offset"]) > 0) throw new CloudError("server", "HTTP 500");
    return whole(request);
  };
  await expect(look()).rejects.toMatchObject({ kind: "server" });
  expect(poller.emitted).toHaveLength(1_500);
  cloud.request = whole;
  expect(await look()).toHaveLength(1_500);
});

test("only what the source watches is looked at; what it watched goes on whatever its state", async () => {
  const { cloud, look } = bench(serviceStatus);
  const scope: NonNullable<PollOptions["scope"]> = {
    pick: (target, known) => (known || target.status === "running" ? target : undefined),
  };
  cloud.world.lists.services = [service("a", "running"), service("b", "failed")];
  expect(await look({ scope })).toHaveLength(1);
  cloud.world.lists.services = [service("a", "failed"), service("b", "failed")];
  expect(await look({ scope })).toEqual(["a | error | failed | state | running → failed"]);
});

test("all workspaces are listed, and more targets than one source may watch are an error", async () => {
  const { cloud, look } = bench(serviceStatus);
  await look({ scope: { workspaces: ["0", "1"] } });
  expect(cloud.requests.map(({ query }) => query!["workspace_id"])).toEqual(["0", "1"]);
  const many = Array.from({ length: 1_000 }, (_, index) => service(`s${index}`, "running"));
  cloud.request = async ({ query }) => {
    const page = Number(query!["offset"]) / 1_000;
    return { total_count: 11_000, services: many.map((row) => ({ ...row, service_id: `${page}-${row.service_id}` })) };
  };
  await expect(look()).rejects.toMatchObject({ kind: "endless" });
});

test("a pool's phase and the number of its abnormal nodes", async () => {
  const { cloud, poller, look } = bench(poolStatus);
  const states = [
    pool("Running"),
    pool("Running", 1),
    pool("Running", 2),
    pool("Abnormal", 2, "no node"),
    pool("Running"),
  ];
  const found: string[] = [];
  for (const row of states) {
    cloud.world.lists.pools = [row];
    found.push(...(await look()));
  }
  expect(found).toEqual([
    "p1 | normal | Running | state | Running | first",
    "p1 | warning | Running | nodes | Running: 1 abnormal nodes",
    "p1 | warning | Running | nodes | Running: 2 abnormal nodes",
    "p1 | error | Abnormal | state | Running → Abnormal: 2 abnormal nodes: no node",
    "p1 | normal | Running | state | Abnormal → Running: 0 abnormal nodes",
  ]);
  expect(poller.emitted.map(({ data }) => data["abnormalNodes"])).toEqual([0, 1, 2, 2, 0]);
});

test("a job's phases to its end; one that ended before the first look is of no interest", async () => {
  const { cloud, poller, look } = bench(jobStatus);
  const failed = { task_statuses: [{ task: "worker-0", exit_code: 137, message: "killed" }] };
  const old = job("old", "Failed", { start_time: FLOOR - 60 * MINUTE, duration: 30 * MINUTE });
  cloud.world.lists.jobs = [old, job("j1", "Running")];
  expect(await look()).toEqual(["j1 | normal | Running | state | Running | first"]);
  cloud.world.lists.jobs = [old, job("j1", "Failed", { start_time: NOW - MINUTE, duration: 2 * MINUTE, ...failed })];
  expect(await look()).toEqual(["j1 | error | Failed | state | Running → Failed: exit code 137, killed"]);
  // Days later nothing is remembered of it, and it is still in the list.
  for (const days of [2, 3]) {
    await poll(jobStatus, cloud, poller, { ...at, now: NOW + days * 1_440 * MINUTE });
    expect(poller.emitted).toHaveLength(2);
  }
  expect(poller.cursor!.seen).toBe("");
});

test("what did not change for two months is not found again", async () => {
  const { cloud, poller } = bench(serviceStatus);
  cloud.world.lists.services = [service("a", "running")];
  for (let day = 0; day <= 60; day += 6) {
    await poll(serviceStatus, cloud, poller, { ...at, now: NOW + day * 1_440 * MINUTE });
  }
  expect(poller.emitted).toHaveLength(1);
  await poll(serviceStatus, cloud, poller, { ...at, now: NOW + 120 * 1_440 * MINUTE });
  expect(poller.emitted).toHaveLength(1);
});
