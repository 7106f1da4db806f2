// The cursor's memory: compact, exact over a round trip, pruned by the window, never moved past now or back.
import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { Batch, Mark } from "../../../lib/sources/port.ts";
import { advance, isIdle } from "../../../lib/sources/reading/cursor.ts";
import { decodeMarks, encodeMarks, fingerprint } from "../../../lib/sources/reading/marks.ts";

const NOW = Date.parse("2026-11-20T10:00:00.000Z");
const base = { floor: NOW - 900_000, now: NOW, lateness: 600_000, keepFor: 0 };
const mark = (t: number, more: Partial<Mark> = {}): Mark => ({ fp: fingerprint([t, more]), t, v: 1, ...more });

test("any marks survive being written and read", () => {
  const value = fc.oneof(
    fc.integer({ min: 0 }),
    fc.array(fc.oneof(fc.integer({ min: 0 }), fc.string({ unit: "grapheme" })), { maxLength: 4 }),
  );
  const marks = fc.uniqueArray(
    fc.record({ n: fc.nat(), t: fc.integer({ min: 0, max: 4e12 }), v: value, keep: fc.boolean() }),
    { selector: ({ n }) => n },
  );
  fc.assert(
    fc.property(marks, (list) => {
      const expected = list.map(({ n, t, v, keep }) => ({ fp: fingerprint([n]), t, v, ...(keep ? { keep } : {}) }));
      const read = decodeMarks(encodeMarks(expected));
      expect([...read.values()].sort((a, b) => (a.fp < b.fp ? -1 : 1))).toEqual(
        expected.sort((a, b) => (a.fp < b.fp ? -1 : 1)),
      );
    }),
  );
});

test("25,000 events of ten minutes stay below 400 KB", () => {
  const marks = Array.from({ length: 25_000 }, (_, i) => mark(NOW - i * 24));
  const { seen } = advance(undefined, { ...base, marks, readTo: NOW });
  expect(decodeMarks(seen).size).toBe(25_000);
  expect(seen.length).toBeLessThan(400_000);
});

test.each([
  ["the window is lateness behind now", { readTo: NOW }, { readTo: NOW, from: NOW - 600_000 }],
  [
    "catching up, it begins where reading stopped",
    { readTo: NOW - 800_000 },
    { readTo: NOW - 800_000, from: NOW - 800_000 },
  ],
  ["an event dated ahead moves nothing past now", { readTo: NOW + 1e9 }, { readTo: NOW, from: NOW - 600_000 }],
  ["a slice before the last moves nothing", {}, { readTo: NOW - 900_000, from: NOW - 900_000 }],
])("%s", (_, step, expected) => {
  expect(advance(undefined, { ...base, marks: [], ...step })).toMatchObject({ floor: NOW - 900_000, ...expected });
});

test("a clock set back, or a longer lateness, moves no cursor back", () => {
  const cursor = advance(undefined, { ...base, marks: [], readTo: NOW });
  const later = advance(cursor, { ...base, now: NOW - 60_000, lateness: 6e6, marks: [], readTo: NOW - 60_000 });
  expect(later).toEqual(cursor);
});

test("marks are dropped with the window, kept beyond it where items change in place, and longest while unsettled", () => {
  const day = 86_400_000;
  const marks = [
    mark(NOW),
    mark(NOW - 6 * day),
    mark(NOW - 8 * day),
    mark(NOW - 8 * day - 1, { keep: true }),
    mark(NOW - 31 * day, { keep: true }),
  ];
  const times = (keepFor: number) => {
    const cursor = advance(undefined, { ...base, floor: 0, keepFor, marks, readTo: NOW });
    return [...decodeMarks(cursor.seen).values()]
      .map(({ t }) => (NOW - t) / day)
      .map(Math.floor)
      .sort((a, b) => a - b);
  };
  expect(times(0)).toEqual([0, 8]);
  expect(times(7 * day)).toEqual([0, 6, 8]);
});

test("an idle read needs no write within the hour, a first one always does", () => {
  const batch: Batch = {
    found: [],
    marks: [],
    readTo: NOW,
    complete: true,
    stats: { fetched: 0, seen: 0, malformed: 0 },
    malformed: [],
  };
  const cursor = advance(undefined, { ...base, marks: [], readTo: NOW });
  expect(isIdle(undefined, batch)).toBe(false);
  expect(isIdle(cursor, { ...batch, readTo: NOW + 3_600_000 })).toBe(true);
  expect(isIdle(cursor, { ...batch, readTo: NOW + 3_600_001 })).toBe(false);
  expect(isIdle(cursor, { ...batch, extra: {} })).toBe(false);
  expect(isIdle(cursor, { ...batch, marks: [mark(NOW)] })).toBe(false);
});

test("a damaged memory is an error in words", () => {
  expect(() => decodeMarks("nonsense without sense")).toThrow("damaged");
});
