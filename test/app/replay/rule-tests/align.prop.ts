// Laying what came beside what was expected, against the slow and obvious way: every choice of
// pairs, every order within a moment.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { inExpectedOrder, pairsOf } from "../../../../lib/app/replay/rule-tests/align.ts";

interface Item {
  at: number;
  what: string;
}
/** Undefined: whatever comes. */
interface Wanted {
  at: number | undefined;
  what: string | undefined;
}

const match = (wanted: Wanted, item: Item): boolean =>
  (wanted.at ?? item.at) === item.at && (wanted.what ?? item.what) === item.what;

const items = fc
  .array(fc.record({ at: fc.nat(2), what: fc.constantFrom("a", "b") }), { maxLength: 6 })
  .map((all) => all.toSorted((a, b) => a.at - b.at));
const wanteds = fc.array(
  fc.record({
    at: fc.option(fc.nat(2), { nil: undefined }),
    what: fc.option(fc.constantFrom("a", "b"), { nil: undefined }),
  }),
  { maxLength: 6 },
);

/** How many pairs there can be at most. */
function most(expected: readonly Wanted[], came: readonly Item[]): number {
  const [wanted, ...others] = expected;
  if (wanted === undefined) return 0;
  const without = most(others, came);
  return came.reduce(
    (best, item, at) => (match(wanted, item) ? Math.max(best, 1 + most(others, came.slice(at + 1))) : best),
    without,
  );
}

function orders<T>(list: readonly T[]): T[][] {
  if (list.length === 0) return [[]];
  return list.flatMap((item, at) => orders(list.toSpliced(at, 1)).map((rest) => [item, ...rest]));
}

describe("laying what came beside what was expected", () => {
  it("finds as many pairs as there can be, all of them matching and in order", () => {
    fc.assert(
      fc.property(wanteds, items, (expected, came) => {
        const pairs = pairsOf(expected, came, match);
        expect(pairs).toHaveLength(most(expected, came));
        for (const [wanted, item] of pairs) expect(match(expected[wanted]!, came[item]!)).toBe(true);
        for (const side of [0, 1] as const) {
          const indexes = pairs.map((pair) => pair[side]);
          expect(indexes).toEqual([...new Set(indexes)].toSorted((a, b) => a - b));
        }
      }),
    );
  });

  it("keeps the order of time, and finds a whole match where an order within the moments gives one", () => {
    fc.assert(
      fc.property(items, fc.nat(3), fc.infiniteStream(fc.boolean()), (came, turn, blank) => {
        // Expectations that hold, of one order within the moments, some of their words left out.
        const all = orders(came).filter((order) => order.every(({ at }, index) => at >= (order[index - 1]?.at ?? 0)));
        const expected = all[turn % all.length]!.map(({ at, what }): Wanted => {
          return { at, what: blank.next().value ? undefined : what };
        });
        const ordered = inExpectedOrder(expected, came, match);
        expect(ordered.toSorted((a, b) => came.indexOf(a) - came.indexOf(b))).toEqual(came);
        expect(ordered.map(({ at }) => at)).toEqual(came.map(({ at }) => at));
        expect(pairsOf(expected, ordered, match)).toHaveLength(came.length);
      }),
    );
  });
});
