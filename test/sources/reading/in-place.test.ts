// What the APIs change in place: pool items that grow, updates that settle, Cloud Eye rows and their details.
import { expect, test } from "vitest";
import { CloudError } from "../../../lib/sources/cloud/client.ts";
import { cloudEyeEvents } from "../../../lib/sources/cloud-eye-events/cloud-eye-events.ts";
import { poolEvents } from "../../../lib/sources/pool-events/pool-events.ts";
import { serviceUpdates } from "../../../lib/sources/service-updates/service-updates.ts";
import { at, cloudEyeRow, FLOOR, full, item, log, MINUTE, NOW } from "../rows.ts";
import { type Cloud, createCloud, createPoller, poll } from "../support.ts";

test("a pool item that grew by three is one event of three, one that began before the floor emits its last only", async () => {
  const cloud = createCloud({}, { now: NOW });
  const growing = item([NOW - MINUTE]);
  cloud.world.pool = [growing, item([FLOOR - MINUTE, FLOOR + MINUTE], { message: "older" })];
  const poller = createPoller();
  await poll(poolEvents, cloud, poller, at);
  growing.times.push(NOW + 1_000, NOW + 2_000, NOW + 3_000);
  cloud.world.now = NOW + MINUTE;
  await poll(poolEvents, cloud, poller, { ...at, now: NOW + MINUTE });
  expect(poller.emitted.map(({ count, time }) => [count, time])).toEqual([
    [1, "2026-11-20T09:46:00.000Z"],
    [1, "2026-11-20T09:59:00.000Z"],
    [3, "2026-11-20T10:00:03.000Z"],
  ]);
});

test("an update that ran since before the floor is emitted when it fails, at a time no earlier than the last read", async () => {
  let result = "RUNNING";
  const cloud = createCloud({}, { now: NOW, logs: () => [log(FLOOR - 3_600_000, result)] });
  const poller = createPoller();
  await poll(serviceUpdates, cloud, poller, at);
  expect(poller.emitted).toHaveLength(0);
  result = "FAIL";
  await poll(serviceUpdates, cloud, poller, { ...at, now: NOW + MINUTE });
  expect(poller.emitted).toMatchObject([{ type: "FAIL", level: "error", time: "2026-11-20T10:00:00.000Z", late: 0 }]);
});

test("of two updates of one moment, the one that ran is emitted as it ends, whatever was shown too late of the other", async () => {
  const model = (model_name: string) => ({ config: [{ model_name }] });
  let logs = [log(NOW, "RUNNING", model("m2"))];
  const cloud = createCloud({}, { now: NOW, logs: () => logs });
  const poller = createPoller();
  const later = (minutes: number) => poll(serviceUpdates, cloud, poller, { ...at, now: NOW + minutes * MINUTE });
  await later(0);
  await later(100);
  logs = [log(NOW, "FAIL", model("m1")), log(NOW, "RUNNING", model("m2"))];
  await later(200);
  logs = [log(NOW, "FAIL", model("m1")), log(NOW, "FAIL", model("m2"))];
  await later(201);
  const emitted = poller.emitted.map(({ type, message }) => `${type} ${message}`);
  expect(emitted.at(-1)).toMatch(/^FAIL .*m2/);
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
  expect(poller.emitted.map(({ data }) => data["event_id"])).toEqual(["a", "b", "c"]);
});

test("Cloud Eye: one name whose details fail holds back none of the others, and is emitted once they are there", async () => {
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
  expect(poller.emitted.map(({ reason }) => reason)).toEqual(["two"]);
  broken = false;
  await poll(cloudEyeEvents, client, poller, { ...at, now: NOW + 200 * MINUTE });
  expect(poller.emitted.map(({ reason }) => reason)).toEqual(["two", "one"]);
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
  const emitted: number[] = [];
  const costs: number[] = [];
  for (let minute = 0; minute <= 30; minute++) {
    there = minute < 2 ? 1 : 2;
    await poll(cloudEyeEvents, client, late, { ...at, now: NOW + minute * MINUTE });
    emitted.push(late.emitted.length);
    there = 1;
    cloud.requests.length = 0;
    await poll(cloudEyeEvents, client, never, { ...at, now: NOW + minute * MINUTE });
    costs.push(cloud.requests.length);
  }
  expect(emitted.slice(0, 4)).toEqual([1, 1, 2, 2]);
  expect(costs.flatMap((requests, minute) => (requests > 1 ? [minute] : []))).toEqual([0, 2, 10]);
  expect(late.emitted).toHaveLength(2);
  // Better a number than nothing.
  expect(never.emitted.map(({ count, data }) => [count, data["event_id"] !== undefined])).toEqual([
    [1, true],
    [1, false],
  ]);
});

test("Cloud Eye: a name of which no details ever come is emitted by its number, and once they do come, not again", async () => {
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
  expect(poller.emitted).toMatchObject([{ reason: "one", count: 2, time: "2026-11-20T09:59:59.999Z" }]);
  there = true;
  cloud.world.now = NOW + 12 * MINUTE;
  cloud.world.cloudEye.push(cloudEyeRow(cloud.world.now, "c", "one", full));
  await poll(cloudEyeEvents, client, poller, { ...at, now: cloud.world.now });
  expect(poller.emitted.map(({ data }) => data["event_id"])).toEqual([undefined, "c"]);
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
  expect(poller.emitted.map(({ reason, data }) => [reason, data["event_id"]])).toEqual([["a", "ev1"]]);
});

test("Cloud Eye: a row that was emitted by its ids before a read died is not emitted again where details are gone", async () => {
  const cloud = createCloud({}, { now: NOW });
  cloud.world.cloudEye = [cloudEyeRow(NOW - 2, "a", "one", full), cloudEyeRow(NOW - 1, "b", "two", full)];
  const poller = createPoller();
  await poll(cloudEyeEvents, cloud, poller, { ...at, slice: 1, dieAfter: 1 });
  cloud.habits.detail = false;
  await poll(cloudEyeEvents, cloud, poller, at);
  expect(poller.emitted.map(({ reason }) => reason)).toEqual(["one", "two"]);
});

test("Cloud Eye: a full page of details that is given for every offset is reported, and is an error", async () => {
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
  expect(poller.emitted).toHaveLength(100);
  expect(poller.cursor).toMatchObject({ readTo: FLOOR, from: FLOOR });
});
