// What is new about pool events, which the API changes in place: `count` and `lastTimestamp` of an item grow. Pure.
// Items equal in every identifying field (twins) are one group; what was seen of a group is the list of its totals.

export interface Totals {
  count: number;
  /** ms */
  last: number;
}

export interface Change<T extends Totals> {
  item: T;
  /** Undefined: an item not seen before. */
  before: Totals | undefined;
  /** Occurrences since `before`, at least 1; an unseen item's whole count. */
  grown: number;
}

/**
 * Compares a group as it is shown now with what was seen of it; changes come oldest first. An item that is shown as it
 * was, or as it was before (a server that lags behind), is no change.
 */
export function compareTotals<T extends Totals>(shown: readonly T[], seen: readonly Totals[]): Change<T>[] {
  const left = [...seen];
  const moved = shown.filter((item) => !take(left, (known) => known.count === item.count && known.last === item.last));
  moved.sort((a, b) => a.count - b.count || a.last - b.last);
  const changes: Change<T>[] = [];
  // The highest total takes the smallest that continues it: a twin that begins small stays a new
  // one, and the sum is right.
  for (const known of left.toSorted((a, b) => b.count - a.count || b.last - a.last)) {
    const next =
      take(moved, (item) => item.count > known.count && item.last >= known.last) ??
      take(moved, (item) => item.count === known.count && item.last >= known.last);
    if (next === undefined) continue;
    take(left, (other) => other === known);
    changes.push({ item: next, before: known, grown: Math.max(1, next.count - known.count) });
  }
  for (const item of moved) {
    const older = take(left, (known) => item.last <= known.last && item.count <= known.count);
    if (older !== undefined) continue;
    // Counting began anew: all of the new count came after what was seen.
    const restarted = take(left, (known) => item.last > known.last);
    changes.push({ item, before: restarted, grown: Math.max(1, item.count) });
  }
  return changes.sort((a, b) => a.item.last - b.item.last);
}

/** The list after one change: `before` replaced, or one more. Sorted. */
export function applyChange(
  seen: readonly Totals[],
  { item, before }: Pick<Change<Totals>, "item" | "before">,
): Totals[] {
  const after = seen.map(({ count, last }) => ({ count, last }));
  if (before !== undefined) take(after, (known) => known.count === before.count && known.last === before.last);
  return [...after, { count: item.count, last: item.last }].sort((a, b) => a.count - b.count || a.last - b.last);
}

/** As a mark holds them: count and last in turn. */
export function packTotals(totals: readonly Totals[]): number[] {
  return totals.flatMap(({ count, last }) => [count, last]);
}

export function unpackTotals(value: number | readonly (number | string)[] | undefined): Totals[] {
  if (!Array.isArray(value)) return [];
  const totals: Totals[] = [];
  for (let i = 0; i + 1 < value.length; i += 2) totals.push({ count: Number(value[i]), last: Number(value[i + 1]) });
  return totals;
}

/** Removes and returns the first that fits. */
function take<T>(list: T[], fits: (item: T) => boolean): T | undefined {
  const index = list.findIndex(fits);
  return index < 0 ? undefined : list.splice(index, 1)[0];
}
