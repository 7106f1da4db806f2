// Reads from an event the fields that patterns ask for: dotted path to values, each with its place
// in arrays of objects.
import type { Scalar } from "./tree.ts";

/** A value of a field. `element` is the innermost array element that is an object or array around it, 0 for none. */
export interface Leaf {
  value: Scalar;
  element: number;
}

/**
 * The array elements of one event: number n lies in array `array[n]` inside element `parent[n]`; 0 is the event itself.
 */
export interface Elements {
  parent: number[];
  array: number[];
}

export interface EventFields {
  /** By the index of the path in the reader's list. */
  leaves: readonly (readonly Leaf[])[];
  elements: Elements;
}

interface PathNode {
  /** Index of the path that ends here, -1 for none. */
  index: number;
  children: Map<string, PathNode>;
}

const NOTHING: readonly Leaf[] = [];
/** Arrays nested deeper are not looked into, so that the cost of an event stays linear in its size. */
const MAX_ARRAY_DEPTH = 100;

/**
 * Prepares to read the given dotted paths. A key that itself holds dots counts as several steps, so that `{"a.b": 1}`
 * and `{"a": {"b": 1}}` have the same field. Visits only what some path leads to, and needs no stack for deep events.
 * What is no object (an array, null) has no fields.
 */
export function compileReader(paths: readonly string[]): (event: object) => EventFields {
  const root: PathNode = { index: -1, children: new Map() };
  paths.forEach((path, index) => {
    let node = root;
    for (const step of path.split(".")) {
      const child: PathNode = node.children.get(step) ?? { index: -1, children: new Map() };
      node.children.set(step, child);
      node = child;
    }
    node.index = index;
  });
  return (event) => readFields(event, root, paths.length);
}

/** An object or array still to be looked into. */
interface Pending {
  value: object;
  node: PathNode;
  element: number;
  /** How many arrays it lies in. */
  depth: number;
}

/** What has been read of an event so far. */
interface Reading {
  leaves: (readonly Leaf[] | Leaf[])[];
  elements: Elements;
  arrays: number;
  pending: Pending[];
}

function readFields(event: object, root: PathNode, count: number): EventFields {
  const reading: Reading = {
    leaves: new Array<readonly Leaf[] | Leaf[]>(count).fill(NOTHING),
    elements: { parent: [0], array: [-1] },
    arrays: 0,
    pending: [],
  };
  const { leaves, elements, pending } = reading;
  if (typeof event === "object" && event !== null && !Array.isArray(event))
    pending.push({ value: event, node: root, element: 0, depth: 0 });
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (Array.isArray(next.value)) readArray(reading, next, next.value);
    else readObject(reading, next);
  }
  return { leaves, elements };
}

function readObject(reading: Reading, { value, node, element, depth }: Pending): void {
  for (const key of Object.keys(value)) {
    const child = node.children.get(key) ?? (key.includes(".") ? walk(node, key) : undefined);
    if (child !== undefined) visit(reading, value[key as keyof typeof value], child, element, depth);
  }
}

function readArray(reading: Reading, { node, element, depth }: Pending, items: readonly unknown[]): void {
  if (depth === MAX_ARRAY_DEPTH) return;
  const { elements } = reading;
  const array = reading.arrays++;
  for (const item of items) {
    if (typeof item === "object" && item !== null) {
      elements.parent.push(element);
      elements.array.push(array);
      visit(reading, item, node, elements.parent.length - 1, depth + 1);
    } else visit(reading, item, node, element, depth);
  }
}

function visit({ leaves, pending }: Reading, value: unknown, node: PathNode, element: number, depth: number): void {
  if (typeof value === "object" && value !== null) {
    pending.push({ value, node, element, depth });
    return;
  }
  if (node.index < 0 || value === undefined || typeof value === "function") return;
  const known = leaves[node.index] as Leaf[];
  if (known === NOTHING) leaves[node.index] = [{ value: value as Scalar, element }];
  else known.push({ value: value as Scalar, element });
}

function walk(node: PathNode, key: string): PathNode | undefined {
  let current: PathNode | undefined = node;
  for (const step of key.split(".")) current = current?.children.get(step);
  return current;
}
