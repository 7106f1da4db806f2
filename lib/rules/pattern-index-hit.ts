// What an index of operators gives for a value: the targets of the operators that hold, gathered without a new list each time.
import type { Scalar } from "./pattern-tree.ts";
import type { ValueTest } from "./pattern-value.ts";

/** A target found by a part of its operator; `accepts` judges the whole operator where that part does not decide it. */
export interface Hit<T> {
  target: T;
  accepts: ValueTest | undefined;
}

/** A growing list whose memory serves one event after the other: only the first `size` items count. */
export interface Found<T> {
  items: T[];
  size: number;
}

export function emit<T>(hits: readonly Hit<T>[], value: Scalar, found: Found<T>): void {
  for (let at = 0; at < hits.length; at++) {
    const { target, accepts } = hits[at] as Hit<T>;
    if (accepts === undefined || accepts(value)) found.items[found.size++] = target;
  }
}

/** Adds to the list under a key, in the order of the calls. */
export function addTo<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
