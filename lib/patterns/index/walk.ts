// The walk of one event through the index: from its values to the alternatives that they leave possible.
import type { Leaf } from "../event-fields.ts";
import { type EventValues, MANY } from "../event-values.ts";
import type { Scalar } from "../tree.ts";
import { type Bits, clearBit, createBits, hasBit, setBit, setMask } from "./bits.ts";
import { accepts, createVerdicts, type Test, type Verdicts } from "./field-test.ts";
import type { Found } from "./hit.ts";
import { type Complement, completedBy, type FieldIndex, isOpen, type Node } from "./node.ts";
import { aloneAt, candidateAt, findEntries, type Prefilter } from "./prefilter.ts";
import { findValue } from "./values.ts";

/** Its memory serves one event after the other. */
export interface Walk {
  values: EventValues;
  prefilter: Prefilter;
  /** The alternatives found. */
  matched: Bits;
  /** Nodes still to be visited. */
  pending: Found<Node>;
  /** Entries of the prefilter, and places of nodes that exclude a value, while they are looked at. */
  entries: Found<number>;
  excluded: Found<number>;
  /** What tests demand of an event with arrays on the way; made when first asked. */
  verdicts: Verdicts | undefined;
  /** Number of the event, and of the look at a complement. */
  round: number;
  look: number;
}

export function createWalk(values: EventValues, prefilter: Prefilter, count: number): Walk {
  return {
    values,
    prefilter,
    matched: createBits(count),
    pending: { items: [], size: 0 },
    entries: { items: [], size: 0 },
    excluded: { items: [], size: 0 },
    verdicts: undefined,
    round: 0,
    look: 0,
  };
}

/** Visits all nodes that the values lead to. */
export function walkFrom(root: Node, walk: Walk): void {
  const { pending } = walk;
  const round = ++walk.round;
  walk.verdicts = undefined;
  visit(root, walk);
  while (pending.size > 0) {
    const node = pending.items[--pending.size] as Node;
    if (node.round === round) continue;
    node.round = round;
    visit(node, walk);
  }
}

function visit(node: Node, walk: Walk): void {
  const { guards, first, others, from, to } = node;
  if (!allHold(guards, 0, walk)) return;
  if (first >= 0) setBit(walk.matched, first);
  for (let at = 0; at < others.length; at++) setBit(walk.matched, others[at] as number);
  if (from < to) visitFew(from, to, walk);
  for (let field = node.field; field !== undefined; field = field.next) visitField(field, walk);
}

/** Whether all tests from that place on may hold, one by one. */
function allHold(tests: readonly Test[], from: number, walk: Walk): boolean {
  for (let at = from; at < tests.length; at++) if (!mayHold(tests[at] as Test, walk)) return false;
  return true;
}

function mayHold(test: Test, walk: Walk): boolean {
  const value = walk.values.value(test.path);
  if (value === undefined) return test.acceptsAbsence;
  if (value !== MANY) return accepts(test, value);
  walk.verdicts ??= createVerdicts(walk.values.fields());
  return walk.verdicts.mayHold(test);
}

function visitFew(from: number, to: number, walk: Walk): void {
  const { prefilter, entries, matched } = walk;
  entries.size = 0;
  findEntries(prefilter, from, to, walk.values, entries);
  for (let at = 0; at < entries.size; at++) {
    const place = entries.items[at] as number;
    const alone = place < 0 ? -1 : aloneAt(prefilter, place);
    if (alone >= 0) setBit(matched, alone);
    else if (place < 0) judgeCandidate(~place, 0, walk);
    else judgeCandidate(place, 1, walk);
  }
}

/** Judges the tests of a candidate from that one on. */
function judgeCandidate(place: number, from: number, walk: Walk): void {
  const { tests, alternatives } = candidateAt(walk.prefilter, place);
  if (!allHold(tests, from, walk)) return;
  for (let at = 0; at < alternatives.length; at++) setBit(walk.matched, alternatives[at] as number);
}

function visitField(field: FieldIndex, walk: Walk): void {
  const value = walk.values.value(field.path);
  if (value === MANY) visitLeaves(field, walk.values.fields().leaves[field.path] as readonly Leaf[], walk);
  else if (value === undefined) addAll(field.absent, walk);
  else visitValue(field, value, walk);
}

/** Each value leads somewhere; values within array elements leave it possible that the chosen elements have none. */
function visitLeaves(field: FieldIndex, leaves: readonly Leaf[], walk: Walk): void {
  if (field.absent.length > 0 && leaves.every(({ element }) => element !== 0)) addAll(field.absent, walk);
  for (const value of new Set(leaves.map((leaf) => leaf.value))) visitValue(field, value, walk);
}

function visitValue(field: FieldIndex, value: Scalar, walk: Walk): void {
  findValue(field, value, walk.pending);
  if (field.unless !== undefined) visitUnless(field.unless, value, walk);
}

/** Goes to all nodes but those that exclude the value. */
function visitUnless(complement: Complement, value: Scalar, walk: Walk): void {
  const { nodes, open, excludedIn } = complement;
  const { pending, excluded } = walk;
  const look = ++walk.look;
  excluded.size = 0;
  findValue(complement.excluded, value, excluded);
  for (let at = 0; at < excluded.size; at++) excludedIn[excluded.items[at] as number] = look;
  completeUnlessExcluded(complement, walk);
  for (let at = 0; at < open.length; at++) {
    const place = open[at] as number;
    if (excludedIn[place] !== look) pending.items[pending.size++] = nodes[place] as Node;
  }
}

/** Sets what the nodes complete in one go, and takes back what only excluded ones do. */
function completeUnlessExcluded({ nodes, complete }: Complement, { matched, excluded }: Walk): void {
  const kept: number[] = [];
  for (let at = 0; at < excluded.size; at++) {
    const node = nodes[excluded.items[at] as number] as Node;
    if (isOpen(node)) continue;
    for (const alternative of completedBy(node)) if (!hasBit(matched, alternative)) kept.push(alternative);
  }
  setMask(matched, complete);
  for (let at = 0; at < kept.length; at++) clearBit(matched, kept[at] as number);
}

function addAll(nodes: readonly Node[], { pending }: Walk): void {
  for (const node of nodes) pending.items[pending.size++] = node;
}
