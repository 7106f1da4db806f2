// Ordered faults hit the requests they are for, as often as ordered, and nothing else.
import { expect, test } from "vitest";
import type { Fault } from "../../lib/simulator/faults.ts";
import { simulator } from "./harness.ts";

const LIST = "/v1/{p}/services";
const CES = "/V1.0/{p}/events";

test.each([
  ["500 of ModelArts", LIST, { kind: "status", status: 500 }, 500, { error_code: "ModelArts.0010" }],
  ["429 of ModelArts", LIST, { kind: "status", status: 429, retryAfter: 7 }, 429, { error_code: "ModelArts.2799" }],
  ["408 of Cloud Eye", CES, { kind: "status", status: 408 }, 408, { http_code: "408" }],
  ["503 of IAM", "/v3/projects", { kind: "status", status: 503 }, 503, { error: { code: 503 } }],
] satisfies [string, string, Fault, number, object][])("%s, once", async (_, path, fault: Fault, status, body) => {
  const { get, sim } = await simulator({ faults: [{ ...fault, next: 1 }] });
  const failed = await get(path);
  expect(failed).toMatchObject({ status, body });
  expect(failed.headers.get("Retry-After")).toBe(
    fault.kind === "status" && fault.retryAfter ? String(fault.retryAfter) : null,
  );
  expect((await get(path)).status).toBe(200);
  expect(sim.seen.map((request) => request.status)).toEqual([status, 200]);
});

test.each([
  ["the connection is reset", { kind: "reset" }],
  ["the answer is cut", { kind: "cut" }],
  ["the answer is a page for people", { kind: "html" }],
] satisfies [string, Fault][])("%s", async (_, fault) => {
  const { get, sim } = await simulator();
  sim.setFaults([fault]);
  await expect(get(LIST)).rejects.toThrow();
  sim.setFaults([]);
  expect((await get(LIST)).status).toBe(200);
});

test("a slow answer takes its time and is then the right one", async () => {
  const { get, clock } = await simulator({ faults: [{ kind: "slow", ms: 30_000 }] });
  const before = clock.now();
  expect((await get(LIST)).status).toBe(200);
  expect(clock.now() - before).toBe(30_000);
});

test("wrong types: in the first item, or instead of the list", async () => {
  const { get, sim } = await simulator();
  for (const id of ["s-1", "s-2"]) sim.world.addService({ service_id: id, service_name: id });
  sim.setFaults([
    { kind: "wrong-types", part: "item", next: 1 },
    { kind: "wrong-types", part: "body", next: 1 },
  ]);
  const [first, second] = (await get(LIST)).body.services;
  expect(first.service_id).toBeTypeOf("object");
  expect(second.service_id).toBeTypeOf("string");
  expect((await get(LIST)).body.services).toBe("none");
});

test("only the calls and addresses they are for", async () => {
  const { get, sim } = await simulator();
  sim.setFaults([{ kind: "status", status: 500, on: ["services", "pools"], url: /limit=7/ }]);
  expect((await get(`${LIST}?limit=7`)).status).toBe(500);
  expect((await get(LIST)).status).toBe(200);
  expect((await get(`${CES}?limit=7`)).status).toBe(200);
  expect(sim.requests).toMatchObject({ services: 2, "cloud-eye-events": 1, pools: 0 });
});

test("by chance, the same ones for the same seed", async () => {
  const run = async (seed: number) => {
    const { get } = await simulator({ seed, faults: [{ kind: "status", status: 500, chance: 0.5 }] });
    const statuses: number[] = [];
    for (let i = 0; i < 20; i++) statuses.push((await get(LIST)).status);
    return statuses;
  };
  const first = await run(3);
  expect(new Set(first)).toEqual(new Set([200, 500]));
  expect(await run(3)).toEqual(first);
  expect(await run(4)).not.toEqual(first);
});
