// Every kind of state against its model, for what is shown on time: the same alerts, however the
// reading is cut into polls.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { alerted, cuts, ENDS, type Happening, histories, lastWords, pollsOf, RUNS, run } from "./history.ts";
import { type Life, lived, model } from "./models.ts";
import { SUBJECTS } from "./subjects.ts";

const lives: fc.Arbitrary<Life> = fc.record(
  { after: fc.constantFrom(3, 7, 20), reopen: fc.constantFrom(0, 5), when: fc.constant(true as const) },
  { requiredKeys: [] },
);

const onTime = (history: readonly Happening[]) => history.map((one) => ({ ...one, delay: 0 }));

describe.each(SUBJECTS)("$name", ({ rule, kind, marks }) => {
  const history = histories([...marks, ...marks, "r"]).map(onTime);

  it("opens the alerts of the model, the same ones however it is cut, ids included", () => {
    fc.assert(
      fc.property(history, cuts, cuts, lives, fc.constantFrom(...ENDS), (all, one, other, life, end) => {
        const words = (cut: typeof one) => lastWords(run(lived(rule, life), pollsOf(all, cut, end)));
        const ids = (cut: typeof one) => words(cut).map(({ id, endsAt, count }) => ({ id, endsAt, count }));
        expect(alerted(run(lived(rule, life), pollsOf(all, one, end)))).toEqual(model(kind, life, all, end));
        expect(ids(one)).toEqual(ids(other));
      }),
      RUNS,
    );
  });
});
