// `absence` with every kind of end, for heartbeats and resolving events that are shown late: what was
// told is brought to sorted input.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RuleConfig } from "../../lib/model/config.ts";
import { type Alerted, alerted, cuts, ENDS, histories, MINUTE, pollsBeside, pollsOf, RUNS, run } from "./history.ts";
import { type Life, lived, model } from "./models.ts";
import { absence } from "./models-orders.ts";

const MARKS = ["a", "a", "a", "r"];
const after = fc.constantFrom(3, 7, 20);
const when = fc.constant(true as const);
const reopen = fc.constantFrom(0, 5, 12);

const LIVES: { name: string; lives: fc.Arbitrary<Life> }[] = [
  { name: "no end but the next match", lives: fc.constant({}) },
  { name: "resolve.when", lives: fc.record({ when }) },
  { name: "resolve.after", lives: fc.record({ after }) },
  { name: "resolve.when and resolve.after", lives: fc.record({ when, after }) },
  { name: "reopen", lives: fc.record({ reopen }) },
  { name: "reopen and resolve.after", lives: fc.record({ reopen, after }) },
  { name: "reopen and both", lives: fc.record({ reopen, when, after }) },
];

/**
 * What a rule's alerts must be by sorted input, given that those told stay: each sorted one belongs to
 * the oldest in whose time it is.
 */
function brought(told: readonly Alerted[], sorted: readonly Alerted[]): Alerted[] {
  const left = new Set(sorted);
  const known = told.map((one): Alerted => {
    const own = [...left].filter((other) => one.key === other.key && meet(one, other));
    for (const other of own) left.delete(other);
    if (own.length > 0) return { ...one, startsAt: own[0]!.startsAt, endsAt: own.at(-1)!.endsAt };
    return { ...one, endsAt: one.endsAt ?? Number.NaN };
  });
  return [...known, ...left];
}

function meet(one: Alerted, other: Alerted): boolean {
  const end = ({ endsAt }: Alerted) => endsAt ?? Number.POSITIVE_INFINITY;
  return one.startsAt <= end(other) && other.startsAt <= end(one);
}

describe.each(LIVES)("absence, late, with $name", ({ lives }) => {
  const lengths = fc.constantFrom(3, 10, 15);
  const rule = (length: number, life: Life): Partial<RuleConfig> =>
    lived({ absence: { for: length * MINUTE, over: "seen" } }, life);

  it.each([
    ["", pollsOf],
    [", also where another feed of the key is behind", pollsBeside],
  ] as const)("brings what was told to sorted input%s", (_, polls) => {
    fc.assert(
      fc.property(histories(MARKS), cuts, lives, lengths, (all, cut, life, length) => {
        const told = alerted(run(rule(length, life), polls(all, cut, ENDS[0]!)));
        expect(told).toEqual(brought(told, model(absence(length), life, all, ENDS[0]!)));
      }),
      RUNS,
    );
  });

  it("tells exactly what sorted input tells, where it is all found at once in the end", () => {
    fc.assert(
      fc.property(histories(MARKS), lives, lengths, (all, life, length) => {
        const told = alerted(run(rule(length, life), pollsOf(all, [], ENDS[0]!)));
        expect(told).toEqual(model(absence(length), life, all, ENDS[0]!));
      }),
      RUNS,
    );
  });
});
