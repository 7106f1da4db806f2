// A cursor is a value: whoever goes on from one that another went on from before gets what a stored copy of it gives.
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Cursor } from "../../../lib/sources/port.ts";
import { advance, type Step } from "../../../lib/sources/reading/cursor.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const MINUTE = 60_000;

const step = fc.record({
  /** Which of the cursors so far it goes on from. */
  from: fc.nat(),
  /** Minutes before now; the same item may come again. */
  marks: fc.array(fc.record({ item: fc.nat(20), ago: fc.integer({ min: 0, max: 40 }), v: fc.nat(3) }), {
    maxLength: 6,
  }),
  keep: fc.boolean(),
  readTo: fc.option(fc.integer({ min: 0, max: 40 }), { nil: undefined }),
});

test("going on from any cursor, in any order and again, gives what its stored copy gives", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 12 }), (steps) => {
      const cursors: (Cursor | undefined)[] = [undefined];
      const copies: (Cursor | undefined)[] = [undefined];
      for (const { from, marks, keep, readTo } of steps) {
        const at = from % cursors.length;
        const own: Step = {
          floor: NOW - 60 * MINUTE,
          now: NOW,
          lateness: 10 * MINUTE,
          keepFor: 5 * MINUTE,
          marks: marks.map(({ item, ago, v }) => ({
            fp: String(item).padStart(11, "x"),
            t: NOW - ago * MINUTE,
            v,
            ...(keep ? { keep } : {}),
          })),
          readTo: readTo === undefined ? undefined : NOW - readTo * MINUTE,
        };
        cursors.push(advance(cursors[at], own));
        copies.push(JSON.parse(JSON.stringify(advance(copies[at], own))));
      }
      expect(cursors.map((one) => one && JSON.parse(JSON.stringify(one)))).toEqual(copies);
    }),
    { numRuns: 500 },
  );
});
