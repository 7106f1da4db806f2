// Inhibition as a table, after Alertmanager's own: which firing alerts hold a target back. One sentence a case.
import { expect, it } from "vitest";
import { compileInhibition, inhibits } from "../../lib/alerts/inhibit.ts";
import type { Alert } from "../../lib/model/alert.ts";
import type { InhibitConfig } from "../../lib/model/config.ts";
import { HEALTH_RULE } from "../../lib/model/own-alerts.ts";
import { compilePattern } from "../../lib/patterns/pattern.ts";

const compile = (pattern: object) => {
  const compiled = compilePattern(pattern as never);
  return (alert: object) => compiled.matches(alert);
};

type Labels = Record<string, string>;
const alert = ({ rule = "any", ...labels }: Labels): Alert => ({ rule, connection: null, labels }) as unknown as Alert;

/** Whether one of the firing `sources` holds the target back by one of the rules. */
function held(rules: InhibitConfig[], sources: readonly Labels[], target: Labels): boolean {
  const { sourceOf, targetOf } = compileInhibition(rules, compile, HEALTH_RULE);
  const all = sources.flatMap((labels) => sourceOf(alert(labels)));
  return targetOf(alert(target)).some((side) => all.some((source) => inhibits(source, side)));
}

const label = (name: string, ...values: unknown[]) => ({ labels: { [name]: values } });
const rule = (source: object, target: object, ...equal: string[]): InhibitConfig =>
  ({ source, target, equal }) as InhibitConfig;
const EQUAL_E = rule(label("s", "1"), label("t", "1"), "labels.e");
/** The same on both sides, as for `severity`. */
const TWO_SIDED = rule(label("s", { exists: true }), label("t", { exists: true }), "labels.e");

it.each<[sentence: string, rules: InhibitConfig[], sources: Labels[], target: Labels, held: boolean]>([
  ["a target with equal values is held", [EQUAL_E], [{ s: "1", e: "1" }], { t: "1", e: "1" }, true],
  ["one with other values is not", [EQUAL_E], [{ s: "1", e: "1" }], { t: "1", e: "2" }, false],
  ["one where the source has no value is not", [EQUAL_E], [{ s: "1" }], { t: "1", e: "1" }, false],
  ["one that has no value itself is not", [EQUAL_E], [{ s: "1", e: "1" }], { t: "1" }, false],
  ["what both lack is equal", [EQUAL_E], [{ s: "1" }], { t: "1" }, true],
  ["what is empty is as if it were missing", [EQUAL_E], [{ s: "1", e: "" }], { t: "1" }, true],
  ["what is no target is not held", [EQUAL_E], [{ s: "1", e: "1" }], { t: "2", e: "1" }, false],
  ["what is no source holds nothing", [EQUAL_E], [{ s: "2", e: "1" }], { t: "1", e: "1" }, false],
  ["nothing fires, nothing is held", [EQUAL_E], [], { t: "1", e: "1" }, false],
  [
    "one source among several is enough",
    [EQUAL_E],
    [
      { s: "1", e: "2" },
      { s: "1", e: "1" },
    ],
    { t: "1", e: "1" },
    true,
  ],
  [
    "without equal any source holds any target",
    [rule(label("s", "1"), label("t", "1"))],
    [{ s: "1", e: "1" }],
    { t: "1", e: "2" },
    true,
  ],
  [
    "all of several equal values count",
    [rule(label("s", "1"), label("t", "1"), "labels.e", "labels.f")],
    [{ s: "1", e: "1", f: "1" }],
    { t: "1", e: "1", f: "2" },
    false,
  ],
  [
    "several values that are all equal hold",
    [rule(label("s", "1"), label("t", "1"), "labels.e", "labels.f")],
    [{ s: "1", e: "1", f: "2" }],
    { t: "1", e: "1", f: "2" },
    true,
  ],
  [
    "an alert on both sides does not hold itself",
    [TWO_SIDED],
    [{ s: "1", t: "1", e: "1" }],
    { s: "1", t: "1", e: "1" },
    false,
  ],
  [
    "nor another of which the same is true",
    [TWO_SIDED],
    [{ s: "1", t: "2", e: "1" }],
    { s: "2", t: "1", e: "1" },
    false,
  ],
  [
    "an alert on both sides holds one that is a target alone",
    [TWO_SIDED],
    [{ s: "1", t: "1", e: "1" }],
    { t: "1", e: "1" },
    true,
  ],
  [
    "an alert on both sides is held by one that is a source alone",
    [TWO_SIDED],
    [{ s: "1", e: "1" }],
    { s: "1", t: "1", e: "1" },
    true,
  ],
  [
    "beside one on both sides, a source alone still holds",
    [TWO_SIDED],
    [
      { s: "1", t: "1", e: "1" },
      { s: "9", e: "1" },
    ],
    { s: "1", t: "1", e: "1" },
    true,
  ],
  [
    "the first of two rules holds",
    [EQUAL_E, rule(label("s", "2"), label("t", "2"))],
    [{ s: "1", e: "1" }],
    { t: "1", e: "1" },
    true,
  ],
  [
    "the second of two rules holds",
    [rule(label("s", "2"), label("t", "2")), EQUAL_E],
    [{ s: "1", e: "1" }],
    { t: "1", e: "1" },
    true,
  ],
  [
    "a source of one rule is none of another",
    [rule(label("s", "1"), label("t", "2")), rule(label("s", "2"), label("t", "1"))],
    [{ s: "1" }],
    { t: "1" },
    false,
  ],
  [
    "what is held holds others all the same",
    [EQUAL_E, rule(label("t", "1"), label("u", "1"))],
    [
      { s: "1", e: "1" },
      { t: "1", e: "1" },
    ],
    { u: "1" },
    true,
  ],
  [
    "any pattern serves",
    [rule(label("s", { wildcard: "a*" }), label("t", { "anything-but": ["x"] }))],
    [{ s: "ab" }],
    { t: "y" },
    true,
  ],
  [
    "Lookout's own alerts are not held by what does not name them",
    [rule({ rule: ["a"] }, label("t", "1"))],
    [{ rule: "a" }],
    { rule: HEALTH_RULE, t: "1" },
    false,
  ],
  ["nor hold others", [rule(label("s", "1"), label("t", "1"))], [{ rule: HEALTH_RULE, s: "1" }], { t: "1" }, false],
  [
    "but by what names them",
    [rule({ rule: ["a"] }, { rule: [HEALTH_RULE] })],
    [{ rule: "a" }],
    { rule: HEALTH_RULE },
    true,
  ],
  [
    "also where an alternative names them",
    [rule({ rule: ["a"] }, { $or: [{ rule: [HEALTH_RULE] }, { rule: ["b"] }] })],
    [{ rule: "a" }],
    { rule: HEALTH_RULE },
    true,
  ],
  ["an empty source is every alert", [rule({}, label("t", "1"))], [{ x: "1" }], { t: "1" }, true],
  ["an empty target is every alert", [rule(label("s", "1"), {})], [{ s: "1" }], { x: "1" }, true],
  ["but none of Lookout's own", [rule(label("s", "1"), {})], [{ s: "1" }], { rule: HEALTH_RULE }, false],
])("%s", (_, rules, sources, target, expected) => {
  expect(held(rules, sources, target)).toBe(expected);
});

it("a rule is known by what it says, wherever it stands", () => {
  const name = (rules: InhibitConfig[]) => compileInhibition(rules, compile, HEALTH_RULE).rules.at(-1);
  expect(name([TWO_SIDED, EQUAL_E])).toBe(name([EQUAL_E]));
});
