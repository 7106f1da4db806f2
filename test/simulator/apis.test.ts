// What each call answers: filters, orders, pages and windows as the documents say, and as the switches have it.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { CloudEyeEvent, ServiceEvent } from "../../lib/simulator/shapes.ts";
import { type Harness, simulator, T0 } from "./harness.ts";

const EVENTS = "/v1/{p}/services/s-1/events";
const POOL = "/v1/{p}/events?resource=pools&name=pool-1";
const JOB = "/v2/{p}/training-jobs/j-1/events";
const CES = "/V1.0/{p}/events";

/** Five events a second apart from T0 on, every second one abnormal, with a twin of the third. */
function* fiveAndATwin(): Generator<ServiceEvent> {
  for (let i = 0; i < 5; i++) {
    const event = {
      occur_time: T0 + i * 1000,
      event_type: i % 2 ? "abnormal" : "normal",
      event_info: `event ${i}`,
    } as const;
    yield event;
    if (i === 2) yield { ...event };
  }
}

async function service(options: Parameters<typeof simulator>[0] = {}): Promise<Harness> {
  const harness = await simulator(options);
  harness.sim.world.addService({ service_id: "s-1", service_name: "one" });
  harness.sim.world.addServiceEvents("s-1", fiveAndATwin());
  return harness;
}

test.each([
  ["all, newest first", "", [4, 3, 2, 2, 1, 0], 6],
  ["all, oldest first", "?order=asc", [0, 1, 2, 2, 3, 4], 6],
  ["abnormal ones only", "?event_type=abnormal", [3, 1], 2],
  ["a window with both its ends", `?order=asc&start_time=${T0 + 1000}&end_time=${T0 + 3000}`, [1, 2, 2, 3], 4],
  ["abnormal ones in a window", `?event_type=abnormal&start_time=${T0 + 2000}`, [3], 1],
  ["those with a text", "?event_info=event%203", [3], 1],
  ["nothing in an empty window", `?start_time=${T0 + 9000}`, [], 0],
  ["the first page", "?order=asc&limit=2", [0, 1], 6],
  ["the third page", "?order=asc&limit=2&offset=2", [3, 4], 6],
  ["nothing behind the last page", "?limit=2&offset=3", [], 6],
])("service events: %s", async (_, query, numbers, total) => {
  const { get } = await service();
  const { body } = await get(EVENTS + query);
  expect(body.events.map((event: ServiceEvent) => Number(event.event_info.slice(6)))).toEqual(numbers);
  expect(body).toMatchObject({ service_id: "s-1", service_name: "one", count: numbers.length, total_count: total });
});

test("service events: with records as offsets, offset=1 skips one", async () => {
  const { get } = await service({ switches: { serviceOffset: "record" } });
  const { body } = await get(`${EVENTS}?order=asc&limit=2&offset=1`);
  expect(body.events.map((event: ServiceEvent) => event.event_info)).toEqual(["event 1", "event 2"]);
});

test("service events: with exclusive bounds, those on them are outside", async () => {
  const { get } = await service({ switches: { bounds: "exclusive" } });
  const { body } = await get(`${EVENTS}?start_time=${T0}&end_time=${T0 + 4000}`);
  expect(body.total_count).toBe(4);
});

test("a hundred thousand events of one service are all read once, page by page", async () => {
  const { sim, get } = await simulator();
  sim.world.addService({ service_id: "s-1", service_name: "one" });
  function* many(): Generator<ServiceEvent> {
    for (let i = 0; i < 100_000; i++)
      yield { occur_time: T0 + Math.floor(i / 7), event_type: "normal", event_info: `event ${i}` };
  }
  sim.world.addServiceEvents("s-1", many());
  const seen = new Set<string>();
  for (let page = 0; page < 100; page++) {
    const { body } = await get(`${EVENTS}?order=asc&offset=${page}&start_time=${T0}`);
    for (const event of body.events) seen.add(event.event_info);
  }
  expect(seen.size).toBe(100_000);
});

