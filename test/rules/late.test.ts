// What is found late and lies before a resolving event, or before what opened an alert: what sorted
// input would have had.
import { describe, expect, it } from "vitest";
import type { RuleConfig } from "../../lib/model/config.ts";
import type { Event } from "../../lib/model/event.ts";
import { eventAt } from "../support/event.ts";
import { type Case, transitionLines } from "./support.ts";

const MINUTE = 60_000;
const fail = (at: number, fields: Partial<Event> = {}): Event => eventAt(at, { level: "error", ...fields });
const warn = (at: number): Event => eventAt(at, { level: "warning" });
const fine = (at: number): Event => eventAt(at, { level: "normal" });
const within = 10 * MINUTE;

interface Late {
  name: string;
  rule: Partial<RuleConfig>;
  /** Found in time, the resolving event at 5 or 15 among them, and found later. */
  first: Event[];
  late: Event[];
  notified: string[];
}

const CASES: Late[] = [
  {
    name: "threshold: the match that fills the window",
    rule: { threshold: { count: 3, within } },
    first: [fail(1), fail(3), fine(5)],
    late: [fail(2)],
    notified: ["opened@3 x3", "resolved@3-5 x3"],
  },
  {
    name: "threshold: a window that is filled by late matches alone",
    rule: { threshold: { count: 3, within } },
    first: [fine(5)],
    late: [fail(1), fail(2), fail(4)],
    notified: ["opened@4 x3", "resolved@4-5 x3"],
  },
  {
    name: "threshold: a match that does not fill it notifies nothing, and counts for nothing after the resolving event",
    rule: { threshold: { count: 3, within } },
    first: [fail(1), fine(5), fail(6)],
    late: [fail(2), fail(7)],
    notified: [],
  },
  {
    name: "distinct: one more value",
    rule: { distinct: { field: "type", count: 2, within } },
    first: [fail(1, { type: "a" }), fine(5)],
    late: [fail(2, { type: "b" })],
    notified: ["opened@2 x2", "resolved@2-5 x2"],
  },
  {
    name: "spike: one more occurrence",
    rule: { spike: { factor: 2, window: MINUTE, min: 2 } },
    first: [fail(4), fine(5)],
    late: [fail(4.5)],
    notified: ["opened@4.5 x2", "resolved@4.5-5 x2"],
  },
  {
    name: "sequence: the step that was missing",
    // biome-ignore lint/suspicious/noThenProperty: the key that users write
    rule: { sequence: { then: [{ level: ["warning"] }], within } },
    first: [fail(1), fine(5)],
    late: [warn(2)],
    notified: ["opened@2 x2", "resolved@2-5 x2"],
  },
  {
    name: "expect: a start whose deadline passed before the resolving event",
    rule: { expect: { when: { level: ["warning"] }, within } },
    first: [fine(15)],
    late: [fail(1)],
    notified: ["opened@11 x1", "resolved@11-15 x1"],
  },
  {
    name: "absence: a match that the silence followed",
    rule: { absence: { for: within, over: "seen" } },
    first: [fine(15)],
    late: [fail(1)],
    notified: ["opened@11 x0", "resolved@11-15 x0"],
  },
  {
    name: "no state: a match while the next alert fires already is one of its own, and takes nothing from that",
    rule: {},
    first: [fine(5), fail(6)],
    late: [fail(2)],
    notified: ["opened@2 x1", "resolved@2-5 x1"],
  },
  {
    name: "no state: a match of the alert before the one that fires counts in that",
    rule: {},
    first: [fail(1), fine(5), fail(6)],
    late: [fail(2)],
    notified: ["updated@1-5 x2"],
  },
  {
    name: "threshold: a match between two resolving events belongs to no alert before them",
    rule: { threshold: { count: 2, within } },
    first: [fail(1), fail(2), fine(3), fine(5)],
    late: [fail(4)],
    notified: [],
  },
];

describe("what is found late, before the moment that opened the alert", () => {
  const rule = { threshold: { count: 3, within } };
  const first = [fail(10), fail(14), fail(18)];
  it.each([
    { name: "fills the window where the next match is", late: fail(12), notified: ["updated@14 x4"] },
    { name: "fills the window itself", late: fail(16), notified: ["updated@16 x4"] },
    { name: "counts for nothing where it lies before the window", late: fail(3), notified: [] },
  ])("$name", ({ late, notified }) => {
    expect(
      transitionLines(rule, [
        { at: 19, events: first },
        { at: 20, events: [late] },
      ])[1],
    ).toEqual(notified);
  });

  it("lets an alert that has ended since go on where it makes it last longer", () => {
    const polls = [{ at: 19, events: first }, { at: 21 }, { at: 22, events: [fail(12)] }];
    expect(transitionLines(rule, polls)).toEqual([["opened@18 x3"], ["resolved@18-20 x3"], ["opened@14 x4"]]);
  });
});

