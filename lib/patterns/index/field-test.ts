// Field tests, shared by all alternatives that have the same: judged against every value of a field, arrays included.
import { canHoldTogether, type Requirement } from "../array-consistency.ts";
import type { EventFields, Leaf } from "../event-fields.ts";
import type { FieldTest, Operator, PatternTree, Scalar } from "../tree.ts";
import { compileOperators, identityOf, type ValueTest } from "../value.ts";

export interface Test {
  /** Its place among the matcher's tests. */
  index: number;
  /** Index of its path for the reader. */
  path: number;
  operators: readonly Operator[];
  acceptsAbsence: boolean;
  /** The values that it demands, where it accepts nothing else. */
  identities: readonly Scalar[] | undefined;
  /** Made at first use: most tests are only found through the index. */
  judge: ValueTest | undefined;
}

/** One way for a tree to match: all of its tests hold. */
export interface Alternative {
  /** Index of the tree it belongs to. */
  tree: number;
  /** Sorted by path. */
  tests: readonly Test[];
}

/** The alternatives of all trees in their order, and the paths and number of their tests. */
export function shareTests(trees: readonly PatternTree[]): { alternatives: Alternative[]; paths: string[] } {
  const paths = new Map<string, number>();
  const tests = new Map<string, Test>();
  const alternatives = trees.flatMap((tree, index) =>
    tree.alternatives.map((fields) => ({ tree: index, tests: fields.map((field) => shareTest(field, tests, paths)) })),
  );
  return { alternatives, paths: [...paths.keys()] };
}

function shareTest({ path, operators }: FieldTest, tests: Map<string, Test>, paths: Map<string, number>): Test {
  const name = JSON.stringify([path, operators]);
  const known = tests.get(name);
  if (known !== undefined) return known;
  if (!paths.has(path)) paths.set(path, paths.size);
  const identities = operators.map(identityOf);
  const test: Test = {
    index: tests.size,
    path: paths.get(path) as number,
    operators,
    acceptsAbsence: operators.some((operator) => operator.op === "exists" && !operator.value),
    identities: identities.every((identity) => identity !== undefined)
      ? [...new Set(identities.map((identity) => identity.value))]
      : undefined,
    judge: undefined,
  };
  tests.set(name, test);
  return test;
}

export function accepts(test: Test, value: Scalar): boolean {
  test.judge ??= compileOperators(test.operators);
  return test.judge(value);
}

/** Of a test that holds and leaves the choice of array elements free. */
const MET: Requirement = { matched: new Set([0]), present: undefined };

/** What tests demand of one event's array elements. */
export interface Verdicts {
  /** False where the test cannot hold whatever elements are chosen. */
  mayHold(test: Test): boolean;
  /** Whether one choice of elements lets all of the tests hold. */
  holdTogether(tests: readonly Test[]): boolean;
}

/** Judges each test at most once. */
export function createVerdicts(fields: EventFields): Verdicts {
  const known = new Map<Test, Requirement | undefined>();
  function verdict(test: Test): Requirement | undefined {
    if (known.has(test)) return known.get(test);
    const requirement = judgeTest(test, fields.leaves[test.path] as readonly Leaf[]);
    known.set(test, requirement);
    return requirement;
  }
  return {
    mayHold: (test) => verdict(test) !== undefined,
    holdTogether(tests) {
      const requirements: Requirement[] = [];
      for (const test of tests) {
        const requirement = verdict(test);
        if (requirement === undefined) return false;
        if (requirement !== MET) requirements.push(requirement);
      }
      return requirements.length === 0 || canHoldTogether(requirements, fields.elements);
    },
  };
}

/** What the test demands of the event's array elements; undefined where it cannot hold whatever elements are chosen. */
function judgeTest(test: Test, leaves: readonly Leaf[]): Requirement | undefined {
  if (leaves.length === 0) return test.acceptsAbsence ? MET : undefined;
  const matched = new Set<number>();
  for (const { value, element } of leaves) {
    if (!matched.has(element) && accepts(test, value)) matched.add(element);
  }
  if (matched.size === 1 && matched.has(0)) return MET;
  // A value outside all arrays is there whatever elements are chosen.
  if (test.acceptsAbsence && leaves.every(({ element }) => element !== 0)) {
    return { matched, present: new Set(leaves.map(({ element }) => element)) };
  }
  return matched.size === 0 ? undefined : { matched, present: undefined };
}
