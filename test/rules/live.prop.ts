// Every kind with every life, for what is shown late by feeds that lag, fail and slice as they like: after each slice
// exactly what the rulings on late input make of sorted input is notified, no alert more and none less.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Alerted, ENDS, type Happening, histories, type Notified, type Poll, RUNS, run } from "./history.ts";
import { type Life, lived, model } from "./models.ts";
import { notifiedBy } from "./rulings.ts";
import { SUBJECTS } from "./subjects.ts";

const END = ENDS[0]!;
const after = fc.constantFrom(3, 7, 20);
const when = fc.constant(true as const);
const reopen = fc.constantFrom(0, 5, 12);

const LIVES: [string, fc.Arbitrary<Life>][] = [
  ["no end", fc.constant({})],
  ["resolve.when", fc.record({ when })],
  ["resolve.after", fc.record({ after })],
  ["both", fc.record({ when, after })],
  ["reopen", fc.record({ when, after, reopen }, { requiredKeys: ["reopen"] })],
];

/** Which feed is read, how long after the slice before, and how far behind; minutes. */
interface Read {
  feed: 0 | 1;
  pause: number;
  lag: number;
}

const reads = (maxLength: number): fc.Arbitrary<Read[]> =>
  fc.array(
    fc.record({
      feed: fc.constantFrom<0 | 1>(0, 1),
      pause: fc.integer({ min: 0, max: 12 }),
      lag: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 30 })),
    }),
    { maxLength },
  );

/**
 * The slices of two feeds, the second of which has what happened at these places of the history; in
 * the end all of it is read.
 */
function slices(
  history: readonly Happening[],
  second: ReadonlySet<number>,
  cut: readonly Read[],
  single: boolean,
): Poll[] {
  const readTo = [-1, -1];
  let now = 0;
  const read = (feed: 0 | 1, to: number): Poll => {
    const since = readTo[feed]!;
    readTo[feed] = Math.max(since, to);
    if (single) readTo[1 - feed] = readTo[feed]!;
    const shown = history.filter(({ at, delay }, place) => {
      const isOwn = single || second.has(place) === (feed === 1);
      return isOwn && at + delay > since && at + delay <= readTo[feed]!;
    });
    return { now, readTo: Math.min(...readTo), shown };
  };
  const polls = cut.map(({ feed, pause, lag }) => {
    now = Math.min(now + pause, END);
    return read(feed, Math.max(now - lag, 0));
  });
  now = END;
  return [...polls, read(0, END), read(1, END), read(0, END)];
}

/** What is notified after each slice, in order of start. */
function notifiedAfter(notified: readonly Notified[][]) {
  const all = new Map<string, Notified>();
  return notified.map((poll) => {
    for (const one of poll) all.set(one.id, one);
    return [...all.values()].map(plain).sort(byAll);
  });
}

function plain({ key, startsAt, endsAt, count }: Alerted): Alerted {
  return { key, startsAt, endsAt, count };
}

function byAll(a: Alerted, b: Alerted): number {
  return JSON.stringify(plain(a)) < JSON.stringify(plain(b)) ? -1 : 1;
}

function firing(alerts: readonly Alerted[]): string[] {
  return alerts.filter(({ endsAt }) => endsAt === null).map(({ key }) => key);
}

function covers(one: Alerted, other: Alerted): boolean {
  const end = ({ endsAt }: Alerted) => endsAt ?? Number.POSITIVE_INFINITY;
  return one.key === other.key && one.startsAt <= other.startsAt && end(other) <= end(one);
}

describe.each(SUBJECTS)("$name", ({ rule, kind, marks }) => {
  const all = histories([...marks, ...marks, ...marks, "r"]);
  const places = fc.array(fc.nat(24)).map((list) => new Set(list));

  it.each(LIVES)("%s: notifies after each slice what the rulings say", (_name, lives) => {
    fc.assert(
      fc.property(all, places, reads(15), fc.boolean(), lives, (history, second, cut, single, life) => {
        const polls = slices(history, second, cut, single);
        const notified = run(lived(rule, life), polls);
        const expected = notifiedBy(kind, life, polls).map((poll) => poll.map(plain).sort(byAll));
        expect(notifiedAfter(notified)).toEqual(expected);
        for (const poll of expected) expect(new Set(firing(poll)).size).toBe(firing(poll).length);
        // The rulings themselves: none is missed, and in the end that fires which fires by sorted input.
        const sorted = model(kind, life, history, END);
        const last = expected.at(-1)!;
        expect(firing(last)).toEqual(firing(sorted));
        for (const one of sorted) expect(last.some((other) => covers(other, one))).toBe(true);
      }),
      RUNS,
    );
  });
});
