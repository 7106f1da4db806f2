// Service and training events: whatever is late, tied, repeated, paged oddly or cut off by a crash,
// each event is emitted once.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { eventId } from "../../../lib/sources/reading/marks.ts";
import { serviceEvents } from "../../../lib/sources/service-events.ts";
import { trainingEvents } from "../../../lib/sources/training-events.ts";
import { createCloud, createPoller, type Habits, poll, serviceRow, trainingRow } from "../support.ts";

const START = Date.parse("2026-11-20T10:00:00.400Z");
const LATENESS = 30_000;
const FLOOR = START - 20_000;

const history = fc.array(
  fc.record({
    // Few distinct values: ties and twins are the rule here.
    at: fc.oneof(fc.integer({ min: -30_000, max: 60_000 }), fc.constantFrom(0, 1, 2, 1000, 1001, 10_000)),
    late: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: LATENESS })),
    text: fc.constantFrom("a", "b"),
  }),
  { maxLength: 25 },
);
const polls = fc.array(
  fc.record({
    after: fc.integer({ min: 0, max: 25_000 }),
    slice: fc.integer({ min: 1, max: 4 }),
    dieAfter: fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined }),
  }),
  { minLength: 1, maxLength: 12 },
);
const any = {
  bounds: fc.constantFrom("inclusive", "exclusive"),
  ignoresOrder: fc.boolean(),
  ignoresStart: fc.boolean(),
} as const;
const paged = fc.record({
  ...any,
  offset: fc.constantFrom("record", "page"),
  // Of pages of two rows nobody can tell what their offset counts, where the rows are equal.
  cap: fc.constantFrom(1, 3, 4, 5, 6),
  totals: fc.constantFrom("number", "string"),
});
const onePage = fc.record({
  ...any,
  offset: fc.constantFrom("record", "page", "ignored"),
  totals: fc.constantFrom("number", "absent", "inflated"),
});
const habits: fc.Arbitrary<Partial<Habits>> = fc.oneof(paged, onePage);

const kinds = [
  { source: serviceEvents, row: serviceRow, resolution: 1, identity: (t: number, text: string) => [t, "normal", text] },
  {
    source: trainingEvents,
    row: trainingRow,
    resolution: 1000,
    identity: (t: number, text: string) => [t, "Info", "Task", text],
  },
];

test.each(kinds)("$source.kind: every event exactly once, ids independent of batches and crashes", async (kind) => {
  await fc.assert(
    fc.asyncProperty(history, polls, habits, async (events, steps, habit) => {
      const shown = events.map(({ at, late, text }) => {
        const t = START + at;
        return { t, from: t + late, row: kind.row(t, text) };
      });
      const cloud = createCloud(habit, { events: shown });
      const poller = createPoller();
      let now = START;
      for (const { after, slice, dieAfter } of steps) {
        now += after;
        cloud.world.now = now;
        const die = dieAfter === undefined ? {} : { dieAfter };
        await poll(kind.source, cloud, poller, { now, floor: FLOOR, lateness: LATENESS, slice, ...die });
      }
      now = START + 200_000;
      cloud.world.now = now;
      await poll(kind.source, cloud, poller, { now, floor: FLOOR, lateness: LATENESS });
      const groups = Map.groupBy(
        shown.map(({ t }, i) => ({ t: Math.floor(t / kind.resolution) * kind.resolution, text: events[i]!.text })),
        ({ t, text }) => JSON.stringify(kind.identity(t, text)),
      );
      const expected = [...groups].flatMap(([key, equals]) => {
        if (equals[0]!.t < FLOOR) return [];
        return equals.map((_, i) => eventId(kind.source.kind, "eu-de", "p", "t1", JSON.parse(key), i));
      });
      expect(poller.emitted.map(({ id }) => id).sort()).toEqual(expected.sort());
      expect(poller.cursor!.readTo).toBeLessThanOrEqual(now);
    }),
    { numRuns: 100 },
  );
});