describe("what is found late, before a resolving event", () => {
  it.each(CASES)("$name", ({ rule, first, late, notified }) => {
    const polls = [{ at: 16, events: first }, { at: 17, events: late }, { at: 18 }];
    expect(transitionLines({ resolve: { when: { level: ["normal"] } }, ...rule }, polls).slice(1)).toEqual([
      notified,
      [],
    ]);
  });
});

const resolving = { resolve: { when: { level: ["normal" as const] } } };
const four = { threshold: { count: 4, within }, ...resolving };
const many = (at: number, count: number): Event => fail(at, { count, id: `many-${at}` });

const EXAMPLES: Case[] = [
  {
    name: "threshold: three matches and a resolving event between them and one that is known fill nothing",
    rule: four,
    polls: [{ at: 30, events: [fail(30)] }, { at: 31, events: [many(27, 3), fine(29)] }, { at: 60 }],
    notified: [[], [], []],
  },
  {
    name: "threshold: a resolving event that is found late leaves no older entries in the window",
    rule: four,
    polls: [{ at: 34, events: [many(23, 3), fail(33)] }, { at: 35, events: [fine(32), many(34, 3)] }, { at: 60 }],
    notified: [["opened@33 x4", "resolved@33-33 x4"], ["opened@34 x4"], ["resolved@34-43 x4"]],
  },
  {
    name: "threshold: also where an alert was notified before it was found",
    rule: four,
    polls: [{ at: 34, events: [many(25, 3), fail(33), many(34, 3)] }, { at: 35, events: [fine(32)] }, { at: 60 }],
    notified: [["opened@33 x4", "updated@33 x7"], ["updated@34 x4"], ["resolved@34-43 x4"]],
  },
  {
    name: "a match at the very time of a resolving event that ended nothing opens an alert that stays open",
    rule: resolving,
    polls: [{ at: 5, events: [fine(4)] }, { at: 6, events: [fail(4)] }, { at: 60 }],
    notified: [[], ["opened@4 x1"], []],
  },
  {
    name: "threshold: a match at the time of a resolving event that ended nothing counts, and none before it",
    rule: four,
    polls: [
      { at: 5, events: [fail(2), fail(4), many(5, 3)] },
      { at: 6, events: [fine(4)] },
    ],
    notified: [["opened@5 x5"], ["updated@5 x4"]],
  },
  {
    name: "31 matches beside an unread feed are two alerts, not one",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [
      { at: 1, events: [fail(0)] },
      { at: 45, readTo: 1, events: Array.from({ length: 31 }, (_, nth) => fail(12 + nth)) },
      { at: 60 },
    ],
    notified: [["opened@0 x1"], [], ["resolved@0-10 x1", "opened@12 x1", "resolved@12-52 x31"]],
  },
  {
    name: "two alerts that were notified and are one: the older takes it, the younger ends",
    rule: { resolve: { after: 5 * MINUTE } },
    polls: [{ at: 5, events: [fail(0)] }, { at: 9, events: [fail(8)] }, { at: 10, events: [fail(4)] }, { at: 13 }],
    notified: [
      ["opened@0 x1", "resolved@0-5 x1"],
      ["opened@8 x1"],
      ["opened@0 x3", "resolved@8-8 x1"],
      ["resolved@0-13 x3"],
    ],
  },
  {
    name: "an alert that was notified as one and is two spans them and counts both",
    rule: resolving,
    polls: [
      { at: 9, events: [fail(0), fail(8)] },
      { at: 10, events: [fine(4)] },
      { at: 12, events: [fine(11)] },
    ],
    notified: [["opened@0 x1", "updated@0 x2"], [], ["resolved@0-11 x2"]],
  },
  {
    name: "an alert that sorted input does not have is resolved",
    rule: four,
    polls: [{ at: 5, events: [many(1, 2), many(4, 2)] }, { at: 6, events: [fine(2)] }, { at: 20 }],
    notified: [["opened@4 x4"], ["resolved@4-4 x4"], []],
  },
];

describe("what was notified is brought to sorted input", () => {
  it.each(EXAMPLES)("$name", ({ rule, polls, notified }) => {
    expect(transitionLines(rule, polls)).toEqual(notified);
  });
});
