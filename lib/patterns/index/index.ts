// Matches many pattern trees against one event through an index that they share: from the event's values to the trees that
// they leave possible, so that the cost depends on how many match rather than on how many there are.
import type { Leaf } from "../event-fields.ts";
import { createEventValues, MANY } from "../event-values.ts";
import type { PatternTree, Scalar } from "../tree.ts";
import { clearBit, createBits, drain, hasBit, setBit, setMask } from "./bits.ts";
import { type Alternative, accepts, createVerdicts, shareTests, type Test, type Verdicts } from "./field-test.ts";
import type { Found } from "./hit.ts";
import { buildNodes, type Complement, completedBy, type FieldIndex, isOpen, type Node } from "./node.ts";
import { findValue } from "./values.ts";

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
  const root = buildNodes(alternatives);
  const values = createEventValues(paths);
  const treeOf = Int32Array.from(alternatives, ({ tree }) => tree);
  const single = trees.every((tree) => tree.alternatives.length === 1);
  const matched = createBits(alternatives.length);
  const drained = new Int32Array(alternatives.length);
  const pending: Found<Node> = { items: [], size: 0 };
  const kept: number[] = [];
  const excluded: Found<number> = { items: [], size: 0 };
  let verdicts: Verdicts | undefined;
  let round = 0;
  let look = 0;

  function visit(node: Node): void {
    const { guards, first, others } = node;
    for (let at = 0; at < guards.length; at++) if (!mayHold(guards[at] as Test)) return;
    if (first >= 0) setBit(matched, first);
    for (let at = 0; at < others.length; at++) setBit(matched, others[at] as number);
    for (let field = node.field; field !== undefined; field = field.next) visitField(field);
  }

  function mayHold(test: Test): boolean {
    const value = values.value(test.path);
    if (value === undefined) return test.acceptsAbsence;
    if (value !== MANY) return accepts(test, value);
    verdicts ??= createVerdicts(values.fields());
    return verdicts.mayHold(test);
  }

  function visitField(field: FieldIndex): void {
    const value = values.value(field.path);
    if (value === MANY) visitLeaves(field, values.fields().leaves[field.path] as readonly Leaf[]);
    else if (value === undefined) addAll(field.absent);
    else visitValue(field, value);
  }

  /** Each value leads somewhere; values within array elements leave it possible that the chosen elements have none. */
  function visitLeaves(field: FieldIndex, leaves: readonly Leaf[]): void {
    if (field.absent.length > 0 && leaves.every(({ element }) => element !== 0)) addAll(field.absent);
    for (const value of new Set(leaves.map((leaf) => leaf.value))) visitValue(field, value);
  }

  function visitValue(field: FieldIndex, value: Scalar): void {
    findValue(field, value, pending);
    if (field.unless !== undefined) visitUnless(field.unless, value);
  }

  function visitUnless({ excluded: index, nodes, open, excludedIn, complete }: Complement, value: Scalar): void {
    look++;
    excluded.size = 0;
    findValue(index, value, excluded);
    kept.length = 0;
    for (let at = 0; at < excluded.size; at++) {
      const place = excluded.items[at] as number;
      excludedIn[place] = look;
      const node = nodes[place] as Node;
      if (isOpen(node)) continue;
      for (const alternative of completedBy(node)) if (!hasBit(matched, alternative)) kept.push(alternative);
    }
    setMask(matched, complete);
    for (let at = 0; at < kept.length; at++) clearBit(matched, kept[at] as number);
    for (let at = 0; at < open.length; at++) {
      const place = open[at] as number;
      if (excludedIn[place] !== look) pending.items[pending.size++] = nodes[place] as Node;
    }
  }

  function addAll(nodes: readonly Node[]): void {
    for (const node of nodes) pending.items[pending.size++] = node;
  }

  return (event) => {
    round++;
    values.open(event);
    verdicts = undefined;
    visit(root);
    while (pending.size > 0) {
      const node = pending.items[--pending.size] as Node;
      if (node.round === round) continue;
      node.round = round;
      visit(node);
    }
    // The index tells what some values allow; where they lie in arrays, they must also be allowed together.
    const together = values.inElements() ? (verdicts ?? createVerdicts(values.fields())) : undefined;
    values.close();
    const count = drain(matched, drained);
    const found = new Array<T>(count);
    if (single && together === undefined) {
      for (let at = 0; at < count; at++) found[at] = results[drained[at] as number] as T;
      return found;
    }
    let size = 0;
    let last = -1;
    for (let at = 0; at < count; at++) {
      const number = drained[at] as number;
      const tree = treeOf[number] as number;
      if (tree === last) continue;
      if (together !== undefined && !together.holdTogether((alternatives[number] as Alternative).tests)) continue;
      last = tree;
      found[size++] = results[tree] as T;
    }
    if (size < count) found.length = size;
    return found;
  };
}