test("update logs: all of them newest first, their results changing in place, or exactly one", async () => {
  const { sim, get } = await service();
  sim.world.addUpdateLog("s-1", { update_time: T0, result: "SUCCESS", config: [] });
  const running = sim.world.addUpdateLog("s-1", { update_time: T0 + 1, result: "RUNNING", config: [] });
  const logs = async (query = "") =>
    (await get(`/v1/{p}/services/s-1/logs${query}`)).body.logs.map((log: { result: string }) => log.result);
  expect(await logs()).toEqual(["RUNNING", "SUCCESS"]);
  running.result = "FAIL";
  expect(await logs()).toEqual(["FAIL", "SUCCESS"]);
  expect(await logs(`?update_time=${T0}`)).toEqual(["SUCCESS"]);
});

async function pool(options: Parameters<typeof simulator>[0] = {}): Promise<Harness> {
  const harness = await simulator(options);
  harness.sim.world.addPool({ id: "pool-1", name: "train" });
  for (let i = 0; i < 5; i++) {
    harness.sim.world.addPoolEvent("pool-1", {
      type: i % 2 ? "Warning" : "Normal",
      reason: "PoolStatusChange",
      message: `event ${i}`,
      time: T0 + i * 1000,
    });
  }
  return harness;
}
const messages = (body: { items: { message: string }[] }) => body.items.map((item) => Number(item.message.slice(6)));

test.each([
  ["newest first by default", "", [4, 3, 2, 1, 0]],
  ["ascending", "&ascend=true", [0, 1, 2, 3, 4]],
  ["warnings only", "&type=Warning", [3, 1]],
  ["a window in seconds with both its ends", `&since=${T0 / 1000 + 1}&until=${T0 / 1000 + 3}`, [3, 2, 1]],
  ["a limit of 0 as no limit", "&limit=0", [4, 3, 2, 1, 0]],
])("pool events: %s", async (_, query, numbers) => {
  const { get } = await pool();
  const { body } = await get(POOL + query);
  expect(messages(body)).toEqual(numbers);
  expect(body.metadata).toEqual({});
});

test("pool events: pages go on by a mark, and what comes in between shifts nothing", async () => {
  const { sim, get } = await pool();
  const first = (await get(`${POOL}&limit=2`)).body;
  expect(first.metadata).toEqual({ continue: expect.stringMatching(/^[0-9a-f-]{36}$/), remainingItemCount: 3 });
  sim.world.addPoolEvent("pool-1", { type: "Normal", reason: "PoolStatusChange", message: "event 9", time: T0 + 9000 });
  const second = (await get(`${POOL}&limit=2&continue=${first.metadata.continue}`)).body;
  const third = (await get(`${POOL}&limit=2&continue=${second.metadata.continue}`)).body;
  expect([first, second, third].flatMap(messages)).toEqual([4, 3, 2, 1, 0]);
  expect(third.metadata).toEqual({});
});

test("pool events: pages by offset, with a total", async () => {
  const { get } = await pool({ switches: { poolPaging: "offset" } });
  const { body } = await get(`${POOL}&limit=2&offset=4&continue=ignored`);
  expect(messages(body)).toEqual([0]);
  expect(body).toMatchObject({ total: 5 });
  expect(body).not.toHaveProperty("metadata");
});

test("pool events: a repeated one grows in place and moves to its new time", async () => {
  const { sim, get } = await pool();
  const event = sim.world.addPoolEvent("pool-1", {
    type: "Warning",
    reason: "PoolResourcesStatusChange",
    message: "event 7",
    time: T0 - 5000,
  });
  sim.world.growPoolEvent("pool-1", event, 3, T0 + 60_000);
  const { body } = await get(`${POOL}&type=Warning`);
  expect(body.items[0]).toMatchObject({
    count: 4,
    firstTimestamp: "2026-11-20T09:59:55Z",
    lastTimestamp: "2026-11-20T10:01:00Z",
  });
  expect(messages(body)).toEqual([7, 3, 1]);
});

test("pool events: since in milliseconds where the switch says so", async () => {
  const { get } = await pool({ switches: { poolTime: "ms" } });
  expect(messages((await get(`${POOL}&since=${T0 + 4000}`)).body)).toEqual([4]);
});

