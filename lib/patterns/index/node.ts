// Alternatives as a tree of decisions: each level looks at one field and leads only to what its value leaves possible.
import type { Operator, Scalar } from "../tree.ts";
import { compileOperators } from "../value.ts";
import { createMask, type Mask } from "./bits.ts";
import type { Alternative, Test } from "./field-test.ts";
import { addTo, compact } from "./hit.ts";
import { addCandidates, type Candidate, createDraft, type Draft, FEW, finish, type Prefilter } from "./prefilter.ts";
import { buildValueIndex, type Demand, type ValueIndex } from "./values.ts";

export interface Node {
  /** Tests that everything below has in common. */
  guards: readonly Test[];
  /** An alternative whose tests all hold here, -1 for none, and others like it. */
  first: number;
  others: readonly number[];
  /** The entries of the prefilter that decide what comes next, where few alternatives are left. */
  from: number;
  to: number;
  /** Else the first of the fields that decide what comes next. */
  field: FieldIndex | undefined;
  /** The last round that came by: no node counts twice for one event, however many values lead to it. */
  round: number;
}

export interface FieldIndex extends ValueIndex<Node> {
  path: number;
  unless: Complement | undefined;
  /** Where to go without the field. */
  absent: readonly Node[];
  /** Another field that decides. */
  next: FieldIndex | undefined;
}

/** The field's `anything-but` tests: every value leads to all of their nodes but those that exclude it. */
export interface Complement {
  /** Leads to the places in `nodes` that exclude a value. */
  excluded: ValueIndex<number>;
  nodes: readonly Node[];
  /** The places of nodes with more to decide, and by the same places the last look that excluded them. */
  open: readonly number[];
  excludedIn: Float64Array;
  /** The alternatives that all other nodes complete. */
  complete: Mask;
}

/** Alternatives that have the same tests left. */
interface Bundle {
  tests: readonly Test[];
  alternatives: readonly number[];
  /** In how many places it is, being under each of several values. */
  copies: number;
}

const MAX_COPIES = 32;
/** Values shared by so few bundles are rare enough: fewer fields to look at count for more then. */
const RARE = 16;
/** More than there are tests. */
const ALL = 2 ** 32;

/** The root, and the prefilter that its nodes share. */
export function buildNodes(alternatives: readonly Alternative[]): { root: Node; prefilter: Prefilter } {
  const bundles = new Map<string, { tests: readonly Test[]; alternatives: number[]; copies: number }>();
  alternatives.forEach(({ tests }, index) => {
    const name = tests.map((test) => test.index).join();
    const known = bundles.get(name);
    if (known === undefined) bundles.set(name, { tests, alternatives: [index], copies: 1 });
    else known.alternatives.push(index);
  });
  const draft = createDraft();
  const root = buildNode([...bundles.values()], draft);
  return { root, prefilter: finish(draft) };
}

/** What comes below the root, which every event visits and which therefore needs no prefilter to be fast. */
function buildBelow(bundles: readonly Bundle[], draft: Draft): Node {
  return buildFew(bundles, draft) ?? buildNode(bundles, draft);
}

/** Undefined where the bundles do not fit the prefilter. */
function buildFew(bundles: readonly Bundle[], draft: Draft): Node | undefined {
  if (bundles.length > FEW) return undefined;
  const uses = countUses(bundles);
  const complete: number[] = [];
  const candidates: Candidate[] = [];
  for (const { tests, alternatives } of bundles) {
    const chosen = mostSelective(tests, uses);
    if (chosen === undefined) complete.push(...alternatives);
    else if (tests.length === 1) for (const one of alternatives) candidates.push({ tests, alternatives: [one] });
    else candidates.push({ tests: [chosen, ...tests.filter((test) => test !== chosen)], alternatives });
  }
  const span = addCandidates(draft, candidates);
  if (span === undefined) return undefined;
  const [first = -1, ...others] = complete;
  return { guards: compact([]), first, others: compact(others), ...span, field: undefined, round: 0 };
}

function buildNode(bundles: readonly Bundle[], draft: Draft): Node {
  const uses = countUses(bundles);
  const guards = [...uses.tests].filter(([, count]) => count === bundles.length).map(([test]) => test);
  const complete: number[] = [];
  const byPath = new Map<number, Branches>();
  for (const bundle of bundles) {
    const tests = guards.length === 0 ? bundle.tests : bundle.tests.filter((test) => !guards.includes(test));
    const chosen = mostSelective(tests, uses);
    if (chosen === undefined) {
      for (const alternative of bundle.alternatives) complete.push(alternative);
      continue;
    }
    const branches = byPath.get(chosen.path) ?? { byValue: new Map(), byTest: new Map() };
    byPath.set(chosen.path, branches);
    branch(branches, chosen, { ...bundle, tests: tests.filter((test) => test !== chosen) });
  }
  let field: FieldIndex | undefined;
  for (const [path, branches] of byPath) field = buildField(path, branches, field, draft);
  const [first = -1, ...others] = complete;
  return { guards: compact(guards), first, others: compact(others), from: 0, to: 0, field, round: 0 };
}

