// Pages of the sources: what is emitted of lists that are long, cut, repeated or counted wrong, and
// what an idle poll costs then.
import { describe, expect, test } from "vitest";
import { poolEvents } from "../../../lib/sources/pool-events/pool-events.ts";
import { serviceEvents } from "../../../lib/sources/service-events.ts";
import { trainingEvents } from "../../../lib/sources/training-events.ts";
import { always, at, FLOOR, item, MINUTE, NOW } from "../rows.ts";
import { type Cloud, createCloud, createPoller, poll, serviceRow, trainingRow } from "../support.ts";

test.each(["record", "page"] as const)(
  "2,500 events of one instant, twins among them, with an offset in %ss",
  async (offset) => {
    const rows = Array.from({ length: 2_500 }, (_, i) =>
      always(NOW - 9, serviceRow(NOW - 9, i % 2 ? "twin" : `e${i}`)),
    );
    const cloud = createCloud({ offset }, { now: NOW, events: [always(NOW - 10, serviceRow(NOW - 10)), ...rows] });
    const poller = createPoller();
    await poll(serviceEvents, cloud, poller, at);
    expect(poller.emitted).toHaveLength(2_501);
    expect(new Set(poller.emitted.map(({ id }) => id)).size).toBe(2_501);
  },
);

test("a backlog is read in whole pages, oldest first, and remembers no more than a page of it", async () => {
  const rows = Array.from({ length: 12_000 }, (_, i) =>
    always(NOW - 86_400_000 + i * 100, serviceRow(NOW - 86_400_000 + i * 100)),
  );
  const cloud = createCloud({}, { now: NOW, events: rows });
  const poller = createPoller();
  await poll(serviceEvents, cloud, poller, { ...at, floor: NOW - 2 * 86_400_000, slice: 90, dieAfter: 100 });
  expect(poller.emitted.length).toBeGreaterThan(8_000);
  expect(poller.cursor!.seen.length).toBeLessThan(40_000);
  await poll(serviceEvents, cloud, poller, at);
  expect(poller.emitted.map(({ time }) => Date.parse(time))).toEqual(rows.map(({ t }) => t));
  expect(cloud.requests.length).toBeLessThan(20);
});

test("a full page that is given for every offset is reported, and is an error since there may be more", async () => {
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
  expect([service.emitted.length, pool.emitted.length]).toEqual([1000, 500]);
  for (const { cursor } of [service, pool]) expect(cursor).toMatchObject({ readTo: FLOOR, from: FLOOR });
});

test("what comes after a moment that cannot be read whole is emitted with the rest", async () => {
  const burst = Array.from({ length: 1_200 }, (_, i) => always(NOW - 50, serviceRow(NOW - 50, `e${i}`)));
  const after = always(NOW - 10, serviceRow(NOW - 10, "after"));
  const cloud = createCloud({ offset: "ignored" }, { now: NOW, events: [...burst, after] });
  const poller = createPoller();
  await expect(poll(serviceEvents, cloud, poller, at)).rejects.toMatchObject({ kind: "paging" });
  expect(poller.emitted).toHaveLength(1_001);
  expect(poller.emitted.at(-1)!.message).toBe("after");
});

describe.each(["record", "page", "ignored"] as const)("a total that is too large, an offset in %ss", (offset) => {
  test.each([
    ["service events", serviceEvents, serviceRow],
    ["training events in the wrong order", trainingEvents, trainingRow],
  ] as const)("%s are emitted once, and cost one request while nothing changes", async (_, source, row) => {
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
    expect(poller.emitted).toHaveLength(11);
    expect([costs[1], costs[2], costs[4], costs[5]]).toEqual([1, 1, 1, 1]);
    expect([commits[2], commits[5]]).toEqual([commits[0], commits[3]]);
  });
});

test("what a page cut short, unchanged and with the same wrong total hides is emitted within the hour", async () => {
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
  expect(poller.emitted).toHaveLength(11);
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
  expect(poller.emitted).toHaveLength(2);
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
    expect(poller.emitted.map(({ message }) => message)).toContain("new");
  },
);
