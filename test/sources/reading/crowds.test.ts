// Items equal in every identifying field, thousands of them: emitted once, counted together, and their growth, too.
import { expect, test } from "vitest";
import { poolEvents } from "../../../lib/sources/pool-events/pool-events.ts";
import { serviceUpdates } from "../../../lib/sources/service-updates/service-updates.ts";
import { createPoller, iso, poll } from "../support.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const MINUTE = 60_000;
const at = { now: NOW, floor: NOW - 60 * MINUTE };
const item = (count = 1, last = NOW - MINUTE) => ({
  type: "Warning",
  reason: "NodeDown",
  message: "a node is down",
  firstTimestamp: iso(NOW - MINUTE),
  lastTimestamp: iso(last),
  count,
});

test("a crowd of equal pool items is one event, and what comes thereafter is emitted by number", async () => {
  let items = Array.from({ length: 4_000 }, () => item());
  const client = { request: async () => ({ items }) };
  const poller = createPoller();
  const emitted = () => poller.emitted.map(({ count }) => count);
  await poll(poolEvents, client, poller, at);
  expect(emitted()).toEqual([4_000]);
  await poll(poolEvents, client, poller, { ...at, now: NOW + MINUTE });
  expect(emitted()).toEqual([4_000]);
  items = [...items.slice(1), item(3, NOW + MINUTE), item()];
  await poll(poolEvents, client, poller, { ...at, now: NOW + 2 * MINUTE });
  expect(emitted()).toEqual([4_000, 3]);
  // The API forgets most of them, and one is new.
  items = [item(), item(3, NOW + MINUTE), item(1, NOW + 3 * MINUTE)];
  await poll(poolEvents, client, poller, { ...at, now: NOW + 4 * MINUTE });
  expect(emitted()).toEqual([4_000, 3, 1]);
  expect(new Set(poller.emitted.map(({ id }) => id)).size).toBe(3);
});

test("two hundred equal ones are told apart as ever", async () => {
  const items = Array.from({ length: 200 }, () => item());
  const poller = createPoller();
  await poll(poolEvents, { request: async () => ({ items }) }, poller, at);
  expect(poller.emitted.map(({ count }) => count)).toEqual(items.map(() => 1));
});

test("of thousands of update logs of one time two hundred are emitted, and once that there are more", async () => {
  const logs = Array.from({ length: 5_000 }, (_, number) => ({
    update_time: NOW,
    result: number % 2 === 0 ? "FAIL" : `RUNNING ${number}`,
    config: [],
  }));
  const client = { request: async () => ({ logs }) };
  const poller = createPoller();
  await poll(serviceUpdates, client, poller, at);
  expect(poller.emitted).toHaveLength(200);
  expect(poller.batches[0]!.malformed).toMatchObject([{ reason: "update_time: more than 200 logs have this one" }]);
  await poll(serviceUpdates, client, poller, { ...at, now: NOW + MINUTE });
  expect(poller.emitted).toHaveLength(200);
});
