// Every kind of state against its model, for what is shown on time: the same alerts, however the
// reading is cut into polls.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  alerted,
  cuts,
  ENDS,
  type Happening,
  histories,
  lastWords,
  pollsBeside,
  pollsOf,
  RUNS,
  run,
} from "./history.ts";
import { type Life, lived, model } from "./models.ts";
import { SUBJECTS } from "./subjects.ts";

const lives: fc.Arbitrary<Life> = fc.record(
  { after: fc.constantFrom(3, 7, 20), reopen: fc.constantFrom(0, 5), when: fc.constant(true as const) },
  { requiredKeys: [] },
);

const onTime = (history: readonly Happening[]) => history.map((one) => ({ ...one, delay: 0 }));

describe.each(SUBJECTS)("$name", ({ rule, kind, marks }) => {
  const history = histories([...marks, ...marks, "r"]).map(onTime);

  it("tells the alerts of the model", () => {
    fc.assert(
      fc.property(history, cuts, lives, fc.constantFrom(...ENDS), (all, cut, life, end) => {
        const told = run(lived(rule, life), pollsOf(all, cut, end));
        expect(alerted(told)).toEqual(model(kind, life, all, end));
      }),
      RUNS,
    );
  });

  it("tells them also where another feed of the key is behind, and its deadlines wait for that", () => {
    fc.assert(
      fc.property(history, cuts, lives, (all, cut, { when: _, ...life }) => {
        // What serves a start does so at once, though time may have ended the alert before.
        if (rule.expect) delete life.after;
        const told = run(lived(rule, life), pollsBeside(all, cut, ENDS[0]!));
        expect(alerted(told)).toEqual(model(kind, life, all, ENDS[0]!));
      }),
      RUNS,
    );
  });

  it("says the same, ids included, however it is cut", () => {
    fc.assert(
      fc.property(history, cuts, cuts, lives, (all, one, other, life) => {
        const words = (cut: typeof one) => lastWords(run(lived(rule, life), pollsOf(all, cut, ENDS[0]!)));
        const ids = (cut: typeof one) => words(cut).map(({ id, endsAt, count }) => ({ id, endsAt, count }));
        expect(ids(one)).toEqual(ids(other));
      }),
      RUNS,
    );
  });
});
