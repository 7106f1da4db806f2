// The kinds of state that wait for a deadline, over timelines: what opens, what ends, and what late events change.
import { describe, expect, it } from "vitest";
import type { Event } from "../../lib/model/event.ts";
import { eventAt } from "../support/event.ts";
import { type Case, transitionLines } from "./support.ts";

const MINUTE = 60_000;
const fail = (at: number, fields: Partial<Event> = {}): Event => eventAt(at, { level: "error", ...fields });
const fine = (at: number): Event => eventAt(at, { level: "normal" });

const followed = { expect: { when: { level: ["normal"] }, within: 10 * MINUTE } };
const expectations: Case[] = [
  {
    name: "a match that is followed in time opens nothing",
    rule: followed,
    polls: [{ at: 5, events: [fail(1), fine(4)] }, { at: 30 }],
    notified: [[], []],
  },
  {
    name: "a match that nothing follows opens at its deadline",
    rule: followed,
    polls: [{ at: 5, events: [fail(1)] }, { at: 10 }, { at: 11 }],
    notified: [[], [], ["opened@11 x1"]],
  },
  {
    name: "a follow-up at the very deadline is in time",
    rule: followed,
    polls: [{ at: 12, events: [fail(1), fine(11)] }],
    notified: [[]],
  },
  {
    name: "the late follow-up resolves",
    rule: followed,
    polls: [
      { at: 12, events: [fail(1)] },
      { at: 16, events: [fine(15)] },
    ],
    notified: [["opened@11 x1"], ["resolved@11-15 x1"]],
  },
  {
    name: "a follow-up that was in time and is shown late resolves",
    rule: followed,
    polls: [
      { at: 12, events: [fail(1)] },
      { at: 16, events: [fine(8)] },
    ],
    notified: [["opened@11 x1"], ["resolved@11-11 x1"]],
  },
  {
    name: "one follow-up serves every open start",
    rule: followed,
    polls: [{ at: 5, events: [fail(1), fail(2), fail(3), fine(4)] }, { at: 30 }],
    notified: [[], []],
  },
  {
    name: "a start that is shown after its follow-up is served",
    rule: followed,
    polls: [{ at: 5, events: [fine(4)] }, { at: 6, events: [fail(2)] }, { at: 30 }],
    notified: [[], [], []],
  },
  {
    name: "nothing is decided while a target is not read up to the deadline",
    rule: followed,
    polls: [
      { at: 5, events: [fail(1)] },
      { at: 60, readTo: 10 },
      { at: 61, readTo: 61, events: [fine(9)] },
      { at: 70 },
    ],
    notified: [[], [], [], []],
  },
  {
    name: "an event that is both start and follow-up does not serve itself",
    rule: { expect: { when: { level: ["error"] }, within: 10 * MINUTE } },
    polls: [{ at: 5, events: [fail(1)] }, { at: 11 }, { at: 20, events: [fail(15)] }],
    notified: [[], ["opened@11 x1"], ["resolved@11-15 x1"]],
  },
  {
    name: "the time that ends an alert takes no later start its deadline",
    rule: { ...followed, resolve: { after: 3 * MINUTE } },
    polls: [{ at: 13, events: [fail(0), fail(4)] }, { at: 14 }, { at: 17 }],
    notified: [["opened@10 x1", "resolved@10-13 x1"], ["opened@14 x1"], ["resolved@14-17 x1"]],
  },
  {
    name: "a start that is shown after the late follow-up counts in the alert that it ended",
    rule: followed,
    polls: [
      { at: 12, events: [fail(1)] },
      { at: 16, events: [fine(15)] },
      { at: 17, events: [fail(3)] },
    ],
    notified: [["opened@11 x1"], ["resolved@11-15 x1"], ["updated@11-15 x2"]],
  },
  {
    name: "what came and went in one catch-up is opened and resolved",
    rule: followed,
    polls: [{ at: 60, events: [fail(1), fine(20)] }],
    notified: [["opened@11 x1", "resolved@11-20 x1"]],
  },
];

const silent = { absence: { for: 10 * MINUTE, over: "seen" as const } };
const absences: Case[] = [
  {
    name: "opens once no match has come for that long, and resolves with the next",
    rule: silent,
    polls: [{ at: 5, events: [fail(1)] }, { at: 11 }, { at: 15, events: [fail(14)] }, { at: 24 }],
    notified: [[], ["opened@11 x0"], ["resolved@11-14 x0"], ["opened@24 x0"]],
  },
  {
    name: "a match at the very deadline is in time",
    rule: silent,
    polls: [{ at: 12, events: [fail(1), fail(11)] }, { at: 21 }],
    notified: [[], ["opened@21 x0"]],
  },
  {
    name: "a late match that would have prevented it resolves it",
    rule: silent,
    polls: [{ at: 12, events: [fail(1)] }, { at: 13, events: [fail(9)] }, { at: 19 }],
    notified: [["opened@11 x0"], ["resolved@11-11 x0"], ["opened@19 x0"]],
  },
  {
    name: "a late resolving event that would have prevented it resolves it",
    rule: { ...silent, resolve: { when: { level: ["normal"] } } },
    polls: [{ at: 12, events: [fail(1)] }, { at: 13, events: [fine(9)] }, { at: 40 }],
    notified: [["opened@11 x0"], ["resolved@11-11 x0"], []],
  },
  {
    name: "waits while a target is not read",
    rule: silent,
    polls: [
      { at: 5, events: [fail(1)] },
      { at: 60, readTo: 6 },
      { at: 61, events: [fail(10), fail(20), fail(30)] },
    ],
    notified: [[], [], ["opened@40 x0"]],
  },
  {
    name: "a silence within a catch-up is opened and resolved",
    rule: silent,
    polls: [{ at: 40, events: [fail(1), fail(35)] }],
    notified: [["opened@11 x0", "resolved@11-35 x0"]],
  },
];

describe.each([
  ["expect", expectations],
  ["absence", absences],
] as const)("%s", (_kind, cases) => {
  it.each(cases as Case[])("$name", ({ rule, polls, notified }) => {
    expect(transitionLines(rule, polls)).toEqual(notified);
  });
});
