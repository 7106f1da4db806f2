// What an index of operators gives for a value: the targets of the operators that hold, gathered without
// a new list each time. An index of many rules is larger than the processor's caches, so hits are
// chained and judged without detours.
import { matchesWildcard } from "../text.ts";
import type { Scalar } from "../tree.ts";
import type { ValueTest } from "../value.ts";

/** A target found by a part of its operator; the whole operator is judged where that part does not decide it. */
export interface Hit<T> {
  target: T;
  /** Of a wildcard that must be judged. */
  parts: readonly string[] | undefined;
  /** Judges any other operator. */
  accepts: ValueTest | undefined;
  /** Another hit found by the same part. */
  next: Hit<T> | undefined;
}

/** A growing list whose memory serves one event after the other: only the first `size` items count. */
export interface Found<T> {
  items: T[];
  size: number;
}

export function createHit<T>(target: T, parts?: readonly string[], accepts?: ValueTest): Hit<T> {
  return { target, parts, accepts, next: undefined };
}

/** Adds the targets of all hits of the chain that accept the value. */
export function emit<T>(first: Hit<T> | undefined, value: Scalar, found: Found<T>): void {
  for (let hit = first; hit !== undefined; hit = hit.next) {
    const { parts, accepts } = hit;
    if (parts !== undefined && !matchesWildcard(value as string, parts)) continue;
    if (accepts === undefined || accepts(value)) found.items[found.size++] = hit.target;
  }
}

/** The chain with the hit before it. */
export function chain<T>(hit: Hit<T>, others: Hit<T> | undefined): Hit<T> {
  hit.next = others;
  return hit;
}

/** Chains the hits of each key. */
export function chainTo<K, T>(map: Map<K, Hit<T>>, key: K, hit: Hit<T>): void {
  map.set(key, chain(hit, map.get(key)));
}

const NONE: readonly never[] = [];

/** The list, or the one empty list that all share. */
export function compact<T>(list: readonly T[]): readonly T[] {
  return list.length === 0 ? NONE : list;
}

/** Adds to the list under a key, in the order of the calls. */
export function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
