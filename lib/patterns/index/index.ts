// Matches many pattern trees against one event through an index that they share: from the event's values to the trees
// that they leave possible, so that the cost depends on how many match rather than on how many there are.
import { createEventValues } from "../event-values.ts";
import type { PatternTree } from "../tree.ts";
import { drain } from "./bits.ts";
import { type Alternative, createVerdicts, shareTests, type Verdicts } from "./field-test.ts";
import { buildNodes, type Node } from "./node.ts";
import { createWalk, type Walk, walkFrom } from "./walk.ts";

interface Index<T> {
  results: readonly T[];
  alternatives: readonly Alternative[];
  /** The tree of each alternative. */
  treeOf: Int32Array;
  /** Whether every tree has one alternative: the number of the one is then the number of the other. */
  single: boolean;
  root: Node;
  walk: Walk;
  /** The numbers of the alternatives found, ascending. */
  drained: Int32Array;
}

/** Returns a function from an event to the indexes of the trees that match it, ascending. Throws nothing. */
export function compileTrees(trees: readonly PatternTree[]): (event: object) => number[] {
  return compileIndex(
    trees,
    trees.map((_, index) => index),
  );
}

/** Returns a function from an event to the results of the trees that match it, in their order. Throws nothing. */
export function compileIndex<T>(trees: readonly PatternTree[], results: readonly T[]): (event: object) => T[] {
  const { alternatives, paths } = shareTests(trees);
  const { root, prefilter } = buildNodes(alternatives);
  const index: Index<T> = {
    results,
    alternatives,
    treeOf: Int32Array.from(alternatives, ({ tree }) => tree),
    single: trees.every((tree) => tree.alternatives.length === 1),
    root,
    walk: createWalk(createEventValues(paths), prefilter, alternatives.length),
    drained: new Int32Array(alternatives.length),
  };
  return (event) => matchEvent(index, event);
}

function matchEvent<T>(index: Index<T>, event: object): T[] {
  const { root, walk, drained } = index;
  const { values } = walk;
  values.open(event);
  walkFrom(root, walk);
  // The index tells what some values allow; where they lie in arrays, they must also be allowed together.
  const together = values.inElements() ? (walk.verdicts ?? createVerdicts(values.fields())) : undefined;
  values.close();
  const count = drain(walk.matched, drained);
  return index.single && together === undefined ? resultsOf(index, count) : matchingTrees(index, count, together);
}

function resultsOf<T>({ results, drained }: Index<T>, count: number): T[] {
  const found = new Array<T>(count);
  for (let at = 0; at < count; at++) found[at] = results[drained[at] as number] as T;
  return found;
}

/** Each tree counts once, by the first of its alternatives whose tests hold together. */
function matchingTrees<T>(index: Index<T>, count: number, together: Verdicts | undefined): T[] {
  const { results, alternatives, treeOf, drained } = index;
  const found: T[] = [];
  let last = -1;
  for (let at = 0; at < count; at++) {
    const number = drained[at] as number;
    const tree = treeOf[number] as number;
    if (tree === last) continue;
    if (together !== undefined && !together.holdTogether((alternatives[number] as Alternative).tests)) continue;
    last = tree;
    found.push(results[tree] as T);
  }
  return found;
}
