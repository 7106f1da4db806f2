// Each source's own words: what its items become, what an idle poll costs, and what bad or hostile answers do to it.
import { beforeAll, describe, expect, test } from "vitest";
import { createRedactor } from "../../lib/config/secrets/redactor.ts";
import { Event } from "../../lib/model/event.ts";
import { isCheck, SOURCE_KINDS, type SourceKind } from "../../lib/model/source-kinds.ts";
import { createCloudClient } from "../../lib/sources/cloud/http.ts";
import { cloudEyeEvents } from "../../lib/sources/cloud-eye-events/cloud-eye-events.ts";
import { poolEvents } from "../../lib/sources/pool-events/pool-events.ts";
import { sources } from "../../lib/sources/registry.ts";
import { serviceEvents } from "../../lib/sources/service-events.ts";
import { serviceUpdates } from "../../lib/sources/service-updates/service-updates.ts";
import { trainingEvents } from "../../lib/sources/training-events.ts";
import { always, at, cloudEyeRow, FLOOR, full, item, log, MINUTE, NOW } from "./rows.ts";
import {
  type Cloud,
  createCloud,
  createPoller,
  endpointAt,
  json,
  poll,
  serve,
  serviceRow,
  testClock,
  trainingRow,
} from "./support.ts";

/** The moment of the one event that `busy` has of a kind: a check sees a state when it looks. */
const timeOf = (kind: SourceKind) => new Date(isCheck(kind) ? NOW : NOW - MINUTE).toISOString();

/** A cloud in which every kind has something in its window. */
function busy(): Cloud {
  const cloud = createCloud();
  cloud.world.now = NOW;
  cloud.world.events = [
    always(NOW - MINUTE, serviceRow(NOW - MINUTE)),
    always(NOW - MINUTE, trainingRow(NOW - MINUTE)),
  ];
  cloud.world.pool = [item([NOW - MINUTE])];
  cloud.world.logs = () => [log(NOW - MINUTE, "RUNNING")];
  cloud.world.cloudEye = [cloudEyeRow(NOW - MINUTE, "ev1", "rebootServer", full)];
  cloud.world.lists = {
    services: [{ service_id: "s1", service_name: "ocr", status: "failed" }],
    pools: [{ metadata: { name: "p1" }, status: { phase: "Running" } }],
    jobs: [{ metadata: { id: "j1", name: "train" }, status: { phase: "Running" } }],
  };
  return cloud;
}

test("the registry holds every kind under its own name", () => {
  expect(Object.keys(sources)).toEqual([...SOURCE_KINDS]);
  for (const kind of SOURCE_KINDS) expect(sources[kind].kind).toBe(kind);
});

describe.each(SOURCE_KINDS)("%s", (kind) => {
  const asked: string[] = [];
  /** What is asked beside the cloud. */
  const scope = { endpoints: async () => [endpointAt(endpoint)] };
  let endpoint: string;

  beforeAll(async () => {
    const server = await serve((request, response) => {
      asked.push(request.url!);
      json(response, 200, { ok: true });
    });
    endpoint = server.url;
    return server.close;
  });

  test("emits once, in the shape of the contract, and then costs one request and no write", async () => {
    const cloud = busy();
    if (kind === "training-events") cloud.world.events.shift();
    if (kind === "service-events") cloud.world.events.pop();
    const poller = createPoller();
    await poll(sources[kind], cloud, poller, { ...at, scope });
    expect(poller.emitted.map((event) => Event.parse(event))).toHaveLength(1);
    expect(poller.emitted[0]).toMatchObject({
      source: kind,
      time: timeOf(kind),
      labels: { env: "test" },
      late: 0,
    });
    for (const now of [NOW + MINUTE, NOW + 30 * MINUTE]) {
      cloud.world.now = now;
      cloud.requests.length = 0;
      asked.length = 0;
      const { commits } = poller;
      await poll(sources[kind], cloud, poller, { ...at, now, scope });
      expect([cloud.requests.length + asked.length, poller.commits - commits, poller.emitted.length]).toEqual([
        1, 0, 1,
      ]);
    }
  });

  test("a first poll that finds nothing is still remembered", async () => {
    const poller = createPoller();
    await poll(sources[kind], createCloud(), poller, at);
    expect(poller.commits).toBe(1);
    expect(poller.cursor).toMatchObject({ floor: FLOOR, readTo: NOW });
  });

  if (kind === "http") return;
  test("an answer of another shape is an error, an empty list is none", async () => {
    for (const body of [[], "text", 1, null, {}, { events: 7, items: 7, logs: 7, services: 7 }]) {
      const client = { request: async () => body };
      await expect(poll(sources[kind], client, createPoller(), at)).rejects.toMatchObject({ kind: "malformed" });
    }
    const empty = { request: async () => ({ events: null, items: null, logs: null, event_info: null }) };
    await poll(sources[kind], empty, createPoller(), at);
  });
});

