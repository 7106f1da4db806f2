// Every kind of state against its model, for what is shown on time: the same alerts, however the reading is cut into polls.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RuleConfig } from "../../lib/model/config.ts";
import {
  alerted,
  cuts,
  ENDS,
  FIELD,
  type Happening,
  histories,
  lastWords,
  MINUTE,
  marked,
  pollsOf,
  RUNS,
  run,
} from "./history.ts";
import { type Kind, type Life, model, plain } from "./models.ts";
import { absence, change, expectation, newValue, sequence } from "./models-orders.ts";
import { distinct, spike, threshold } from "./models-windows.ts";

interface Subject {
  name: string;
  rule: Partial<RuleConfig>;
  kind: Kind;
  marks: string[];
}

const followed = { when: marked("b"), within: 10 * MINUTE };
// biome-ignore lint/suspicious/noThenProperty: the key that users write
const chain = { then: [marked("b"), marked("c")], within: 15 * MINUTE };
const SUBJECTS: Subject[] = [
  { name: "no state", rule: {}, kind: plain, marks: ["a"] },
  { name: "threshold", rule: { threshold: { count: 4, within: 10 * MINUTE } }, kind: threshold(4, 10), marks: ["a"] },
  {
    name: "distinct",
    rule: { distinct: { field: FIELD, count: 3, within: 10 * MINUTE } },
    kind: distinct(3, 10),
    marks: ["a"],
  },
  { name: "spike", rule: { spike: { factor: 2, window: 6 * MINUTE, min: 3 } }, kind: spike(2, 6, 3), marks: ["a"] },
  { name: "absence", rule: { absence: { for: 10 * MINUTE, over: "seen" } }, kind: absence(10), marks: ["a"] },
  { name: "expect", rule: { expect: followed }, kind: expectation(10), marks: ["a", "a", "b", "ab"] },
  { name: "change", rule: { change: { field: FIELD } }, kind: change(), marks: ["a"] },
  { name: "newValue", rule: { newValue: { field: FIELD, memory: 12 * MINUTE } }, kind: newValue(12), marks: ["a"] },
  { name: "sequence", rule: { sequence: chain }, kind: sequence("abc", 15), marks: ["a", "b", "c", "ab", "bc", "ac"] },
];

const lives: fc.Arbitrary<Life> = fc.record(
  { after: fc.constantFrom(3, 7, 20), reopen: fc.constantFrom(0, 5), when: fc.constant(true as const) },
  { requiredKeys: [] },
);

function lived(rule: Partial<RuleConfig>, { after, reopen, when }: Life): Partial<RuleConfig> {
  const resolve = { ...(after === undefined ? {} : { after: after * MINUTE }), ...(when ? { when: marked("r") } : {}) };
  return {
    ...rule,
    ...(reopen === undefined ? {} : { reopen: reopen * MINUTE }),
    ...(after === undefined && !when ? {} : { resolve }),
  };
}

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
