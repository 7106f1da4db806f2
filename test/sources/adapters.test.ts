// Each source's own words: what its items become, what an idle poll costs, and what bad or hostile answers do to it.
import { describe, expect, test } from "vitest";
import { Event, SOURCE_KINDS } from "../../lib/model/event.ts";
import { CloudError } from "../../lib/sources/client.ts";
import { cloudEyeEvents } from "../../lib/sources/cloud-eye-events.ts";
import { createCloudClient } from "../../lib/sources/http.ts";
import { poolEvents } from "../../lib/sources/pool-events.ts";
import { sources } from "../../lib/sources/registry.ts";
import { serviceEvents } from "../../lib/sources/service-events.ts";
import { serviceUpdates } from "../../lib/sources/service-updates.ts";
import { trainingEvents } from "../../lib/sources/training-events.ts";
import {
  type Cloud,
  createCloud,
  createPoller,
  json,
  poll,
  serve,
  serviceRow,
  testClock,
  trainingRow,
} from "./support.ts";

const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const MINUTE = 60_000;
const FLOOR = NOW - 15 * MINUTE;
const at = { now: NOW, floor: FLOOR };

const always = (t: number, row: Record<string, unknown>) => ({ t, from: 0, row });
const item = (times: number[], more: Record<string, unknown> = {}) => ({
  times,
  row: {
    type: "Warning",
    reason: "PoolStatusChange",
    message: "Pool status changed, from Running to Abnormal.",
    ...more,
  },
});
const log = (t: number, result: string, more: Record<string, unknown> = {}) => ({
  update_time: t,
  result,
  config: [
    {
      model_name: "minst",
      model_version: "0.0.1",
      weight: 100,
      instance_count: 1,
      specification: "modelarts.vm.cpu.2u",
    },
  ],
  ...more,
});
function cloudEyeRow(
  time: number,
  event_id: string,
  event_name = "rebootServer",
  detail: Record<string, unknown> = {},
) {
  return { t: time, from: 0, row: { event_id, event_name, event_source: "SYS.ECS", time, detail } };
}
const full = {
  event_level: "Minor",
  resource_id: "r-1",
  resource_name: "ecs-prod-01",
  content: '{"a":1}',
  event_type: "EVENT.SYS",
};

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
  return cloud;
}

test("the registry holds every kind under its own name", () => {
  expect(Object.keys(sources)).toEqual([...SOURCE_KINDS]);
  for (const kind of SOURCE_KINDS) expect(sources[kind].kind).toBe(kind);
});