describe("levels, types, reasons and resources", () => {
  test("service events", async () => {
    const rows = [
      serviceRow(NOW - 2, "Failed to pull image", "abnormal"),
      serviceRow(NOW - 1),
      serviceRow(NOW, "x", "odd"),
    ];
    const cloud = createCloud({}, { now: NOW, events: rows.map((row) => always(row.occur_time, row)) });
    const poller = createPoller();
    await poll(serviceEvents, cloud, poller, { ...at, target: { id: "s1", name: "svc" } });
    expect(poller.emitted.map(({ level, type, reason }) => [level, type, reason])).toEqual([
      ["error", "abnormal", null],
      ["normal", "normal", null],
      ["warning", "odd", null],
    ]);
    expect(poller.emitted[0]).toMatchObject({
      text: "failed to pull image",
      resource: { type: "service", id: "s1", name: "svc" },
    });
  });

  test("training events, whose times carry a zone and whose windows carry both ends", async () => {
    const rows = ["Info", "Warning", "Error"].map((level) => trainingRow(NOW, "m", level));
    const cloud = createCloud({}, { now: NOW, events: rows.map((row) => always(NOW, row)) });
    const poller = createPoller();
    await poll(trainingEvents, cloud, poller, at);
    expect(poller.emitted.map(({ level, time }) => [level, time])).toEqual(
      ["normal", "warning", "error"].map((level) => [level, "2026-11-20T10:00:00.000Z"]),
    );
    expect(cloud.requests[0]).toMatchObject({ headers: { "X-Language": "en-us" } });
    expect(cloud.requests[0]!.query).toHaveProperty("end_time");
  });

  test("update logs, without the environment of their models", async () => {
    const secret = {
      config: [{ model_name: "m", envs: { DB: "hunter2" }, deep: [{ envs: "hunter2", api_key: "hunter2" }] }],
    };
    const cloud = createCloud({}, { now: NOW, logs: () => [log(NOW - 2, "SUCCESS"), log(NOW - 1, "FAIL", secret)] });
    const poller = createPoller();
    await poll(serviceUpdates, cloud, poller, at);
    expect(poller.emitted.map(({ level, type, reason, message }) => [level, type, reason, message])).toEqual([
      ["normal", "SUCCESS", "SUCCESS", "Update SUCCESS: minst 0.0.1 (weight 100, 1 × modelarts.vm.cpu.2u)"],
      ["error", "FAIL", "FAIL", "Update FAIL: m"],
    ]);
    expect(JSON.stringify([poller.emitted, poller.cursor])).not.toContain("hunter2");
  });

  test("Cloud Eye: the event's own level, else the catalogue's, else a warning", async () => {
    const cloud = createCloud({}, { now: NOW });
    cloud.world.cloudEye = [
      cloudEyeRow(NOW - 4, "a", "rebootServer", full),
      cloudEyeRow(NOW - 3, "b", "startAutoRecovery", { event_level: null }),
      cloudEyeRow(NOW - 2, "c", "my event/1", { content: "disk is full" }),
      cloudEyeRow(NOW - 1, "d", "x", { event_level: "Informational" }),
    ];
    const poller = createPoller();
    await poll(cloudEyeEvents, cloud, poller, { ...at, target: { id: "p" } });
    expect(poller.emitted.map(({ level, type, reason, message }) => [level, type, reason, message])).toEqual([
      ["warning", "EVENT.SYS", "rebootServer", "ECS restarted (ecs-prod-01)"],
      ["error", "EVENT.SYS", "startAutoRecovery", "Restart triggered due to hardware fault"],
      ["warning", "EVENT.SYS", "my event/1", "my event/1: disk is full"],
      ["normal", "EVENT.SYS", "x", "x"],
    ]);
    expect(poller.emitted[0]!.resource).toEqual({ type: "SYS.ECS", id: "r-1", name: "ecs-prod-01" });
    expect(poller.emitted[1]!.resource).toEqual({ type: "project", id: "p", name: "p" });
  });

  test("only what is abnormal is asked for where one request can", async () => {
    const cloud = busy();
    await poll(serviceEvents, cloud, createPoller(), { ...at, levels: "abnormal" });
    await poll(poolEvents, cloud, createPoller(), { ...at, levels: "abnormal" });
    expect(cloud.requests.map(({ query }) => query!["event_type"] ?? query!["type"])).toEqual(["abnormal", "Warning"]);
  });
});

