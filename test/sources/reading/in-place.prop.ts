// What APIs change in place or only count: pool items that grow, update logs that settle, Cloud Eye's window-relative
// counts. Whatever the paging, bounds, units and crashes, every occurrence is counted once.

import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sourceKinds } from "../../../lib/model/source-kinds.ts";
import { cloudEyeEvents } from "../../../lib/sources/cloud-eye-events/cloud-eye-events.ts";
import { poolEvents } from "../../../lib/sources/pool-events/pool-events.ts";
import { serviceUpdates } from "../../../lib/sources/service-updates/service-updates.ts";
import { createCloud, createPoller, poll } from "../support.ts";

const START = Date.parse("2026-11-20T10:00:00.000Z");
const FLOOR = START - 60_000;
const SECOND = 1_000;
const MINUTE = 60_000;

const polls = (longest: number) =>
  fc.array(
    fc.record({
      after: fc.integer({ min: 0, max: longest }),
      slice: fc.integer({ min: 1, max: 3 }),
      dieAfter: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
    }),
    { minLength: 1, maxLength: 12 },
  );

test("pool-events: the occurrences of growing items and their twins add up", async () => {
  const item = fc.record({
    text: fc.constantFrom("a", "b"),
    // In whole seconds, as the API shows them; the first few values make twins.
    first: fc.oneof(fc.constantFrom(0, 1, 5), fc.integer({ min: 0, max: 600 })),
    growth: fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 4 }),
  });
  const habits = fc.record({
    cap: fc.integer({ min: 4, max: 6 }),
    bounds: fc.constantFrom("inclusive" as const, "exclusive" as const),
    offset: fc.constantFrom("record" as const, "page" as const),
    pool: fc.constantFrom("continue" as const, "offset" as const),
    since: fc.record({
      unit: fc.constantFrom("s" as const, "ms" as const),
      by: fc.constantFrom("first" as const, "last" as const),
    }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(item, { maxLength: 10 }), polls(200_000), habits, async (items, steps, habit) => {
      // Pages that hold nothing but equals cannot be distinguished from a repeated page.
      const equals = Map.groupBy(items, ({ text, first }) => `${text}${first}`);
      fc.pre([...equals.values()].every((group) => group.length <= 3));
      const grown = items.map(({ text, first, growth }) => {
        const times = [START + first * SECOND];
        for (const gap of growth) times.push(times.at(-1)! + gap * SECOND);
        return { times, row: { type: "Warning", reason: "PoolStatusChange", message: text } };
      });
      const cloud = createCloud(habit, { pool: grown });
      const poller = createPoller();
      let now = START;
      for (const { after, slice, dieAfter } of steps) {
        now += after;
        cloud.world.now = now;
        await poll(poolEvents, cloud, poller, { now, floor: FLOOR, slice, ...(dieAfter && { dieAfter }) });
      }
      cloud.world.now = START + 3 * 3_600_000;
      await poll(poolEvents, cloud, poller, { now: cloud.world.now, floor: FLOOR });
      for (const text of ["a", "b"]) {
        const emitted = poller.emitted
          .filter((event) => event.message === text)
          .reduce((sum, event) => sum + event.count, 0);
        const happened = grown
          .filter(({ row }) => row.message === text)
          .reduce((sum, { times }) => sum + times.length, 0);
        expect(emitted).toBe(happened);
      }
      expect(new Set(poller.emitted.map(({ id }) => id)).size).toBe(poller.emitted.length);
    }),
    { numRuns: 100 },
  );
});

