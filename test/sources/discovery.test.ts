// Discovery: all pages of all workspaces whatever the offset counts, filtered by name and state;
// and where the APIs live.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { CloudClient, CloudRequest } from "../../lib/sources/cloud/client.ts";
import { endpointOf } from "../../lib/sources/cloud/endpoints.ts";
import { discover, isWanted } from "../../lib/sources/discovery.ts";

const options = { workspaces: ["0"], projectId: "p1" };
const NOW = Date.parse("2026-11-20T10:00:00.000Z");

interface Listing {
  rows: (workspace: string) => unknown[];
  unit?: "record" | "page";
  cap?: number;
}

function client({ rows, unit = "page", cap = 1000 }: Listing): CloudClient & { requests: CloudRequest[] } {
  const requests: CloudRequest[] = [];
  return {
    requests,
    async request(request) {
      requests.push(request);
      const asked = (request.body ?? request.query) as Record<string, number | string>;
      const all = rows(String(asked["workspace_id"] ?? asked["workspaceId"]));
      const size = Math.min(cap, Number(asked["limit"] ?? 1000));
      const first = Number(asked["offset"] ?? 0) * (unit === "page" ? size : 1);
      const page = all.slice(first, first + size);
      return { total_count: all.length, total: all.length, services: page, items: page };
    },
  };
}

const job = (id: string, phase = "Running", status = {}) => ({
  metadata: { id, name: `train-${id}`, create_time: NOW },
  status: { phase, ...status },
});

test.each(["record", "page"] as const)("training jobs over many pages, the offset counting %ss", async (unit) => {
  const rows = Array.from({ length: 230 }, (_, i) => job(`j${i}`));
  const cloud = client({ rows: () => rows, unit });
  const targets = await discover("training-events", cloud, options);
  expect(targets.map(({ id }) => id)).toEqual(rows.map(({ metadata }) => metadata.id));
  expect(targets[0]).toEqual({ id: "j0", name: "train-j0", status: "Running", createdAt: NOW, workspace: "0" });
});

test.each(["record", "page"] as const)(
  "services over pages that the server cuts shorter, the offset counting %ss",
  async (unit) => {
    const rows = Array.from({ length: 17 }, (_, i) => ({
      service_id: `s${i}`,
      service_name: `n${i}`,
      status: "running",
    }));
    expect(await discover("service-updates", client({ rows: () => rows, unit, cap: 4 }), options)).toHaveLength(17);
  },
);

test("a hundred thousand services are listed; one list without end is none", async () => {
  const rows = Array.from({ length: 100_000 }, (_, at) => ({ service_id: `s${at}` }));
  expect(await discover("service-events", client({ rows: () => rows }), options)).toHaveLength(100_000);
  const endless: CloudClient = {
    async request({ query }) {
      const from = Number(query!["offset"]) * 1_000;
      return { services: Array.from({ length: 1_000 }, (_, at) => ({ service_id: `s${from + at}` })) };
    },
  };
  await expect(discover("service-events", endless, options)).rejects.toMatchObject({ kind: "endless" });
});

test("every workspace is asked, and what two of them list is one target", async () => {
  const cloud = client({ rows: (workspace) => [{ service_id: "both" }, { service_id: `own-${workspace}` }] });
  const targets = await discover("service-events", cloud, { ...options, workspaces: ["0", "w1"] });
  expect(targets.map(({ id, workspace }) => [id, workspace])).toEqual([
    ["both", "w1"],
    ["own-0", "0"],
    ["own-w1", "w1"],
  ]);
});

test("ended jobs say so and when", async () => {
  const rows = [
    job("a", "Completed", { start_time: NOW, duration: 60_000 }),
    job("b", "Failed", { start_time: NOW, duration: 1, running_records: [{ end_at: NOW / 1000 + 90 }, null] }),
    job("c", "Terminating"),
    null,
    { metadata: {} },
  ];
  const targets = await discover("training-events", client({ rows: () => rows }), options);
  expect(targets.map(({ id, ended, endedAt }) => [id, ended, endedAt])).toEqual([
    ["a", true, NOW + 60_000],
    ["b", true, NOW + 90_000],
    ["c", undefined, undefined],
  ]);
});

test("pools have the name that people gave them", async () => {
  const rows = [
    {
      metadata: { name: "pool-1", labels: { "os.modelarts/name": "gpu" }, creationTimestamp: "2026-11-20T10:00:00Z" },
      status: { phase: "Running" },
    },
    { metadata: { name: "pool-2" } },
  ];
  const targets = await discover("pool-events", client({ rows: () => rows }), options);
  expect(targets).toEqual([
    { id: "pool-1", name: "gpu", status: "Running", createdAt: NOW, workspace: "0" },
    { id: "pool-2", workspace: "0" },
  ]);
});

