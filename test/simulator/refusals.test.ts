// What the documents do not allow is refused, by every call, in its own API's words.
import { expect, test } from "vitest";
import { type Harness, simulator, T0 } from "./harness.ts";

const EVENTS = "/v1/{p}/services/s-1/events";
const POOL = "/v1/{p}/events?resource=pools&name=pool-1";
const JOB = "/v2/{p}/training-jobs/j-1/events";
const CES = "/V1.0/{p}/events";
const DETAIL = "/V1.0/{p}/event/rebootServer?event_type=EVENT.SYS";

async function filled(): Promise<Harness> {
  const harness = await simulator();
  harness.sim.world.addService({ service_id: "s-1", service_name: "one" });
  harness.sim.world.addPool({ id: "pool-1", name: "train" });
  harness.sim.world.addJob({ id: "j-1", name: "job" });
  return harness;
}

test.each([
  ["an event type that does not exist", `${EVENTS}?event_type=error`],
  ["an event type in the wrong case", `${EVENTS}?event_type=Normal`],
  ["a start that is no number", `${EVENTS}?start_time=yesterday`],
  ["a start after the end", `${EVENTS}?start_time=2&end_time=1`],
  ["a limit of 0", `${EVENTS}?limit=0`],
  ["a limit over 1000", `${EVENTS}?limit=1001`],
  ["a negative offset", `${EVENTS}?offset=-1`],
  ["another field to sort by", `${EVENTS}?sort_by=event_type`],
  ["an order that does not exist", `${EVENTS}?order=newest`],
  ["a parameter no document knows", `${EVENTS}?event_typ=normal`],
  ["a parameter given twice", `${EVENTS}?limit=1&limit=2`],
  ["an update time that is no number", "/v1/{p}/services/s-1/logs?update_time=x"],
  ["pool events of no resource", "/v1/{p}/events?name=pool-1"],
  ["pool events of another resource", "/v1/{p}/events?resource=nodes&name=pool-1"],
  ["pool events without a name", "/v1/{p}/events?resource=pools"],
  ["a pool limit over 500", `${POOL}&limit=501`],
  ["a pool event type in lower case", `${POOL}&type=warning`],
  ["a pool since in milliseconds", `${POOL}&since=${T0}`],
  ["a pool order that is no boolean", `${POOL}&ascend=yes`],
  ["a mark that was never given out", `${POOL}&continue=52eddc13-cfad-42d3-aee4-92fea5813e7f`],
  ["a training start without an end", `${JOB}?start_time=1`],
  ["a training end without a start", `${JOB}?end_time=1`],
  ["a training limit of 0", `${JOB}?limit=0`],
  ["a training limit over 100", `${JOB}?limit=101`],
  ["two training levels at once", `${JOB}?level=Info,Error`],
  ["a training source that does not exist", `${JOB}?source=Pod`],
  ["a pattern over 256 characters", `${JOB}?pattern=${"x".repeat(257)}`],
  ["a service status that does not exist", "/v1/{p}/services?status=broken"],
  ["a pool status that does not exist", "/v2/{p}/pools?status=Running"],
])("ModelArts refuses %s with 400", async (_, path) => {
  const { get } = await filled();
  expect(await get(path)).toMatchObject({
    status: 400,
    body: { error_code: "ModelArts.50004000", error_msg: expect.any(String) },
  });
});

test.each([
  ["from in seconds", `${CES}?from=1605952700`],
  ["to with fourteen digits", `${CES}?to=16059527009110`],
  ["from equal to to", `${CES}?from=${T0}&to=${T0}`],
  ["from after to", `${CES}?from=${T0}&to=${T0 - 1}`],
  ["a limit of 0", `${CES}?limit=0`],
  ["a limit over 100", `${CES}?limit=101`],
  ["an event type that does not exist", `${CES}?event_type=SYS`],
  ["details without an event type", "/V1.0/{p}/event/rebootServer"],
  ["a level as the tables spell it", `${DETAIL}&event_level=Informational`],
  ["a state that does not exist", `${DETAIL}&event_state=ok`],
])("Cloud Eye refuses %s with 400", async (_, path) => {
  const { get } = await filled();
  expect(await get(path)).toMatchObject({
    status: 400,
    body: { http_code: "400", message: { code: "ces.0014", details: expect.any(String) } },
  });
});