test("service-updates: every log is emitted as it was first seen and again when its result is known", async () => {
  const log = fc.record({
    at: fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: -300_000, max: 600_000 })),
    runs: fc.integer({ min: 0, max: 900_000 }),
    result: fc.constantFrom("SUCCESS", "FAIL"),
    model: fc.constantFrom("m1", "m2"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(log, { maxLength: 8 }), polls(300_000), async (logs, steps) => {
      const rows = (now: number) =>
        logs
          .filter(({ at }) => START + at <= now)
          .map(({ at, runs, result, model }) => ({
            update_time: START + at,
            result: now < START + at + runs ? "RUNNING" : result,
            config: [{ model_name: model, envs: { KEY: `${now}` } }],
          }))
          .sort((a, b) => (a.config[0]!.model_name < b.config[0]!.model_name ? 1 : -1));
      const cloud = createCloud({}, { logs: rows });
      const poller = createPoller();
      let now = START;
      const seenAt: number[] = [];
      for (const [i, { after, slice, dieAfter: die }] of steps.entries()) {
        now += after;
        cloud.world.now = now;
        // What ran before the floor is remembered with the last slice: here the first poll gets that far.
        const dieAfter = i === 0 ? undefined : die;
        await poll(serviceUpdates, cloud, poller, { now, floor: FLOOR, slice, ...(dieAfter && { dieAfter }) });
        seenAt.push(now);
      }
      now = START + 7_200_000;
      cloud.world.now = now;
      await poll(serviceUpdates, cloud, poller, { now, floor: FLOOR });
      // A result is emitted unless it was there, before the floor, when the target was first polled.
      for (const result of ["SUCCESS", "FAIL"]) {
        const emitted = poller.emitted.filter((event) => event.type === result).length;
        const due = logs.filter((one) => one.result === result);
        const news = due.filter(({ at, runs }) => START + at >= FLOOR || START + at + runs > seenAt[0]!);
        expect(emitted).toBe(news.length);
      }
      expect(new Set(poller.emitted.map(({ id }) => id)).size).toBe(poller.emitted.length);
      expect(JSON.stringify(poller.emitted)).not.toContain("KEY");
    }),
    { numRuns: 100 },
  );
});

const cloudEyeHistory = fc.array(
  fc.record({
    at: fc.oneof(fc.constantFrom(0, 1), fc.integer({ min: -200_000, max: 5 * 3_600_000 })),
    late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 70 * MINUTE })),
    name: fc.constantFrom("rebootServer", "deleteVolume", "event_001", "startAutoRecovery"),
  }),
  { maxLength: 15 },
);
const cloudEyeHabits = fc.record({
  bounds: fc.constantFrom("inclusive" as const, "exclusive" as const),
  offset: fc.constantFrom("record" as const, "page" as const),
  detailLag: fc.constantFrom(0, MINUTE, 10 * MINUTE),
});

function cloudEyeWorld(events: { at: number; late: number; name: string }[]) {
  return events.map(({ at, late, name }, i) => {
    const time = START + at;
    const detail = { event_level: "Major", resource_id: "r1", event_type: "EVENT.SYS" };
    return {
      t: time,
      from: time + late,
      row: { event_id: `ev${i}`, event_name: name, event_source: "SYS.ECS", time, detail },
    };
  });
}

test.each([true, false])("cloud-eye-events: every occurrence once, with its details: %s", async (detail) => {
  await fc.assert(
    fc.asyncProperty(cloudEyeHistory, polls(90 * MINUTE), cloudEyeHabits, async (events, steps, habit) => {
      const longest = sourceKinds["cloud-eye-events"].lateness - habit.detailLag;
      const inTime = events.map(({ late, ...event }) => ({ ...event, late: Math.min(late, longest) }));
      const shown = cloudEyeWorld(inTime).filter(({ t }) => detail || t !== FLOOR - 1);
      const cloud = createCloud({ ...habit, cap: 100, detail }, { cloudEye: shown });
      const poller = createPoller();
      let now = START;
      for (const { after, slice, dieAfter } of steps) {
        now += after;
        cloud.world.now = now;
        await poll(cloudEyeEvents, cloud, poller, { now, floor: FLOOR, slice, ...(dieAfter && { dieAfter }) });
      }
      now += 10 * 3_600_000;
      cloud.world.now = now;
      await poll(cloudEyeEvents, cloud, poller, { now, floor: FLOOR });
      const due = shown.filter(({ t }) => t >= FLOOR);
      const emitted = poller.emitted.reduce((sum, event) => sum + event.count, 0);
      expect(emitted).toBe(due.length);
      if (detail) {
        const ids = poller.emitted.map((event) => event.data["event_id"]).sort();
        expect(ids).toEqual(due.map(({ row }) => row.event_id).sort());
      }
    }),
    { numRuns: 100 },
  );
});