describe.each(SOURCE_KINDS)("%s", (kind) => {
  test("tells once, in the shape of the contract, and then costs one request and no write", async () => {
    const cloud = busy();
    if (kind === "training-events") cloud.world.events.shift();
    if (kind === "service-events") cloud.world.events.pop();
    const poller = createPoller();
    await poll(sources[kind], cloud, poller, at);
    expect(poller.told.map((event) => Event.parse(event))).toHaveLength(1);
    expect(poller.told[0]).toMatchObject({
      source: kind,
      time: "2026-11-20T09:59:00.000Z",
      labels: { env: "test" },
      late: 0,
    });
    for (const now of [NOW + MINUTE, NOW + 30 * MINUTE]) {
      cloud.world.now = now;
      cloud.requests.length = 0;
      const { commits } = poller;
      await poll(sources[kind], cloud, poller, { ...at, now });
      expect([cloud.requests.length, poller.commits - commits, poller.told.length]).toEqual([1, 0, 1]);
    }
  });

  test("a first poll that finds nothing is still remembered", async () => {
    const poller = createPoller();
    await poll(sources[kind], createCloud(), poller, at);
    expect(poller.commits).toBe(1);
    expect(poller.cursor).toMatchObject({ floor: FLOOR, readTo: NOW });
  });

  test("an answer of another shape is an error, an empty list is none", async () => {
    for (const body of [[], "text", 1, null, {}, { events: 7, items: 7, logs: 7 }]) {
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
    expect(poller.told.map(({ level, type, reason }) => [level, type, reason])).toEqual([
      ["error", "abnormal", null],
      ["normal", "normal", null],
      ["warning", "odd", null],
    ]);
    expect(poller.told[0]).toMatchObject({
      text: "failed to pull image",
      resource: { type: "service", id: "s1", name: "svc" },
    });
  });

  test("training events, whose times carry a zone and whose windows carry both ends", async () => {
    const rows = ["Info", "Warning", "Error"].map((level) => trainingRow(NOW, "m", level));
    const cloud = createCloud({}, { now: NOW, events: rows.map((row) => always(NOW, row)) });
    const poller = createPoller();
    await poll(trainingEvents, cloud, poller, at);
    expect(poller.told.map(({ level, time }) => [level, time])).toEqual(
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
    expect(poller.told.map(({ level, type, reason, message }) => [level, type, reason, message])).toEqual([
      ["normal", "SUCCESS", "SUCCESS", "Update SUCCESS: minst 0.0.1 (weight 100, 1 × modelarts.vm.cpu.2u)"],
      ["error", "FAIL", "FAIL", "Update FAIL: m"],
    ]);
    expect(JSON.stringify([poller.told, poller.cursor])).not.toContain("hunter2");
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
    expect(poller.told.map(({ level, type, reason, message }) => [level, type, reason, message])).toEqual([
      ["warning", "EVENT.SYS", "rebootServer", "ECS restarted (ecs-prod-01)"],
      ["error", "EVENT.SYS", "startAutoRecovery", "Restart triggered due to hardware fault"],
      ["warning", "EVENT.SYS", "my event/1", "my event/1: disk is full"],
      ["normal", "EVENT.SYS", "x", "x"],
    ]);
    expect(poller.told[0]!.resource).toEqual({ type: "SYS.ECS", id: "r-1", name: "ecs-prod-01" });
    expect(poller.told[1]!.resource).toEqual({ type: "project", id: "p", name: "p" });
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

  test("never fail a page: reported once with the reason, then remembered, and the good ones are told", async () => {
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
    expect(poller.told).toHaveLength(6);
    for (const event of poller.told) expect(Buffer.byteLength(JSON.stringify(event))).toBeLessThanOrEqual(16_384);
    expect(poller.told.map(({ truncated = false, future = false }) => [truncated, future])).toEqual([
      [true, false],
      [false, false],
      [false, false],
      [true, false],
      [false, false],
      [false, true],
    ]);
    expect(poller.told.every(({ message }) => message.isWellFormed())).toBe(true);
    expect(poller.cursor!.readTo).toBe(NOW);
    await poll(serviceEvents, client, poller, { ...at, now: NOW + MINUTE });
    expect(poller.told).toHaveLength(6);
  });

  test("a late event says how late", async () => {
    const cloud = createCloud({}, { now: NOW, events: [always(NOW - 5 * MINUTE, serviceRow(NOW - 5 * MINUTE))] });
    const poller = createPoller();
    await poll(serviceEvents, cloud, poller, at);
    expect(poller.told[0]!.late).toBe(300);
  });
});

describe("pages", () => {
  test.each(["record", "page"] as const)(
    "2,500 events of one instant, twins among them, with an offset in %ss",
    async (offset) => {
      const rows = Array.from({ length: 2_500 }, (_, i) =>
        always(NOW - 9, serviceRow(NOW - 9, i % 2 ? "twin" : `e${i}`)),
      );
      const cloud = createCloud({ offset }, { now: NOW, events: [always(NOW - 10, serviceRow(NOW - 10)), ...rows] });
      const poller = createPoller();
      await poll(serviceEvents, cloud, poller, at);
      expect(poller.told).toHaveLength(2_501);
      expect(new Set(poller.told.map(({ id }) => id)).size).toBe(2_501);
    },
  );

  test("a backlog is read in whole pages, oldest first, and remembers no more than a page of it", async () => {
    const rows = Array.from({ length: 12_000 }, (_, i) =>
      always(NOW - 86_400_000 + i * 100, serviceRow(NOW - 86_400_000 + i * 100)),
    );
    const cloud = createCloud({}, { now: NOW, events: rows });
    const poller = createPoller();
    await poll(serviceEvents, cloud, poller, { ...at, floor: NOW - 2 * 86_400_000, slice: 90, dieAfter: 100 });
    expect(poller.told.length).toBeGreaterThan(8_000);
    expect(poller.cursor!.seen.length).toBeLessThan(40_000);
    await poll(serviceEvents, cloud, poller, at);
    expect(poller.told.map(({ time }) => Date.parse(time))).toEqual(rows.map(({ t }) => t));
    expect(cloud.requests.length).toBeLessThan(20);
  });

  test("a full page that is given for every offset is told, and is an error since there may be more", async () => {
    const rows = Array.from({ length: 1000 }, (_, i) => serviceRow(NOW - 9, `e${i}`));
    const stuck = { request: async () => ({ total_count: 3_000, events: rows }) };
    const service = createPoller();
    const items = Array.from({ length: 500 }, (_, i) => ({
      type: "Normal",
      message: `m${i}`,
      lastTimestamp: "2026-11-20T09:59:00Z",
    }));
    const endless = { request: async () => ({ metadata: { continue: "again" }, items }) };
    const pool = createPoller();
    for (const now of [NOW, NOW + MINUTE]) {
      const later = { ...at, now };
      await expect(poll(serviceEvents, stuck, service, later)).rejects.toMatchObject({ kind: "paging" });
      await expect(poll(poolEvents, endless, pool, later)).rejects.toMatchObject({ kind: "paging" });
    }
    expect([service.told.length, pool.told.length]).toEqual([1000, 500]);
    for (const { cursor } of [service, pool]) expect(cursor).toMatchObject({ readTo: FLOOR, from: FLOOR });
  });

  test("what comes after a moment that cannot be read whole is told with the rest", async () => {
    const burst = Array.from({ length: 1_200 }, (_, i) => always(NOW - 50, serviceRow(NOW - 50, `e${i}`)));
    const after = always(NOW - 10, serviceRow(NOW - 10, "after"));
    const cloud = createCloud({ offset: "ignored" }, { now: NOW, events: [...burst, after] });
    const poller = createPoller();
    await expect(poll(serviceEvents, cloud, poller, at)).rejects.toMatchObject({ kind: "paging" });
    expect(poller.told).toHaveLength(1_001);
    expect(poller.told.at(-1)!.message).toBe("after");
  });

  describe.each(["record", "page", "ignored"] as const)("a total that is too large, an offset in %ss", (offset) => {
    test.each([
      ["service events", serviceEvents, serviceRow],
      ["training events in the wrong order", trainingEvents, trainingRow],
    ] as const)("%s are told once, and cost one request while nothing changes", async (_, source, row) => {
      const cloud = createCloud({ offset, totals: "inflated", ignoresOrder: source === trainingEvents }, { now: NOW });
      cloud.world.events = Array.from({ length: 10 }, (_, i) => {
        const t = NOW - 100_000 + i * 7_000;
        return always(t, row(t, `e${i % 9}`));
      });
      const poller = createPoller();
      const costs: number[] = [];
      const commits: number[] = [];
      for (const minute of [0, 1, 2, 3, 4, 5]) {
        const now = NOW + minute * MINUTE;
        if (minute === 3) cloud.world.events.push(always(now - 1, row(now - 1, "new")));
        cloud.world.now = now;
        cloud.requests.length = 0;
        await poll(source, cloud, poller, { ...at, now });
        costs.push(cloud.requests.length);
        commits.push(poller.commits);
      }
      expect(poller.told).toHaveLength(11);
      expect([costs[1], costs[2], costs[4], costs[5]]).toEqual([1, 1, 1, 1]);
      expect([commits[2], commits[5]]).toEqual([commits[0], commits[3]]);
    });
  });

  test("what a page cut short, unchanged and with the same wrong total hides is told within the hour", async () => {
    const cloud = createCloud({ offset: "record", cap: 10 }, { now: NOW });
    const rows = Array.from({ length: 10 }, (_, i) => always(NOW - 10 + i, serviceRow(NOW - 10 + i, `e${i}`)));
    cloud.world.events = rows;
    const client: Pick<Cloud, "request"> = {
      request: async (request) => ({ ...((await cloud.request(request)) as object), total_count: 500 }),
    };
    const poller = createPoller();
    for (let minute = 0; minute <= 70; minute++) {
      cloud.world.now = NOW + minute * MINUTE;
      if (minute === 2) cloud.world.events = [...rows, always(cloud.world.now, serviceRow(cloud.world.now, "hidden"))];
      await poll(serviceEvents, client, poller, { ...at, now: cloud.world.now });
    }
    expect(poller.told).toHaveLength(11);
  });

  test("a short pool page whose token leads nowhere costs a second request once, and again only when the page changes", async () => {
    const cloud = createCloud({ pool: "loop" }, { now: NOW, pool: [item([NOW - MINUTE])] });
    const poller = createPoller();
    const costs: number[] = [];
    for (const now of [NOW, NOW + 1, NOW + 2, NOW + 3]) {
      if (now === NOW + 2) cloud.world.pool.push(item([NOW + 2], { reason: "PoolResourcesStatusChange" }));
      cloud.world.now = now;
      cloud.requests.length = 0;
      await poll(poolEvents, cloud, poller, { ...at, now });
      costs.push(cloud.requests.length);
    }
    expect(costs).toEqual([2, 1, 2, 1]);
    expect(poller.told).toHaveLength(2);
  });

  test.each(["s", "ms"] as const)(
    "a week of more pool events than a page holds is asked for once (since in %s)",
    async (unit) => {
      const old = Array.from({ length: 1_700 }, (_, i) =>
        item([NOW - 9 * 86_400_000 + i * 400_000], { message: `m${i}` }),
      );
      const cloud = createCloud({ since: { unit, by: "last" } }, { now: NOW, pool: old });
      const poller = createPoller();
      const costs: number[] = [];
      for (const now of [NOW, NOW + MINUTE, NOW + 2 * MINUTE, NOW + 3 * MINUTE]) {
        cloud.world.now = now;
        cloud.requests.length = 0;
        await poll(poolEvents, cloud, poller, { ...at, now });
        costs.push(cloud.requests.length);
      }
      expect(costs.slice(-2)).toEqual([1, 1]);
      cloud.world.pool.push(item([NOW + 4 * MINUTE], { message: "new" }));
      cloud.world.now = NOW + 5 * MINUTE;
      await poll(poolEvents, cloud, poller, { ...at, now: cloud.world.now });
      expect(poller.told.map(({ message }) => message)).toContain("new");
    },
  );
});

describe("what changes in place", () => {
  test("a pool item that grew by three is one event of three, one that began before the floor tells its last only", async () => {
    const cloud = createCloud({}, { now: NOW });
    const growing = item([NOW - MINUTE]);
    cloud.world.pool = [growing, item([FLOOR - MINUTE, FLOOR + MINUTE], { message: "older" })];
    const poller = createPoller();
    await poll(poolEvents, cloud, poller, at);
    growing.times.push(NOW + 1_000, NOW + 2_000, NOW + 3_000);
    cloud.world.now = NOW + MINUTE;
    await poll(poolEvents, cloud, poller, { ...at, now: NOW + MINUTE });
    expect(poller.told.map(({ count, time }) => [count, time])).toEqual([
      [1, "2026-11-20T09:46:00.000Z"],
      [1, "2026-11-20T09:59:00.000Z"],
      [3, "2026-11-20T10:00:03.000Z"],
    ]);
  });

  test("an update that ran since before the floor is told when it fails, at a time no earlier than the last read", async () => {
    let result = "RUNNING";
    const cloud = createCloud({}, { now: NOW, logs: () => [log(FLOOR - 3_600_000, result)] });
    const poller = createPoller();
    await poll(serviceUpdates, cloud, poller, at);
    expect(poller.told).toHaveLength(0);
    result = "FAIL";
    await poll(serviceUpdates, cloud, poller, { ...at, now: NOW + MINUTE });
    expect(poller.told).toMatchObject([{ type: "FAIL", level: "error", time: "2026-11-20T10:00:00.000Z", late: 0 }]);
  });

  test("Cloud Eye asks for the details of changed rows only, and moves its window once an hour between equal answers", async () => {
    const cloud = createCloud({}, { now: NOW });
    cloud.world.cloudEye = [cloudEyeRow(NOW - 2, "a", "one", full), cloudEyeRow(NOW - 1, "b", "two", full)];
    const poller = createPoller();
    const costs: [number, number][] = [];
    for (let minute = 0; minute <= 240; minute += 10) {
      const now = NOW + minute * MINUTE;
      if (minute === 20) cloud.world.cloudEye.push(cloudEyeRow(now - 1, "c", "two", full));
      cloud.world.now = now;
      cloud.requests.length = 0;
      const { commits } = poller;
      await poll(cloudEyeEvents, cloud, poller, { ...at, now });
      costs.push([cloud.requests.length, poller.commits - commits]);
    }
    expect(costs.slice(0, 4)).toEqual([
      [3, 1],
      [1, 0],
      [2, 1],
      [1, 0],
    ]);
    expect(costs.filter(([requests]) => requests > 1)).toHaveLength(4);
    expect(poller.told.map(({ data }) => data["event_id"])).toEqual(["a", "b", "c"]);
  });

  test("Cloud Eye: one name whose details fail holds back none of the others, and is told once they are there", async () => {
    const cloud = createCloud({}, { now: NOW });
    cloud.world.cloudEye = [cloudEyeRow(NOW - 2, "a", "one", full), cloudEyeRow(NOW - 1, "b", "two", full)];
    let broken = true;
    const client: Pick<Cloud, "request"> = {
      async request(request) {
        if (broken && request.path.endsWith("/event/one")) throw new CloudError("server", "HTTP 500");
        return cloud.request(request);
      },
    };
    const poller = createPoller();
    await expect(poll(cloudEyeEvents, client, poller, at)).rejects.toMatchObject({ kind: "server" });
    expect(poller.told.map(({ reason }) => reason)).toEqual(["two"]);
    broken = false;
    await poll(cloudEyeEvents, client, poller, { ...at, now: NOW + 200 * MINUTE });
    expect(poller.told.map(({ reason }) => reason)).toEqual(["two", "one"]);
  });

  test("Cloud Eye: a count that runs ahead of its details is asked for again, a few minutes later and no more than twice", async () => {
    const cloud = createCloud({}, { now: NOW });
    cloud.world.cloudEye = [cloudEyeRow(NOW - 2, "a", "one", full), cloudEyeRow(NOW - 1, "b", "one", full)];
    let there = 1;
    const client: Pick<Cloud, "request"> = {
      async request(request) {
        const answer = (await cloud.request(request)) as { event_info?: unknown[] };
        return answer.event_info ? { event_info: answer.event_info.slice(-there) } : answer;
      },
    };
    const late = createPoller();
    const never = createPoller();
    const told: number[] = [];
    const costs: number[] = [];
    for (let minute = 0; minute <= 30; minute++) {
      there = minute < 2 ? 1 : 2;
      await poll(cloudEyeEvents, client, late, { ...at, now: NOW + minute * MINUTE });
      told.push(late.told.length);
      there = 1;
      cloud.requests.length = 0;
      await poll(cloudEyeEvents, client, never, { ...at, now: NOW + minute * MINUTE });
      costs.push(cloud.requests.length);
    }
    expect(told.slice(0, 4)).toEqual([1, 1, 2, 2]);
    expect(costs.flatMap((requests, minute) => (requests > 1 ? [minute] : []))).toEqual([0, 2, 10]);
    expect([late.told.length, never.told.length]).toEqual([2, 1]);
  });

  test("Cloud Eye: a name of which no details ever come is told by its number, and once they do come, not again", async () => {
    const cloud = createCloud({}, { now: NOW });
    cloud.world.cloudEye = [cloudEyeRow(NOW - 2, "a", "one", full), cloudEyeRow(NOW - 1, "b", "one", full)];
    let there = false;
    const client: Pick<Cloud, "request"> = {
      async request(request) {
        return request.path.includes("/event/") && !there ? { event_info: [] } : cloud.request(request);
      },
    };
    const poller = createPoller();
    for (const minute of [0, 1, 2, 3, 10, 11]) {
      await poll(cloudEyeEvents, client, poller, { ...at, now: NOW + minute * MINUTE });
    }
    expect(poller.told).toMatchObject([{ reason: "one", count: 2, time: "2026-11-20T09:59:59.999Z" }]);
    there = true;
    cloud.world.now = NOW + 12 * MINUTE;
    cloud.world.cloudEye.push(cloudEyeRow(cloud.world.now, "c", "one", full));
    await poll(cloudEyeEvents, client, poller, { ...at, now: cloud.world.now });
    expect(poller.told.map(({ data }) => data["event_id"])).toEqual([undefined, "c"]);
  });

  test.each([
    ["details of another name are none of a row's", "a"],
    ["details without a name, the same for every row, are one event", null],
  ])("Cloud Eye: %s", async (_, event_name) => {
    const { row } = cloudEyeRow(NOW - 1, "ev1", "a", full);
    const client: Pick<Cloud, "request"> = {
      async request({ path }) {
        if (path.includes("/event/")) return { event_info: [{ ...row, event_name }] };
        const events = ["a", "b"].map((name) => ({ event_name: name, event_count: 1, latest_occur_time: NOW - 1 }));
        return { events };
      },
    };
    const poller = createPoller();
    for (const now of [NOW, NOW + MINUTE]) await poll(cloudEyeEvents, client, poller, { ...at, now });
    expect(poller.told.map(({ reason, data }) => [reason, data["event_id"]])).toEqual([["a", "ev1"]]);
  });

  test("Cloud Eye: a full page of details that is given for every offset is told, and is an error", async () => {
    const rows = Array.from({ length: 100 }, (_, i) => cloudEyeRow(NOW - 9, `id${i}`, "one", full).row);
    const client: Pick<Cloud, "request"> = {
      async request({ path }) {
        if (path.includes("/event/")) return { event_info: rows };
        return { events: [{ event_name: "one", event_count: 120, latest_occur_time: NOW - 9 }] };
      },
    };
    const poller = createPoller();
    for (const now of [NOW, NOW + MINUTE]) {
      await expect(poll(cloudEyeEvents, client, poller, { ...at, now })).rejects.toMatchObject({ kind: "paging" });
    }
    expect(poller.told).toHaveLength(100);
    expect(poller.cursor).toMatchObject({ readTo: FLOOR, from: FLOOR });
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
  });
  await expect(poll(trainingEvents, client, createPoller(), { ...at, target: { id: "a/b" } })).rejects.toMatchObject({
    kind: "not-found",
  });
  expect(server.requests[0]!.url).toMatch(/^\/v2\/p\/training-jobs\/a%2Fb\/events\?start_time=/);
  await server.close();
});