async function job(): Promise<Harness> {
  const harness = await simulator();
  harness.sim.world.addJob({ id: "j-1", name: "job-1" });
  const levels = ["Info", "Warning", "Error", "Info"] as const;
  const sources = ["K8S", "Job", "Job", "K8s"] as const;
  harness.sim.world.addTrainingEvents(
    "j-1",
    levels.map((level, i) => ({ time: T0 + i * 1000 + 700, level, source: sources[i]!, message: `event ${i}` })),
  );
  return harness;
}

test.each([
  ["newest first by default", "", [3, 2, 1, 0]],
  ["ascending", "?order=asc", [0, 1, 2, 3]],
  ["one level", "?level=Error", [2]],
  ["one source, in any case", "?source=K8S", [3, 0]],
  ["those with a text", "?pattern=event%201", [1]],
  ["a window, cut to whole seconds", `?start_time=${T0 + 1900}&end_time=${T0 + 2100}`, [2, 1]],
  ["from the third record on", "?order=asc&offset=2&limit=1", [2]],
])("training events: %s", async (_, query, numbers) => {
  const { get } = await job();
  const { body } = await get(JOB + query);
  expect(body.events.map((event: { message: string }) => Number(event.message.slice(6)))).toEqual(numbers);
});

test("training events: times are whole seconds at +08:00, also those asked for", async () => {
  const { get } = await job();
  const { body } = await get(`${JOB}?start_time=${T0}&end_time=${T0 + 999}`);
  expect(body).toMatchObject({
    total: 1,
    limit: 50,
    offset: 0,
    start_time: "2026-11-20T18:00:00+08:00",
    end_time: "2026-11-20T18:00:00+08:00",
  });
  expect(body.events[0].time).toBe("2026-11-20T18:00:00+08:00");
});

function cloudEye(
  name: string,
  time: number,
  detail: Partial<CloudEyeEvent["detail"]> = {},
  source = "SYS.ECS",
): CloudEyeEvent {
  return {
    event_id: `ev${name}${time}`,
    event_name: name,
    event_source: source,
    time,
    detail: {
      content: "{}",
      group_id: "",
      resource_id: "r-1",
      resource_name: "ecs",
      event_state: "normal",
      event_level: "Minor",
      event_user: "",
      event_type: "EVENT.SYS",
      dimensions: [],
      ...detail,
    },
  };
}

async function cloud(options: Parameters<typeof simulator>[0] = {}): Promise<Harness> {
  const harness = await simulator(options);
  harness.sim.world.addCloudEyeEvents([
    cloudEye("rebootServer", T0 - 3000),
    cloudEye(
      "rebootServer",
      T0 - 1000,
      { event_level: "Major", event_state: "warning", event_user: "alice" },
      "SYS.BMS",
    ),
    cloudEye("rebootServer", T0 - 86_400_001),
    cloudEye("deleteVolume", T0 - 2000, {}, "SYS.EVS"),
    cloudEye("event 001", T0 - 500, { event_type: "EVENT.CUSTOM" }, "TEST.System"),
  ]);
  return harness;
}

test.each([
  ["a row per name in the last day, newest first", "", ["event 001 1", "rebootServer 2", "deleteVolume 1"]],
  ["one type", "?event_type=EVENT.CUSTOM", ["event 001 1"]],
  ["one name", "?event_name=rebootServer", ["rebootServer 2"]],
  ["counts within the window", `?from=${T0 - 1000}&to=${T0}`, ["event 001 1", "rebootServer 1"]],
  ["a window longer ago", `?from=${T0 - 172_800_000}&to=${T0 - 86_400_000}`, ["rebootServer 1"]],
  ["records from start on", "?start=1&limit=1", ["rebootServer 2"]],
])("Cloud Eye events: %s", async (_, query, rows) => {
  const { get } = await cloud();
  const { body } = await get(CES + query);
  expect(
    body.events.map((row: { event_name: string; event_count: number }) => `${row.event_name} ${row.event_count}`),
  ).toEqual(rows);
});

