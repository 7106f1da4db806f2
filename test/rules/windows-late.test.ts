// Windows that late matches fill, hold up or add to, and those of a storm, over timelines: when their alert ends, and
// what it counts.
import { expect, it } from "vitest";
import type { Event } from "../../lib/model/event.ts";
import { eventAt } from "../support/event.ts";
import { type Case, transitionLines } from "./support.ts";

const MINUTE = 60_000;
const fail = (at: number, fields: Partial<Event> = {}): Event => eventAt(at, { level: "error", ...fields });
const fine = (at: number): Event => eventAt(at, { level: "normal" });
const typed = (at: number, type: string): Event => fail(at, { type });

const CASES: Case[] = [
  {
    name: "distinct: a value that is seen again before the alert began, found late, holds the window up",
    rule: { distinct: { field: "type", count: 2, within: 10 * MINUTE } },
    polls: [{ at: 4, events: [typed(0, "a"), typed(2, "b")] }, { at: 5, events: [typed(1, "a")] }, { at: 30 }],
    notified: [["opened@2 x2"], ["updated@2 x3"], ["resolved@2-11 x3"]],
  },
  {
    name: "threshold: what is found late at the last moment of a window counts in it",
    rule: { threshold: { count: 3, within: 10 * MINUTE } },
    polls: [
      { at: 23, events: [fail(11, { count: 3 })] },
      { at: 24, events: [fail(21)] },
    ],
    notified: [["opened@11 x3", "resolved@11-21 x3"], ["updated@11-21 x4"]],
  },
  {
    name: "threshold: a window that a late match fills, and that falls before the next known one, ends there",
    rule: { threshold: { count: 4, within: 10 * MINUTE } },
    polls: [
      { at: 13, events: [fail(0), fail(11)] },
      { at: 16, events: [fail(4, { count: 3 }), fail(15, { count: 3 })] },
    ],
    notified: [[], ["opened@4 x4", "resolved@4-10 x4", "opened@15 x4"]],
  },
  {
    name: "distinct: where another late match lies before that end, it does not fall there",
    rule: { distinct: { field: "type", count: 2, within: 10 * MINUTE } },
    polls: [
      { at: 21, events: [typed(7, "a"), typed(18, "b")] },
      { at: 22, events: [typed(16, "b"), typed(17, "c")] },
    ],
    notified: [[], ["opened@16 x2", "updated@16 x4"]],
  },
  {
    name: "reopen: what is found late of the time before the end counts, too",
    rule: {
      threshold: { count: 3, within: 10 * MINUTE },
      resolve: { when: { level: ["normal"] } },
      reopen: 5 * MINUTE,
    },
    polls: [
      { at: 9, events: [fail(1, { count: 3 }), fine(5), fail(6, { count: 3 })] },
      { at: 10, events: [fail(3)] },
    ],
    notified: [["opened@1 x3", "resolved@1-5 x3", "opened@1 x6"], ["updated@1 x7"]],
  },
];

it.each(CASES)("$name", ({ rule, polls, notified }) => {
  expect(transitionLines(rule, polls)).toEqual(notified);
});

it.each([2_400, 9_000])("distinct: a value that was seen once stays in its window beside %i of another", (count) => {
  const storm = Array.from({ length: count }, (_, at) => typed(1 + (30 * at) / count, "b"));
  const polls = Array.from({ length: 31 }, (_, at) => ({
    at: at + 1,
    events: storm.slice((at * count) / 30, ((at + 1) * count) / 30),
  }));
  polls[0]!.events.unshift(typed(0, "a"));
  const rule = { distinct: { field: "type", count: 3, within: 60 * MINUTE } };
  const told = transitionLines(rule, [...polls, { at: 45, events: [typed(45, "c")] }, { at: 46 }, { at: 61 }]);
  expect(told.flat()).toEqual([`opened@45 x${count + 2}`, `resolved@45-60 x${count + 2}`]);
});
