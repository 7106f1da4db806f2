// What must be notified, slice by slice, by the rulings on late input: plainly, over everything that was ever shown.
import type { Happening, Poll } from "./history.ts";
import { type Kind, type Life, type Modelled, modelOfKey } from "./models.ts";

/** The notified alerts of both keys after each poll. */
export function notifiedBy(kind: Kind, life: Life, polls: readonly Poll[]): Modelled[][] {
  const shown: Happening[] = [];
  const notified: Record<string, Modelled[]> = { x: [], y: [] };
  return polls.map((poll) => {
    shown.push(...poll.shown);
    for (const key of Object.keys(notified)) {
      // A key of which nothing was ever seen has no row.
      const { alerts, stop } = modelOfKey(kind, life, key, shown, Math.min(poll.now, poll.readTo), poll.now);
      notified[key] = ruled(notified[key]!, alerts, stop);
    }
    return structuredClone(Object.values(notified).flat());
  });
}

/** The oldest takes all alerts of sorted input in its time; the others are new. */
function ruled(notified: readonly Modelled[], sorted: readonly Modelled[], stop: number): Modelled[] {
  const left = new Set(sorted);
  const known = notified.map((one, place): Modelled => {
    const own = [...left].filter((other) => meet(one, other));
    for (const other of own) left.delete(other);
    const [first, last] = [own[0], own.at(-1)];
    if (!first || !last) {
      const isGone = one.endsAt === null && one.startsAt <= stop;
      return isGone ? { ...one, endsAt: one.startsAt, newest: one.startsAt } : one;
    }
    const count = own.reduce((sum, other) => sum + other.count, 0);
    const next = { ...one, startsAt: first.startsAt, endsAt: last.endsAt, count, newest: last.newest };
    if (last.endsAt !== null) return next;
    // Beyond what is decided that which was notified stays.
    const isBeyond = notified.slice(place + 1).some(({ endsAt, startsAt }) => endsAt === null && startsAt > stop);
    if (one.endsAt !== null && (one.endsAt >= stop || isBeyond)) next.endsAt = one.endsAt;
    if (one.newest <= stop && next.endsAt === null) return next;
    return { ...next, count: Math.max(count, one.count), newest: Math.max(last.newest, one.newest) };
  });
  // One that would open beside it waits, too.
  const isBeyond = notified.some(({ endsAt, startsAt }) => endsAt === null && startsAt > stop);
  const begun = [...left].filter(({ endsAt }) => endsAt !== null || !isBeyond);
  return [...known, ...begun].sort((a, b) => a.startsAt - b.startsAt);
}

function meet(one: Modelled, other: Modelled): boolean {
  return (
    other.startsAt <= (one.endsAt ?? Math.max(one.startsAt, one.newest)) && one.startsAt <= (other.endsAt ?? Infinity)
  );
}