describe("bad items", () => {
  const bad = [
    null,
    7,
    "text",
    {},
    { occur_time: null, event_type: "normal", event_info: "a" },
    { occur_time: NOW - 5, event_type: 3, event_info: "b", password: "hunter2" },
    { occur_time: "soon", event_type: "normal", event_info: "c" },
    { occur_time: -1, event_type: "normal", event_info: "d" },
    { occur_time: NOW - 4, event_type: "normal" },
  ];

  test("never fail a page: reported once with the reason, then remembered, and the good ones are emitted", async () => {
    const rows = [...bad, serviceRow(NOW - 3), { ...serviceRow(NOW - 2), occur_time: `${NOW - 2}` }];
    const client = { request: async () => ({ total_count: `${rows.length}`, events: rows }) };
    const poller = createPoller();
    await poll(serviceEvents, client, poller, at);
    const [first] = poller.batches;
    expect(first!.stats).toEqual({ fetched: 11, seen: 0, malformed: 9 });
    expect(first!.found).toHaveLength(2);
    expect(first!.malformed.map(({ reason }) => reason)).toContainEqual(expect.stringContaining("occur_time"));
    expect(JSON.stringify(first!.malformed)).not.toContain("hunter2");
    await poll(serviceEvents, client, poller, { ...at, now: NOW + MINUTE });
    expect(poller.batches[0]!.stats).toEqual({ fetched: 11, seen: 11, malformed: 0 });
  });

  test("a pool item without any time, and a Cloud Eye row without a count, are told apart", async () => {
    const poolClient = { request: async () => ({ items: [{ type: "Normal", message: "m" }, null] }) };
    const poller = createPoller();
    await poll(poolEvents, poolClient, poller, at);
    expect(poller.batches[0]!.malformed.map(({ reason }) => reason)).toContainEqual(
      expect.stringContaining("lastTimestamp"),
    );
    const eye = { request: async () => ({ events: [{ event_name: "a", latest_occur_time: NOW }], meta_data: {} }) };
    await poll(cloudEyeEvents, eye, poller, at);
    expect(poller.batches[0]!.malformed[0]!.reason).toContain("event_count");
  });

  test("10 MB of text, lone surrogates, deep nesting, a year ahead and __proto__ become events of at most 16 KB", async () => {
    const rows = [
      { ...serviceRow(NOW - 5, `start ${"界".repeat(3_300_000)}`) },
      { ...serviceRow(NOW - 4, "a\ud800b"), more: "\udc00" },
      { ...serviceRow(NOW - 3), deep: JSON.parse(`${"[".repeat(5_000)}${"]".repeat(5_000)}`) },
      {
        ...serviceRow(NOW - 2),
        many: Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`k${i}`, "v".repeat(30)])),
      },
      JSON.parse(`{"occur_time":${NOW - 1},"event_type":"normal","event_info":"p","__proto__":{"x":1}}`),
      serviceRow(NOW + 365 * 86_400_000, "from the future"),
    ];
    const client = { request: async () => ({ total_count: rows.length, events: rows }) };
    const poller = createPoller();
    await poll(serviceEvents, client, poller, at);
    expect(poller.emitted).toHaveLength(6);
    for (const event of poller.emitted) expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(16_384);
    expect(poller.emitted.map(({ truncated = false, future = false }) => [truncated, future])).toEqual([
      [true, false],
      [false, false],
      [false, false],
      [true, false],
      [false, false],
      [false, true],
    ]);
    expect(poller.emitted.every(({ message }) => message.isWellFormed())).toBe(true);
    expect(poller.cursor!.readTo).toBe(NOW);
    await poll(serviceEvents, client, poller, { ...at, now: NOW + MINUTE });
    expect(poller.emitted).toHaveLength(6);
  });

  test("a late event says how late", async () => {
    const cloud = createCloud({}, { now: NOW, events: [always(NOW - 5 * MINUTE, serviceRow(NOW - 5 * MINUTE))] });
    const poller = createPoller();
    await poll(serviceEvents, cloud, poller, at);
    expect(poller.emitted[0]!.late).toBe(300);
  });
});

test("a deleted job is not found, over a real connection", async () => {
  const server = await serve((_, response) =>
    json(response, 400, { error_code: "ModelArts.2775", error_msg: "not found" }),
  );
  const client = createCloudClient({
    connection: {
      cloud: "custom",
      region: "r",
      projectId: "p",
      auth: { token: "t" },
      endpoints: { modelarts: server.url },
    },
    clock: testClock(NOW),
    random: () => 0,
    redactor: createRedactor(),
  });
  await expect(poll(trainingEvents, client, createPoller(), { ...at, target: { id: "a b" } })).rejects.toMatchObject({
    kind: "not-found",
  });
  expect(server.requests[0]!.url).toMatch(/^\/v2\/p\/training-jobs\/a%20b\/events\?start_time=/);
  await server.close();
});
