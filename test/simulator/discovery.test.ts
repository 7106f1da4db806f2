// The lists from which targets are discovered: what is in them, and how they are filtered and paged.
import { expect, test } from "vitest";
import { type Harness, simulator, T0 } from "./harness.ts";

async function filled(options: Parameters<typeof simulator>[0] = {}): Promise<Harness> {
  const harness = await simulator(options);
  const { world } = harness.sim;
  world.addService({ service_id: "s-1", service_name: "beta", publish_at: 1, transition_at: 9 });
  world.addService({ service_id: "s-2", service_name: "alpha", publish_at: 2, transition_at: 8, status: "failed" });
  world.addService({
    service_id: "s-3",
    service_name: "alphabet",
    publish_at: 3,
    transition_at: 7,
    infer_type: "batch",
  });
  world.addService({ service_id: "s-4", service_name: "alpha", workspace_id: "w-1" });
  world.addPool({ id: "pool-1", name: "train" });
  world.addPool({ id: "pool-2", name: "broken", phase: "CreationFailed" });
  world.addPool({ id: "pool-3", name: "elsewhere", workspace: "w-1" });
  for (let i = 1; i <= 5; i++)
    world.addJob({ id: `j-${i}`, name: `job-${i}`, createdAt: T0 + i, phase: i > 3 ? "Running" : "Failed" });
  world.addJob({ id: "j-6", name: "job-6", workspace: "w-1" });
  return harness;
}

test.each([
  ["the default workspace, newest first", "", ["s-3", "s-2", "s-1"]],
  ["another workspace", "?workspace_id=w-1", ["s-4"]],
  ["by name", "?sort_by=service_name&order=asc", ["s-2", "s-3", "s-1"]],
  ["by change", "?sort_by=transition_at", ["s-1", "s-2", "s-3"]],
  ["part of a name", "?service_name=alpha", ["s-3", "s-2"]],
  ["one status", "?status=failed", ["s-2"]],
  ["one kind", "?infer_type=batch", ["s-3"]],
  ["one id", "?service_id=s-1", ["s-1"]],
  ["the second page", "?limit=2&offset=1", ["s-1"]],
])("services: %s", async (_, query, ids) => {
  const { get } = await filled();
  const { body } = await get(`/v1/{p}/services${query}`);
  expect(body.services.map((row: { service_id: string }) => row.service_id)).toEqual(ids);
  expect(body.count).toBe(ids.length);
});

test.each([
  ["the default workspace", "", ["pool-1", "pool-2"]],
  ["another workspace", "?workspaceId=w-1", ["pool-3"]],
  ["those created", "?status=created", ["pool-1"]],
  ["those that failed", "?status=failed", ["pool-2"]],
  ["a label", "?labelSelector=os.modelarts/name%3Dtrain", ["pool-1"]],
  ["sub-pools, of which there are none", "?parent=pool-1", []],
])("pools: %s", async (_, query, ids) => {
  const { get } = await filled();
  const { body } = await get(`/v2/{p}/pools${query}`);
  expect(body).toMatchObject({ kind: "PoolList", apiVersion: "v2" });
  expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(ids);
});

test.each([
  ["newest first", {}, ["j-5", "j-4", "j-3", "j-2", "j-1"]],
  ["oldest first", { order: "asc", sort_by: "create_time" }, ["j-1", "j-2", "j-3", "j-4", "j-5"]],
  ["another workspace", { workspace_id: "w-1" }, ["j-6"]],
  ["the second page", { limit: 2, offset: 1 }, ["j-3", "j-2"]],
  ["those in a phase", { filters: [{ key: "phase", operator: "in", value: ["Running", "Pending"] }] }, ["j-5", "j-4"]],
  ["those not in a phase", { filters: [{ key: "phase", operator: "not", value: ["Running"] }] }, ["j-3", "j-2", "j-1"]],
  [
    "created in a window",
    { filters: [{ key: "create_time", operator: "between", value: [`${T0 + 2}`, `${T0 + 3}`] }] },
    ["j-3", "j-2"],
  ],
  [
    "like a name, with a filter left blank",
    {
      filters: [
        { key: "name", operator: "like", value: ["b-4"] },
        { key: "phase", operator: "in", value: [""] },
      ],
    },
    ["j-4"],
  ],
])("training jobs: %s", async (_, body, ids) => {
  const { post } = await filled();
  const reply = await post("/v2/{p}/training-job-searches", body);
  expect(reply.body.items.map((item: { metadata: { id: string } }) => item.metadata.id)).toEqual(ids);
  expect(reply.body.count).toBe(ids.length);
});

test("training jobs: with records as offsets, offset=1 skips one", async () => {
  const { post } = await filled({ switches: { jobOffset: "record" } });
  const { body } = await post("/v2/{p}/training-job-searches", { limit: 2, offset: 1 });
  expect(body.items.map((item: { metadata: { id: string } }) => item.metadata.id)).toEqual(["j-4", "j-3"]);
  expect(body.total).toBe(5);
});
