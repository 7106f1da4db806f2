// Every kind of state as the properties try it: a rule, the model that says what it must tell, and
// the marks that matter to it.
import type { RuleConfig } from "../../lib/model/config.ts";
import { FIELD, MINUTE, marked } from "./history.ts";
import { type Kind, plain } from "./models.ts";
import { absence, change, expectation, newValue, sequence } from "./models-orders.ts";
import { distinct, spike, threshold } from "./models-windows.ts";

export interface Subject {
  name: string;
  rule: Partial<RuleConfig>;
  kind: Kind;
  marks: readonly string[];
}

const followed = { when: marked("b"), within: 10 * MINUTE };
// biome-ignore lint/suspicious/noThenProperty: the key that users write
const chain = { then: [marked("b"), marked("c")], within: 15 * MINUTE };
const ONE = ["a", "a", "a", "ar"];

export const SUBJECTS: readonly Subject[] = [
  { name: "no state", rule: {}, kind: plain, marks: ONE },
  { name: "threshold", rule: { threshold: { count: 4, within: 10 * MINUTE } }, kind: threshold(4, 10), marks: ONE },
  {
    name: "distinct",
    rule: { distinct: { field: FIELD, count: 3, within: 10 * MINUTE } },
    kind: distinct(3, 10),
    marks: ONE,
  },
  { name: "spike", rule: { spike: { factor: 2, window: 6 * MINUTE, min: 3 } }, kind: spike(2, 6, 3), marks: ONE },
  { name: "absence", rule: { absence: { for: 10 * MINUTE, over: "seen" } }, kind: absence(10), marks: ONE },
  {
    name: "expect",
    rule: { expect: followed },
    kind: expectation(10),
    marks: ["a", "a", "b", "ab", "ar", "br", "abr"],
  },
  { name: "change", rule: { change: { field: FIELD } }, kind: change(), marks: ONE },
  { name: "newValue", rule: { newValue: { field: FIELD, memory: 12 * MINUTE } }, kind: newValue(12), marks: ONE },
  {
    name: "sequence",
    rule: { sequence: chain },
    kind: sequence("abc", 15),
    marks: ["a", "b", "c", "ab", "bc", "ac", "ar", "br", "abr"],
  },
];
