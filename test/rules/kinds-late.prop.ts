// Every kind of state for what is shown late: the outcome is that of sorted input, but what was told stays told.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RuleConfig } from "../../lib/model/config.ts";
import {
  type Alerted,
  alerted,
  cuts,
  ENDS,
  type Happening,
  histories,
  lastWords,
  MINUTE,
  marked,
  type Poll,
  pollsOf,
  RUNS,
  run,
} from "./history.ts";
import { type Life, model, sum } from "./models.ts";
import { DEADLINES, FIXED, MOVING, SUBJECTS, WINDOWS } from "./subjects.ts";

const END = ENDS[0]!;
/** The keys of which an alert is told, and of which one is open. */
const keys = (all: readonly Alerted[]) => [...new Set(all.map(({ key }) => key))];
const open = (all: readonly Alerted[]) => all.filter(({ endsAt }) => endsAt === null).map(({ key }) => key);
const covers = (key: string, at: number) => (one: Alerted) =>
  one.key === key && one.startsAt <= at && at <= (one.endsAt ?? END);

describe.each(SUBJECTS)("$name, late", ({ rule, kind, marks }) => {
  const history = histories(marks);

  it("tells every key that sorted input tells, and has open at the end what that has", () => {
    fc.assert(
      fc.property(history, cuts, (all, cut) => {
        const told = alerted(run(rule, pollsOf(all, cut, END)));
        const sorted = model(kind, {}, all, END);
        expect(keys(told)).toEqual(expect.arrayContaining(keys(sorted)));
        expect(keys(told.filter(({ endsAt }) => endsAt === null))).toEqual(expect.arrayContaining(open(sorted)));
        if (kind.falls) expect(open(told)).toEqual(open(sorted));
      }),
      RUNS,
    );
  });

  it("never decides what its feeds have not been read up to, and never counts a match twice", () => {
    const lives = fc.constantFrom<Partial<RuleConfig>>(
      {},
      { resolve: { after: 7 * MINUTE } },
      { resolve: { when: marked("r"), after: 20 * MINUTE }, reopen: 5 * MINUTE },
    );
    fc.assert(
      fc.property(histories([...marks, ...marks, "r"]), cuts, lives, (all, cut, life) => {
        const polls = pollsOf(all, cut, END);
        const told = run({ ...rule, ...life }, polls);
        for (const [index, { readTo }] of polls.entries()) {
          for (const one of told[index]!) expect(Math.max(one.startsAt, one.endsAt ?? 0)).toBeLessThanOrEqual(readTo);
        }
        const counted = lastWords(told).reduce((total, { count }) => total + count, 0);
        // What ends one sequence may begin the next.
        const twice = all.filter(({ marks }) => marks === "ac");
        expect(counted).toBeLessThanOrEqual(sum(all) + sum(twice));
      }),
      RUNS,
    );
  });

  it("says the same of the same polls", () => {
    fc.assert(
      fc.property(history, cuts, (all, cut) => {
        const polls = pollsOf(all, cut, END);
        expect(run(rule, polls)).toEqual(run(rule, polls));
      }),
      { numRuns: 20 },
    );
  });
});

describe.each(DEADLINES)("$name, late", ({ rule, kind, marks }) => {
  it("covers every deadline that sorted input misses", () => {
    fc.assert(
      fc.property(histories(marks), cuts, (all, cut) => {
        const told = alerted(run(rule, pollsOf(all, cut, END)));
        for (const { key, startsAt } of model(kind, {}, all, END)) {
          expect(told.some(covers(key, startsAt))).toBe(true);
        }
      }),
      RUNS,
    );
  });
});

describe.each(MOVING)("$name, late", ({ rule, kind, marks }) => {
  it("tells no fewer finds than sorted input", () => {
    fc.assert(
      fc.property(histories(marks), cuts, (all, cut) => {
        const single = all.map((one): Happening => ({ ...one, count: 1 }));
        expect(sum(alerted(run(rule, pollsOf(single, cut, END))))).toBeGreaterThanOrEqual(
          sum(model(kind, {}, single, END)),
        );
      }),
      RUNS,
    );
  });
});