interface Uses {
  tests: Map<Test, number>;
  values: Map<number, Map<Scalar, number>>;
  /** How many tests demand values, by path. */
  demands: Map<number, number>;
}

function countUses(bundles: readonly Bundle[]): Uses {
  const uses: Uses = { tests: new Map(), values: new Map(), demands: new Map() };
  for (const { tests } of bundles) {
    for (const test of tests) {
      uses.tests.set(test, (uses.tests.get(test) ?? 0) + 1);
      if (bundles.length === 1 || test.identities === undefined) continue;
      const values = uses.values.get(test.path) ?? new Map<Scalar, number>();
      uses.values.set(test.path, values);
      uses.demands.set(test.path, (uses.demands.get(test.path) ?? 0) + 1);
      for (const value of test.identities) values.set(value, (values.get(value) ?? 0) + 1);
    }
  }
  return uses;
}

/** The test that the fewest events pass, as far as patterns tell: the rarest demanded values first, exclusions last. */
function mostSelective(tests: readonly Test[], uses: Uses): Test | undefined {
  let best: Test | undefined;
  let least = Number.POSITIVE_INFINITY;
  let fewest = Number.POSITIVE_INFINITY;
  for (const test of tests) {
    const rank = test.identities === undefined ? rankOf(test) : 0;
    if (rank > least) continue;
    const values = uses.values.get(test.path);
    const count = Math.max(
      RARE,
      test.identities?.reduce<number>((sum, value) => sum + (values?.get(value) ?? 0), 0) ??
        (uses.tests.get(test) as number),
    );
    // Of equals, the field that the most others look at.
    const cost = count - (uses.demands.get(test.path) ?? 0) / ALL;
    if (rank === least && cost >= fewest) continue;
    best = test;
    least = rank;
    fewest = cost;
  }
  return best;
}

function rankOf({ operators }: Test): number {
  if (operators.some(({ op }) => op === "exists" || op === "anything-but")) return 3;
  return operators.some(({ op }) => op === "wildcard") ? 2 : 1;
}

/** What one field decides: bundles by a value, where they demand few, else by their test. */
interface Branches {
  byValue: Map<Scalar, Bundle[]>;
  byTest: Map<Test, Bundle[]>;
}

function branch({ byValue, byTest }: Branches, test: Test, bundle: Bundle): void {
  const copies = bundle.copies * (test.identities?.length ?? Number.POSITIVE_INFINITY);
  if (copies > MAX_COPIES) addTo(byTest, test, bundle);
  else for (const value of test.identities as readonly Scalar[]) addTo(byValue, value, { ...bundle, copies });
}

function buildField(
  path: number,
  { byValue, byTest }: Branches,
  next: FieldIndex | undefined,
  draft: Draft,
): FieldIndex {
  const demands: Demand<Node>[] = [];
  const exclusions: { none: readonly Operator[]; node: Node }[] = [];
  const absent: Node[] = [];
  for (const [value, bundles] of byValue) {
    // Identities never are spellings of an address, or they would not be identities.
    const by: Operator = typeof value === "string" ? { op: "exactly", value } : { op: "equals", value };
    demands.push({ by, target: buildBelow(bundles, draft) });
  }
  for (const [test, bundles] of byTest) {
    const node = buildBelow(bundles, draft);
    if (test.acceptsAbsence) absent.push(node);
    const unless = test.operators.filter((operator) => operator.op === "anything-but");
    if (unless.length > 1) {
      demands.push({ by: compileOperators(test.operators), target: node });
      continue;
    }
    for (const operator of test.operators) {
      if (operator.op === "anything-but") exclusions.push({ none: operator.none, node });
      else demands.push({ by: operator, target: node });
    }
  }
  return { ...buildValueIndex(demands), path, unless: buildComplement(exclusions), absent: compact(absent), next };
}

function buildComplement(exclusions: readonly { none: readonly Operator[]; node: Node }[]): Complement | undefined {
  if (exclusions.length === 0) return undefined;
  const nodes = exclusions.map(({ node }) => node);
  const demands = exclusions.flatMap(({ none }, place) => none.map((by): Demand<number> => ({ by, target: place })));
  return {
    excluded: buildValueIndex(demands),
    nodes,
    open: nodes.flatMap((node, place) => (isOpen(node) ? [place] : [])),
    excludedIn: new Float64Array(nodes.length),
    complete: createMask(nodes.flatMap((node) => (isOpen(node) ? [] : completedBy(node)))),
  };
}

export function completedBy({ first, others }: Node): readonly number[] {
  return first < 0 ? others : [first, ...others];
}

/** Whether there is more to decide at the node. */
export function isOpen({ guards, from, to, field }: Node): boolean {
  return guards.length > 0 || field !== undefined || to > from;
}
