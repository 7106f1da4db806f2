// Lays what came beside what was expected: in order of time, in any order at one moment, and with
// as many pairs as there can be.

type Match<A, B> = (expected: A, came: B) => boolean;

/** What came (by `at`, in ms), that of one moment put in the order in which it is expected. */
export function inExpectedOrder<A, B extends { at: number }>(
  expected: readonly A[],
  came: readonly B[],
  match: Match<A, B>,
): B[] {
  const holders = new Map<number, B>();
  /** Gives the item a place, where need be by moving others of its moment to places that suit them as well. */
  function place(item: B, tried: Set<number>): boolean {
    for (const [index, wanted] of expected.entries()) {
      if (tried.has(index) || !match(wanted, item)) continue;
      tried.add(index);
      const holder = holders.get(index);
      if (holder !== undefined && (holder.at !== item.at || !place(holder, tried))) continue;
      holders.set(index, item);
      return true;
    }
    return false;
  }
  for (const item of came) place(item, new Set());
  const places = new Map([...holders].map(([index, item]) => [item, index]));
  const placeOf = (item: B): number => places.get(item) ?? expected.length;
  return came.toSorted((a, b) => a.at - b.at || placeOf(a) - placeOf(b));
}

/** The longest list of pairs that match, in the order of both lists, as their indexes. */
export function pairsOf<A, B>(
  expected: readonly A[],
  came: readonly B[],
  match: Match<A, B>,
): [expected: number, came: number][] {
  const longest = Array.from({ length: expected.length + 1 }, () => new Int32Array(came.length + 1));
  const matching = expected.map((wanted) => came.map((item) => match(wanted, item)));
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = came.length - 1; j >= 0; j--) {
      const skipped = Math.max(longest[i + 1]![j]!, longest[i]![j + 1]!);
      longest[i]![j] = matching[i]![j] ? Math.max(skipped, longest[i + 1]![j + 1]! + 1) : skipped;
    }
  }
  const found: [number, number][] = [];
  for (let i = 0, j = 0; i < expected.length && j < came.length; ) {
    if (matching[i]![j] && longest[i]![j] === longest[i + 1]![j + 1]! + 1) found.push([i++, j++]);
    else if (longest[i + 1]![j]! >= longest[i]![j + 1]!) i++;
    else j++;
  }
  return found;
}
