// Many ranges at once (of numbers, or of addresses as digits of equal length): those that hold a
// value, in logarithmic time.
import { chain, createHit, emit, type Found, type Hit } from "./hit.ts";

export interface Range<B, T> {
  low: B;
  lowOpen: boolean;
  high: B;
  highOpen: boolean;
  target: T;
}

/**
 * A segment tree. Its positions are the sorted bounds (odd numbers) and the gaps around them (even numbers), so that
 * open and closed bounds need no care; each range lies in the few nodes that together are its positions.
 */
export interface Ranges<B, T> {
  bounds: B[];
  nodes: (Hit<T> | undefined)[];
}

export function buildRanges<B extends number | string, T>(ranges: readonly Range<B, T>[]): Ranges<B, T> {
  const bounds = [...new Set(ranges.flatMap(({ low, high }) => [low, high]))].sort((a, b) => (a < b ? -1 : 1));
  const positions = 2 * bounds.length + 1;
  const nodes = new Array<Hit<T> | undefined>(2 * positions).fill(undefined);
  const place = (node: number, target: T): void => {
    nodes[node] = chain(createHit(target), nodes[node]);
  };
  for (const { low, lowOpen, high, highOpen, target } of ranges) {
    let first = positions + positionOf(bounds, low) + (lowOpen ? 1 : 0);
    let end = positions + positionOf(bounds, high) + (highOpen ? 0 : 1);
    for (; first < end; first >>= 1, end >>= 1) {
      if (first & 1) place(first++, target);
      if (end & 1) place(--end, target);
    }
  }
  return { bounds, nodes };
}

/** Finds the targets of all ranges that hold the value. */
export function findRanges<B extends number | string, T>(
  { bounds, nodes }: Ranges<B, T>,
  value: B,
  found: Found<T>,
): void {
  for (let node = (nodes.length >> 1) + positionOf(bounds, value); node > 0; node >>= 1) {
    const hits = nodes[node];
    if (hits !== undefined) emit(hits, value, found);
  }
}

function positionOf<B extends number | string>(bounds: readonly B[], value: B): number {
  let low = 0;
  let high = bounds.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bounds[middle] as B) < value) low = middle + 1;
    else high = middle;
  }
  return bounds[low] === value ? 2 * low + 1 : 2 * low;
}