test.each([
  [{ name: "prod-*" }, ["prod-a", "prod-b"]],
  [{ name: "prod-?" }, ["prod-a", "prod-b"]],
  [{ name: "prod.a" }, []],
  [{ status: ["Running"] }, ["prod-a", "dev"]],
  [{ status: ["failed"], name: "*" }, ["prod-b"]],
])("the filter %j", async (filter, expected) => {
  const rows = [
    { service_id: "1", service_name: "prod-a", status: "running" },
    { service_id: "2", service_name: "prod-b", status: "failed" },
    { service_id: "3", service_name: "dev", status: "running" },
  ];
  const targets = await discover("service-events", client({ rows: () => rows }), options);
  expect(targets.filter((target) => isWanted(target, filter)).map(({ name }) => name)).toEqual(expected);
});

const A = "a".repeat(4_000);
const names: [pattern: string, name: string, matches: boolean][] = [
  ["*", "", true],
  ["?", "", false],
  ["", "a", false],
  ["a", "a", true],
  ["a*", "a", true],
  ["*a", "ba", true],
  ["*ab", "aab", true],
  ["*a?c", "abcabc", true],
  ["a**b", "ab", true],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["prod.*", "prodx1", false],
  ["*\n?", "a\nb", true],
  ["*a*a*b", A, false],
  ["*a*a*b", `${A}b`, true],
  ["a*a*a*a*a*a*a*a*a*a*a*b", A, false],
  ["*a?a?a?a?a?b*", A.repeat(20), false],
];

test.each(names)("the name filter %j, whatever its stars, in bounded work", (name, text, matches) => {
  expect(isWanted({ id: "1", name: text }, { name })).toBe(matches);
});

test("an empty name is none", async () => {
  const request = async () => ({ total_count: 1, services: [{ service_id: "1", service_name: "" }] });
  expect(await discover("service-events", { request }, options)).toEqual([{ id: "1", workspace: "0" }]);
});

test("of long names no more is held than what is kept of them", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage = runInNewContext("gc") as () => void;
  const page = (offset: number) =>
    Array.from({ length: 1_000 }, (_, i) => `{"service_id":"s${offset + i}","service_name":"${"n".repeat(7_500)}"}`);
  const request = async ({ query }: CloudRequest) => {
    const offset = Number(query?.["offset"]);
    return JSON.parse(`{"total_count":10000,"services":[${offset < 10_000 ? page(offset).join() : ""}]}`);
  };
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const found = await discover("service-events", { request }, options);
  collectGarbage();
  const held = process.memoryUsage().heapUsed - before;
  expect(found).toHaveLength(10_000);
  expect(held).toBeLessThan(20 * 1_048_576);
});

test("Cloud Eye's one target is the project, and costs no request", async () => {
  const cloud = client({ rows: () => [] });
  expect(await discover("cloud-eye-events", cloud, options)).toEqual([{ id: "p1" }]);
  expect(cloud.requests).toHaveLength(0);
});

test("a list that breaks off is an error, not a shorter list", async () => {
  const stuck: CloudClient = {
    request: async () => ({ total: 500, items: Array.from({ length: 50 }, (_, i) => job(`j${i}`)) }),
  };
  await expect(discover("training-events", stuck, options)).rejects.toMatchObject({ kind: "paging" });
});

test.each([
  ["otc", "eu-de", "modelarts", "https://modelarts.eu-de.otc.t-systems.com"],
  ["otc", "eu-de", "ces", "https://ces.eu-de.otc.t-systems.com"],
  ["huaweicloud", "cn-north-4", "iam", "https://iam.cn-north-4.myhuaweicloud.com"],
  ["huaweicloud", "ap-southeast-1", "modelarts", "https://modelarts.ap-southeast-1.myhuaweicloud.cn"],
  ["huaweicloud", "ap-southeast-1", "ces", "https://ces.ap-southeast-1.myhuaweicloud.com"],
] as const)("%s %s %s lives at %s", (cloud, region, name, url) => {
  expect(endpointOf({ cloud, region }, name)).toBe(url);
});

test("a configured endpoint wins, and a custom cloud needs one", () => {
  const endpoints = { ces: "https://ces.example/base/" };
  expect(endpointOf({ cloud: "otc", region: "eu-de", endpoints }, "ces")).toBe("https://ces.example/base");
  expect(() => endpointOf({ cloud: "custom", region: "x", endpoints }, "iam")).toThrow("set endpoints.iam");
});

test("the same three services for every offset are three, whatever their total", async () => {
  const services = ["a", "b", "c"].map((service_id) => ({ service_id }));
  const stuck: CloudClient = { request: async () => ({ total_count: 9, count: 3, services }) };
  const targets = await discover("service-events", stuck, options);
  expect(targets.map(({ id }) => id)).toEqual(["a", "b", "c"]);
});