test("cloud-eye-events: details that come and go, also between two slices of a read that dies, change nothing in the count", async () => {
  const visible = fc.array(fc.boolean(), { minLength: 12, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(cloudEyeHistory, polls(20 * MINUTE), visible, async (events, steps, there) => {
      const shown = cloudEyeWorld(events.map((event) => ({ ...event, late: 0 })));
      const cloud = createCloud({}, { cloudEye: shown });
      const poller = createPoller();
      let now = START;
      for (const [i, { after, slice, dieAfter }] of steps.entries()) {
        now += after;
        cloud.world.now = now;
        cloud.habits.detail = there[i]!;
        await poll(cloudEyeEvents, cloud, poller, { now, floor: FLOOR, slice, ...(dieAfter && { dieAfter }) });
      }
      now += 10 * 3_600_000;
      cloud.world.now = now;
      await poll(cloudEyeEvents, cloud, poller, { now, floor: FLOOR });
      const emitted = poller.emitted.reduce((sum, event) => sum + event.count, 0);
      expect(emitted).toBe(shown.filter(({ t }) => t >= FLOOR).length);
    }),
    { numRuns: 100 },
  );
});

test("cloud-eye-events: details that come one by one, late or never lose no occurrence and repeat none", async () => {
  const lags = fc.array(fc.constantFrom(0, 5 * MINUTE, 15 * MINUTE, 50 * MINUTE, Number.POSITIVE_INFINITY), {
    minLength: 15,
    maxLength: 15,
  });
  await fc.assert(
    fc.asyncProperty(cloudEyeHistory, polls(20 * MINUTE), lags, async (events, steps, lag) => {
      const shown = cloudEyeWorld(events.map((event) => ({ ...event, late: 0 })));
      const cloud = createCloud({}, { cloudEye: shown.map((one, i) => ({ ...one, lag: lag[i]! })) });
      const poller = createPoller();
      let now = START;
      const look = (more: object = {}) => poll(cloudEyeEvents, cloud, poller, { now, floor: FLOOR, ...more });
      for (const { after, slice, dieAfter } of steps) {
        now += after;
        cloud.world.now = now;
        await look({ slice, ...(dieAfter && { dieAfter }) });
      }
      // Everything has happened, and every detail is there or given up.
      for (const minutes of [360, 3, 11, 600]) {
        now += minutes * MINUTE;
        cloud.world.now = now;
        await look();
      }
      const emitted = poller.emitted.reduce((sum, event) => sum + event.count, 0);
      expect(emitted).toBe(shown.filter(({ t }) => t >= FLOOR).length);
    }),
    { numRuns: 500 },
  );
});

test("cloud-eye-events: of two occurrences the one whose details do not come is a number after eleven minutes", async () => {
  const shown = cloudEyeWorld([
    { at: 0, late: 0, name: "rebootServer" },
    { at: 1, late: 0, name: "rebootServer" },
  ]);
  const cloud = createCloud({}, { cloudEye: [shown[0]!, { ...shown[1]!, lag: 15 * MINUTE }] });
  const poller = createPoller();
  const counts: number[] = [];
  for (let minute = 1; minute <= 30; minute++) {
    const now = START + minute * MINUTE;
    cloud.world.now = now;
    await poll(cloudEyeEvents, cloud, poller, { now, floor: FLOOR });
    counts.push(poller.emitted.reduce((sum, event) => sum + event.count, 0));
  }
  expect(counts).toEqual([...Array(10).fill(1), ...Array(20).fill(2)]);
});