test.each([
  ["a limit over 50", { limit: 51 }, "ModelArts.50004000"],
  ["a limit as text", { limit: "10" }, "ModelArts.50004000"],
  ["a negative offset", { offset: -1 }, "ModelArts.50004000"],
  ["another field to sort by", { sort_by: "name" }, "ModelArts.50004000"],
  ["filters that are no list", { filters: { key: "phase" } }, "ModelArts.50004000"],
  ["an unknown filter key", { filters: [{ key: "status", operator: "in", value: ["Running"] }] }, "ModelArts.2807"],
  ["a key of every object", { filters: [{ key: "constructor", operator: "in", value: ["a"] }] }, "ModelArts.2807"],
  [
    "an operator of every object",
    { filters: [{ key: "phase", operator: "toString", value: ["a"] }] },
    "ModelArts.2808",
  ],
  ["an unknown filter operator", { filters: [{ key: "phase", operator: "eq", value: ["Running"] }] }, "ModelArts.2808"],
  [
    "a filter value that is no list",
    { filters: [{ key: "phase", operator: "in", value: "Running" }] },
    "ModelArts.2809",
  ],
])("the search for jobs refuses %s", async (_, body, code) => {
  const { post } = await filled();
  expect(await post("/v2/{p}/training-job-searches", body)).toMatchObject({ status: 400, body: { error_code: code } });
});

test.each([
  ["a service that is not there", "/v1/{p}/services/s-2/events", 404, { error_code: "ModelArts.0102" }],
  ["update logs of a service that is not there", "/v1/{p}/services/s-2/logs", 404, { error_code: "ModelArts.0102" }],
  [
    "a pool that is not there",
    "/v1/{p}/events?resource=pools&name=nope",
    404,
    { error_code: "ModelArts.50015001", error_msg: "Pool nope not found." },
  ],
  ["a training job that is not there", "/v2/{p}/training-jobs/j-2/events", 400, { error_code: "ModelArts.2775" }],
  [
    "another project at ModelArts",
    "/v1/ffffffffffffffffffffffffffffffff/services",
    403,
    { error_code: "ModelArts.0210" },
  ],
  ["another project at Cloud Eye", "/V1.0/ffffffffffffffffffffffffffffffff/events", 403, { http_code: "403" }],
  ["an API that is not there", "/v9/{p}/things", 404, { error_code: "APIGW.0101" }],
  ["the wrong case of V1.0", "/v1.0/{p}/events", 404, { error_code: "APIGW.0101" }],
])("asking for %s is answered in its API's words", async (_, path, status, body) => {
  const { get } = await filled();
  expect(await get(path)).toMatchObject({ status, body });
});

test("a missing permission is a 403 of the service that says which one", async () => {
  const { get, sim } = await filled();
  sim.setSwitches({ forbidden: ["service-events", "cloud-eye-events", "projects"] });
  expect(await get(EVENTS)).toMatchObject({
    status: 403,
    body: { error_code: "ModelArts.2785", error_msg: expect.stringContaining("modelarts:service:getEvents") },
  });
  expect(await get(CES)).toMatchObject({
    status: 403,
    body: { message: { details: expect.stringContaining("ces:events:list") } },
  });
  expect(await get("/v3/projects")).toMatchObject({ status: 403, body: { error: { code: 403, title: "Forbidden" } } });
  expect(await get("/v1/{p}/services")).toMatchObject({ status: 200 });
});

test("without the detail API, Cloud Eye's gateway does not know it", async () => {
  const { get, sim } = await filled();
  sim.setSwitches({ cloudEyeDetail: "absent" });
  expect(await get(DETAIL)).toMatchObject({
    status: 404,
    body: { error_code: "APIGW.0101", request_id: expect.any(String) },
  });
});
