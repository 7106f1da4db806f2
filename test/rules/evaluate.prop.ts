// The evaluator against obvious models, over histories whose events arrive late, shuffled and in any number of polls.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Event } from "../../lib/model/event.ts";
import { eventAt } from "../support/event.ts";
import { type Notified, type Poll, runTimeline } from "./support.ts";

interface Happening {
  at: number;
  kind: "match" | "resolve";
  count: number;
  /** Minutes until the API shows it, within the lateness of 10. */
  delay: number;
}

const happening: fc.Arbitrary<Happening> = fc.record({
  at: fc.integer({ min: 0, max: 60 }),
  kind: fc.constantFrom("match", "match", "resolve"),
  count: fc.integer({ min: 1, max: 3 }),
  delay: fc.integer({ min: 0, max: 9 }),
});
const history = fc.array(happening, { maxLength: 25 });
const MINUTE = 60_000;

function eventOf({ at, kind, count }: Happening, index: number): Event {
  const level = kind === "match" ? "error" : "normal";
  return eventAt(at, { count, level, id: `event-${index}` });
}

/** A poll every `step` minutes: each shows what has appeared since the one before. */
function pollsOf(all: readonly Happening[], step: number): Poll[] {
  const polls: Poll[] = [];
  for (let at = step; at < 80 + step; at += step) {
    const events = all.flatMap((one, index) => {
      const shown = one.at + one.delay;
      return shown <= at && shown > at - step ? [eventOf(one, index)] : [];
    });
    polls.push({ at, events });
  }
  // What is shown at minute 0 belongs to the first poll.
  polls[0]!.events!.push(...all.flatMap((one, index) => (one.at + one.delay === 0 ? [eventOf(one, index)] : [])));
  return polls;
}

/** The last word about each alert. */
function lastWords(notified: readonly Notified[][]): Notified[] {
  const last = new Map<string, Notified>();
  for (const one of notified.flat()) last.set(one.id, one);
  return [...last.values()];
}

const matches = (all: readonly Happening[]) => all.filter(({ kind }) => kind === "match");
const total = (all: readonly Happening[]) => all.reduce((sum, { count }) => sum + count, 0);
const resolve = { resolve: { when: { level: ["normal"] } } };

describe("a rule with resolve.when", () => {
  it("fires at the end exactly where the newest match is not older than the newest resolving event", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 12 }), (all, step) => {
        const newest = (kind: Happening["kind"]) =>
          Math.max(-1, ...all.filter((one) => one.kind === kind).map(({ at }) => at));
        const expected = newest("match") >= 0 && newest("match") >= newest("resolve");
        const notified = lastWords(runTimeline(resolve, pollsOf(all, step)));
        expect(notified.some(({ endsAt }) => endsAt === null)).toBe(expected);
        expect(notified.filter(({ endsAt }) => endsAt === null).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  it("counts every match in exactly one alert, but for a younger one that an older has taken", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 12 }), (all, step) => {
        const notified = lastWords(runTimeline(resolve, pollsOf(all, step)));
        const isTaken = ({ startsAt, endsAt }: Notified) =>
          startsAt === endsAt &&
          notified.some((one) => one.startsAt < startsAt && startsAt <= (one.endsAt ?? Infinity));
        const own = notified.filter((one) => !isTaken(one));
        expect(own.reduce((sum, { count }) => sum + count, 0)).toBe(total(matches(all)));
      }),
    );
  });

  it("says the same of sorted input however it is cut into polls", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), (all, one, other) => {
        const onTime = all.map((happening) => ({ ...happening, delay: 0 }));
        const words = (step: number) => lastWords(runTimeline(resolve, pollsOf(onTime, step)));
        expect(words(one)).toEqual(words(other));
      }),
    );
  });
});

describe("a threshold", () => {
  const COUNT = 4;
  const WITHIN = 10;
  const rule = { threshold: { count: COUNT, within: WITHIN * MINUTE } };

  /**
   * Walks through every half minute, between any two of the events' times, with the plain list of
   * what lies in the window.
   */
  function model(all: readonly Happening[]): { startsAt: number; endsAt: number }[] {
    const sorted = matches(all).toSorted((a, b) => a.at - b.at);
    const episodes: { startsAt: number; endsAt: number }[] = [];
    let cleared = -1;
    let open: number | undefined;
    for (let now = 0; now <= 80; now += 0.5) {
      const inWindow = (at: number) =>
        total(sorted.filter((one) => one.at > cleared && one.at <= at && one.at >= at - WITHIN));
      if (open !== undefined && inWindow(now) < COUNT) {
        episodes.push({ startsAt: open, endsAt: now - 0.5 });
        open = undefined;
        cleared = now - 0.5;
      }
      if (open === undefined && inWindow(now) >= COUNT) open = now;
    }
    return episodes;
  }

  it("opens and falls as the plain list does, for sorted input in any number of polls", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 12 }), (all, step) => {
        const onTime = all.map((happening) => ({ ...happening, delay: 0 }));
        const notified = lastWords(runTimeline(rule, pollsOf(onTime, step))).map(({ startsAt, endsAt }) => ({
          startsAt,
          endsAt,
        }));
        expect(notified.sort((a, b) => a.startsAt - b.startsAt)).toEqual(model(onTime));
      }),
    );
  });

  it("opens for late input exactly where it opens for sorted input", () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 12 }), (all, step) => {
        const notified = lastWords(runTimeline(rule, pollsOf(all, step)));
        expect(notified.length > 0).toBe(model(all).length > 0);
      }),
    );
  });
});

describe("a deadline", () => {
  it("is never decided before its targets have been read up to it", () => {
    const after = 7;
    fc.assert(
      fc.property(history, fc.array(fc.integer({ min: 0, max: 80 }), { minLength: 1, maxLength: 20 }), (all, reads) => {
        const readTo = reads.toSorted((a, b) => a - b);
        let before = -1;
        const polls = readTo.map((to): Poll => {
          const events = matches(all)
            .filter(({ at }) => at > before && at <= to)
            .map(eventOf);
          before = to;
          return { at: 100, readTo: to, events };
        });
        const notified = runTimeline({ resolve: { after: after * MINUTE } }, polls);
        for (const [index, transitions] of notified.entries()) {
          for (const { kind, endsAt } of transitions) {
            if (kind === "resolved") expect(endsAt!).toBeLessThanOrEqual(readTo[index]!);
          }
        }
      }),
    );
  });
});