describe.each(SUBJECTS.filter(({ name }) => name !== "spike"))(
  "$name with resolve.when, late",
  ({ rule, kind, marks }) => {
    it("has open at the end what sorted input has", () => {
      fc.assert(
        fc.property(histories([...marks, ...marks, "r"]), cuts, (all, cut) => {
          const told = alerted(run({ ...rule, resolve: { when: marked("r") } }, pollsOf(all, cut, END)));
          const sorted = open(model(kind, { when: true }, all, END));
          // A find that late input moves to before the resolving event is not taken back.
          if (kind.falls) expect(open(told)).toEqual(sorted);
          else expect(open(told)).toEqual(expect.arrayContaining(sorted));
        }),
        RUNS,
      );
    });
  },
);

describe.each([...WINDOWS, ...DEADLINES, ...FIXED])("$name with resolve.when, late", ({ rule, kind, marks }) => {
  it("covers every moment at which sorted input opens an alert, also where that has ended before it is found", () => {
    fc.assert(
      fc.property(histories([...marks, ...marks, "r"]), cuts, (mixed, cut) => {
        // What is found late at the very moment of a resolving event comes after it: what was told stays told.
        const others = new Set(mixed.filter(({ marks }) => marks !== "r").map(({ at }) => at));
        const all = mixed.filter(({ marks, at }) => marks !== "r" || !others.has(at));
        const told = alerted(run({ ...rule, resolve: { when: marked("r") } }, pollsOf(all, cut, END)));
        for (const { key, startsAt } of model(kind, { when: true }, all, END)) {
          expect(told.some(covers(key, startsAt))).toBe(true);
        }
      }),
      RUNS,
    );
  });
});

/** Whether what the polls showed until then never made sorted input say what it does not say of all. */
function nothingElseTold(
  { kind }: Pick<(typeof SUBJECTS)[number], "kind">,
  life: Life,
  polls: readonly Poll[],
  all: readonly Alerted[],
) {
  const shown: Happening[] = [];
  return polls.every((poll) => {
    shown.push(...poll.shown);
    return model(kind, life, shown, poll.readTo).every(({ key, startsAt, endsAt }) =>
      all.some((one) => one.key === key && one.startsAt === startsAt && (endsAt === null || endsAt === one.endsAt)),
    );
  });
}

const NO_STATE = FIXED[0]!;

describe.each([
  ...FIXED.map((subject) => ({ ...subject, life: {} as Life })),
  { ...DEADLINES[0]!, life: {} as Life },
  { ...NO_STATE, name: "no state with resolve.after", rule: { resolve: { after: 7 * MINUTE } }, life: { after: 7 } },
])("$name, late", ({ rule, kind, marks, life }) => {
  it("tells exactly what sorted input tells, unless something else was told before it was known", () => {
    fc.assert(
      fc.property(histories(marks, 8), cuts, (mixed, cut) => {
        const all = mixed.filter(
          ({ key, at }, place) => !mixed.slice(0, place).some((one) => one.key === key && one.at === at),
        );
        const polls = pollsOf(all, cut, END);
        const sorted = model(kind, life, all, END);
        fc.pre(nothingElseTold({ kind }, life, polls, sorted));
        expect(alerted(run(rule, polls))).toEqual(sorted);
      }),
      RUNS,
    );
  });
});

describe("no state with an end, late", () => {
  const lives = fc.constantFrom<Partial<RuleConfig>>(
    { resolve: { after: 7 * MINUTE } },
    { resolve: { after: 7 * MINUTE }, reopen: 5 * MINUTE },
    { resolve: { when: marked("r") } },
    { resolve: { when: marked("r"), after: 20 * MINUTE }, reopen: 5 * MINUTE },
  );

  it("counts every match in exactly one alert, and lies within it", () => {
    fc.assert(
      fc.property(histories(["a", "a", "r"]), cuts, lives, (all, cut, life) => {
        const told = alerted(run(life, pollsOf(all, cut, END)));
        const matches = all.filter(({ marks }) => marks === "a");
        expect(sum(told)).toBe(sum(matches));
        for (const { key, at } of matches) expect(told.some(covers(key, at))).toBe(true);
      }),
      RUNS,
    );
  });
});