test("Cloud Eye events: start counts pages where the switch says so, and the row has its newest source", async () => {
  const { get } = await cloud({ switches: { cloudEyeStart: "page" } });
  const { body } = await get(`${CES}?event_type=EVENT.SYS&start=0&limit=1`);
  expect(body).toEqual({
    events: [
      {
        event_name: "rebootServer",
        event_type: "EVENT.SYS",
        event_count: 2,
        latest_occur_time: T0 - 1000,
        latest_event_source: "SYS.BMS",
      },
    ],
    meta_data: { total: 2 },
  });
  expect((await get(`${CES}?event_type=EVENT.SYS&start=1&limit=1`)).body.events).toMatchObject([
    { event_name: "deleteVolume" },
  ]);
});

test.each([
  ["all of the last day, newest first", "", [T0 - 1000, T0 - 3000]],
  ["one source", "&event_source=SYS.ECS", [T0 - 3000]],
  ["one level", "&event_level=Major", [T0 - 1000]],
  ["one state", "&event_state=warning", [T0 - 1000]],
  ["one user", "&event_user=alice", [T0 - 1000]],
  ["from a record on", "&start=1&limit=1", [T0 - 3000]],
  ["a window", `&from=${T0 - 86_400_001}&to=${T0 - 3000}`, [T0 - 3000, T0 - 86_400_001]],
])("details of a Cloud Eye event: %s", async (_, query, times) => {
  const { get } = await cloud();
  const { body } = await get(`/V1.0/{p}/event/rebootServer?event_type=EVENT.SYS${query}`);
  expect(body.event_info.map((event: CloudEyeEvent) => event.time)).toEqual(times);
});

test("details of a Cloud Eye event: a name with a space, and one that never happened", async () => {
  const { get } = await cloud();
  expect((await get("/V1.0/{p}/event/event%20001?event_type=EVENT.CUSTOM")).body).toMatchObject({
    event_sources: ["TEST.System"],
    meta_data: { total: 1 },
  });
  expect((await get("/V1.0/{p}/event/other?event_type=EVENT.SYS")).body).toMatchObject({
    event_info: [],
    meta_data: { total: 0 },
  });
});

const SHAPES = [
  ["service-events.json", EVENTS],
  ["service-updates.json", "/v1/{p}/services/s-1/logs"],
  ["pool-events.json", `${POOL}&limit=1`],
  ["training-events.json", `${JOB}?start_time=${T0}&end_time=${T0 + 60_000}`],
  ["cloud-eye-events.json", CES],
  ["cloud-eye-event-detail.json", "/V1.0/{p}/event/rebootServer?event_type=EVENT.SYS"],
  ["services.json", "/v1/{p}/services"],
] as const;

test.each(SHAPES)(
  "the answer has everything that the document's example in events/%s has, of the same types",
  async (file, path) => {
    const { sim, get } = await simulator();
    sim.world.addService({ service_id: "s-1", service_name: "one" });
    sim.world.addServiceEvents("s-1", fiveAndATwin());
    const config = [
      { model_version: "1", specification: "s", model_name: "m", weight: 100, model_id: "id", instance_count: 1 },
    ];
    sim.world.addUpdateLog("s-1", { update_time: T0, result: "SUCCESS", config });
    sim.world.addPool({ id: "pool-1", name: "train" });
    for (const time of [T0, T0]) sim.world.addPoolEvent("pool-1", { type: "Normal", reason: "r", message: "m", time });
    sim.world.addJob({ id: "j-1", name: "job" });
    sim.world.addTrainingEvents("j-1", [{ time: T0, level: "Info", source: "Job", message: "m" }]);
    sim.world.addCloudEyeEvents([cloudEye("rebootServer", T0 - 1, { dimensions: [{ name: "n", value: "v" }] })]);
    const sample = JSON.parse(readFileSync(new URL(`../../events/${file}`, import.meta.url), "utf8"));
    expect(shapeOf((await get(path)).body)).toMatchObject(shapeOf(sample) as object);
  },
);

/** Names and types; of a list, its first item. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, shapeOf(field)]));
}
