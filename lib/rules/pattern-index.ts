// Matches many pattern trees against one event: fields are read once, each distinct field test is judged at most once,
// and alternatives that demand an exact value are only looked at when the event has it.
import { canHoldTogether, type Requirement } from "./array-consistency.ts";
import { compileReader, type EventFields, type Leaf } from "./event-fields.ts";
import type { FieldTest, PatternTree, Scalar } from "./pattern-tree.ts";
import { compileOperators, identityOf } from "./pattern-value.ts";

/** A field test made ready: shared by all alternatives that have the same test. */
interface Test {
  /** Its place among the matcher's tests. */
  index: number;
  /** Index of its path for the reader. */
  path: number;
  acceptsAbsence: boolean;
  accepts: (value: Scalar) => boolean;
  /** The values that it demands, where it accepts nothing else. */
  identities: readonly Scalar[] | undefined;
}

/** Of a test that holds and leaves the choice of array elements free. */
const MET: Requirement = { matched: new Set([0]), present: undefined };

interface Alternative {
  /** Index of the tree it belongs to. */
  tree: number;
  /** Sorted by path. */
  tests: readonly Test[];
}

/** Alternatives by a value that one of their tests demands, per path; `always` holds those with no such test. */
interface Buckets {
  byPath: readonly { path: number; byValue: ReadonlyMap<Scalar, readonly Alternative[]> }[];
  always: readonly Alternative[];
}

/** Returns a function from an event to the indexes of the trees that match it, ascending. Throws nothing. */
export function compileTrees(trees: readonly PatternTree[]): (event: object) => number[] {
  const paths = new Map<string, number>();
  const tests = new Map<string, Test>();
  const alternatives = trees.flatMap((tree, index) =>
    tree.alternatives.map((fields) => ({ tree: index, tests: fields.map((field) => shareTest(field, tests, paths)) })),
  );
  const buckets = fillBuckets(alternatives);
  const read = compileReader([...paths.keys()]);
  const verdicts = createVerdicts(tests.size);

  return (event) => {
    const fields = read(event);
    const verdict = verdicts(fields);
    const matched = new Set<number>();
    const judge = (candidates: readonly Alternative[]): void => {
      for (const { tree, tests: all } of candidates)
        if (!matched.has(tree) && matches(all, fields, verdict)) matched.add(tree);
    };
    judge(buckets.always);
    for (const { path, byValue } of buckets.byPath) {
      for (const { value } of distinct(fields.leaves[path] as readonly Leaf[])) judge(byValue.get(value) ?? []);
    }
    return [...matched].sort((a, b) => a - b);
  };
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
    acceptsAbsence: operators.some((operator) => operator.op === "exists" && !operator.value),
    accepts: compileOperators(operators),
    identities: identities.every((identity) => identity !== undefined)
      ? [...new Set(identities.map((identity) => identity.value))]
      : undefined,
  };
  tests.set(name, test);
  return test;
}

/** Puts each alternative where the fewest others are: under the demanded values that are the rarest among all of them. */
function fillBuckets(alternatives: readonly Alternative[]): Buckets {
  const uses = new Map<number, Map<Scalar, number>>();
  for (const { tests } of alternatives) {
    for (const { path, identities } of tests) {
      const byValue = entry(uses, path, () => new Map<Scalar, number>());
      for (const value of identities ?? []) byValue.set(value, (byValue.get(value) ?? 0) + 1);
    }
  }
  const byPath = new Map<number, Map<Scalar, Alternative[]>>();
  const always: Alternative[] = [];
  for (const alternative of alternatives) {
    let best: Test | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    for (const test of alternative.tests) {
      const cost = test.identities?.reduce<number>((sum, value) => sum + (uses.get(test.path)?.get(value) ?? 0), 0);
      if (cost === undefined || cost >= fewest) continue;
      best = test;
      fewest = cost;
    }
    if (best?.identities === undefined) {
      always.push(alternative);
      continue;
    }
    const byValue = entry(byPath, best.path, () => new Map<Scalar, Alternative[]>());
    for (const value of best.identities) entry(byValue, value, () => [] as Alternative[]).push(alternative);
  }
  return { byPath: [...byPath].map(([path, byValue]) => ({ path, byValue })), always };
}

function entry<K, V>(map: Map<K, V>, key: K, create: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const created = create();
  map.set(key, created);
  return created;
}

function distinct(leaves: readonly Leaf[]): Iterable<Leaf> {
  if (leaves.length < 2) return leaves;
  return new Map(leaves.map((leaf) => [leaf.value, leaf])).values();
}

type Verdict = (test: Test) => Requirement | undefined;

/** Judges each test at most once an event. What it remembers serves all events, one after the other, without a new table each. */
function createVerdicts(count: number): (fields: EventFields) => Verdict {
  const requirements = new Array<Requirement | undefined>(count);
  const judgedIn = new Array<number>(count).fill(0);
  let round = 0;
  return (fields) => {
    round++;
    return (test) => {
      if (judgedIn[test.index] !== round) {
        judgedIn[test.index] = round;
        requirements[test.index] = judgeTest(test, fields.leaves[test.path] as readonly Leaf[]);
      }
      return requirements[test.index];
    };
  };
}

function matches(tests: readonly Test[], fields: EventFields, verdict: Verdict): boolean {
  let inArrays = 0;
  for (const test of tests) {
    const requirement = verdict(test);
    if (requirement === undefined) return false;
    if (requirement !== MET) inArrays++;
  }
  if (inArrays === 0) return true;
  return canHoldTogether(
    tests.map((test) => verdict(test) ?? MET).filter((requirement) => requirement !== MET),
    fields.elements,
  );
}

/** What the test demands of the event's array elements; undefined where it cannot hold whatever elements are chosen. */
function judgeTest(test: Test, leaves: readonly Leaf[]): Requirement | undefined {
  if (leaves.length === 0) return test.acceptsAbsence ? MET : undefined;
  const first = leaves[0] as Leaf;
  // Most fields: one value outside all arrays.
  if (leaves.length === 1 && first.element === 0) return test.accepts(first.value) ? MET : undefined;
  const matched = new Set<number>();
  for (const { value, element } of leaves) {
    if (!matched.has(element) && test.accepts(value)) matched.add(element);
  }
  if (matched.size === 1 && matched.has(0)) return MET;
  // A value outside all arrays is there whatever elements are chosen.
  if (test.acceptsAbsence && leaves.every(({ element }) => element !== 0)) {
    return { matched, present: new Set(leaves.map(({ element }) => element)) };
  }
  return matched.size === 0 ? undefined : { matched, present: undefined };
}
