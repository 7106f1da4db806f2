// The kinds of state beyond the threshold, over timelines: what opens, what ends, and what late events change.
import { describe, expect, it } from "vitest";
import type { RuleConfig } from "../../lib/model/config.ts";
import type { Event } from "../../lib/model/event.ts";
import { eventAt } from "../support/event.ts";
import { type Poll, runTimeline } from "./support.ts";

const MINUTE = 60_000;
const fail = (at: number, fields: Partial<Event> = {}): Event => eventAt(at, { level: "error", ...fields });
const fine = (at: number): Event => eventAt(at, { level: "normal" });
const typed = (at: number, type: string): Event => fail(at, { type, id: `${type}-${at}` });

interface Case {
  name: string;
  rule: Partial<RuleConfig>;
  polls: Poll[];
  /** What each poll told. */
  told: string[][];
}

const followed = { expect: { when: { level: ["normal"] }, within: 10 * MINUTE } };
const expectations: Case[] = [
  {
    name: "a match that is followed in time opens nothing",
    rule: followed,
    polls: [{ at: 5, events: [fail(1), fine(4)] }, { at: 30 }],
    told: [[], []],
  },
  {
    name: "a match that nothing follows opens at its deadline",
    rule: followed,
    polls: [{ at: 5, events: [fail(1)] }, { at: 10 }, { at: 11 }],
    told: [[], [], ["opened@11 x1"]],
  },
  {
    name: "a follow-up at the very deadline is in time",
    rule: followed,
    polls: [{ at: 12, events: [fail(1), fine(11)] }],
    told: [[]],
  },
  {
    name: "the late follow-up resolves",
    rule: followed,
    polls: [
      { at: 12, events: [fail(1)] },
      { at: 16, events: [fine(15)] },
    ],
    told: [["opened@11 x1"], ["resolved@11-15 x1"]],
  },
  {
    name: "a follow-up that was in time and is shown late resolves",
    rule: followed,
    polls: [
      { at: 12, events: [fail(1)] },
      { at: 16, events: [fine(8)] },
    ],
    told: [["opened@11 x1"], ["resolved@11-11 x1"]],
  },
  {
    name: "one follow-up serves every open start",
    rule: followed,
    polls: [{ at: 5, events: [fail(1), fail(2), fail(3), fine(4)] }, { at: 30 }],
    told: [[], []],
  },
  {
    name: "a start that is shown after its follow-up is served",
    rule: followed,
    polls: [{ at: 5, events: [fine(4)] }, { at: 6, events: [fail(2)] }, { at: 30 }],
    told: [[], [], []],
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
    told: [[], [], [], []],
  },
  {
    name: "an event that is both start and follow-up does not serve itself",
    rule: { expect: { when: { level: ["error"] }, within: 10 * MINUTE } },
    polls: [{ at: 5, events: [fail(1)] }, { at: 11 }, { at: 20, events: [fail(15)] }],
    told: [[], ["opened@11 x1"], ["resolved@11-15 x1"]],
  },
  {
    name: "the time that ends an alert takes no later start its deadline",
    rule: { ...followed, resolve: { after: 3 * MINUTE } },
    polls: [{ at: 13, events: [fail(0), fail(4)] }, { at: 14 }, { at: 17 }],
    told: [["opened@10 x1"], ["resolved@10-13 x1"], ["opened@14 x1"]],
  },
  {
    name: "what came and went in one catch-up is opened and resolved",
    rule: followed,
    polls: [{ at: 60, events: [fail(1), fine(20)] }],
    told: [["opened@11 x1", "resolved@11-20 x1"]],
  },
];

const silent = { absence: { for: 10 * MINUTE, over: "seen" as const } };
const absences: Case[] = [
  {
    name: "opens once no match has come for that long, and resolves with the next",
    rule: silent,
    polls: [{ at: 5, events: [fail(1)] }, { at: 11 }, { at: 15, events: [fail(14)] }, { at: 24 }],
    told: [[], ["opened@11 x0"], ["resolved@11-14 x0"], ["opened@24 x0"]],
  },
  {
    name: "a match at the very deadline is in time",
    rule: silent,
    polls: [{ at: 12, events: [fail(1), fail(11)] }, { at: 21 }],
    told: [[], ["opened@21 x0"]],
  },
  {
    name: "a late match that would have prevented it resolves it",
    rule: silent,
    polls: [{ at: 12, events: [fail(1)] }, { at: 13, events: [fail(9)] }, { at: 19 }],
    told: [["opened@11 x0"], ["resolved@11-11 x0"], ["opened@19 x0"]],
  },
  {
    name: "a late resolving event that would have prevented it resolves it",
    rule: { ...silent, resolve: { when: { level: ["normal"] } } },
    polls: [{ at: 12, events: [fail(1)] }, { at: 13, events: [fine(9)] }, { at: 40 }],
    told: [["opened@11 x0"], ["resolved@11-11 x0"], []],
  },
  {
    name: "waits while a target is not read",
    rule: silent,
    polls: [
      { at: 5, events: [fail(1)] },
      { at: 60, readTo: 6 },
      { at: 61, events: [fail(10), fail(20), fail(30)] },
    ],
    told: [[], [], ["opened@40 x0"]],
  },
  {
    name: "a silence within a catch-up is opened and resolved",
    rule: silent,
    polls: [{ at: 40, events: [fail(1), fail(35)] }],
    told: [["opened@11 x0", "resolved@11-35 x0"]],
  },
];

// biome-ignore lint/suspicious/noThenProperty: the key that users write
const chain = { sequence: { then: [{ level: ["warning"] }, { level: ["normal"] }], within: 10 * MINUTE } };
const warn = (at: number): Event => eventAt(at, { level: "warning" });
const sequences: Case[] = [
  {
    name: "opens when all steps came in order",
    rule: chain,
    polls: [{ at: 5, events: [fail(1), warn(2), fine(3)] }],
    told: [["opened@3 x3"]],
  },
  { name: "not in another order", rule: chain, polls: [{ at: 5, events: [warn(1), fail(2), fine(3)] }], told: [[]] },
  {
    name: "not when it takes too long",
    rule: chain,
    polls: [{ at: 20, events: [fail(1), warn(2), fine(12)] }],
    told: [[]],
  },
  {
    name: "the newest start counts",
    rule: chain,
    polls: [{ at: 20, events: [fail(1), fail(5), warn(6), fine(14)] }],
    told: [["opened@14 x3"]],
  },
  {
    name: "a late step completes it",
    rule: chain,
    polls: [
      { at: 5, events: [fail(1), fine(3)] },
      { at: 6, events: [warn(2)] },
    ],
    told: [[], ["opened@3 x3"]],
  },
];

const others: Case[] = [
  {
    name: "distinct opens with that many different values, and falls",
    rule: { distinct: { field: "type", count: 3, within: 10 * MINUTE } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "b"), typed(3, "a"), typed(4, "c")] }, { at: 13 }],
    told: [["opened@4 x4"], ["resolved@4-12 x4"]],
  },
  {
    name: "distinct tells no repetition for another value",
    rule: { distinct: { field: "type", count: 2, within: 10 * MINUTE } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "a"), typed(3, "a")] }],
    told: [[]],
  },
  {
    name: "change: the first value teaches, another one opens",
    rule: { change: { field: "type" } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "a"), typed(3, "b")] }],
    told: [["opened@3 x1"]],
  },
  {
    name: "change: a late value between two equal ones is two changes",
    rule: { change: { field: "type" } },
    polls: [
      { at: 5, events: [typed(1, "a"), typed(3, "a")] },
      { at: 6, events: [typed(2, "b")] },
    ],
    told: [[], ["opened@2 x1", "updated@2 x2"]],
  },
  {
    name: "change: a late value that moves a change is not told again",
    rule: { change: { field: "type" } },
    polls: [
      { at: 5, events: [typed(1, "a"), typed(4, "b")] },
      { at: 6, events: [typed(2, "b")] },
    ],
    told: [["opened@4 x1"], []],
  },
  {
    name: "newValue: the first value teaches, a known one is none, a new one opens",
    rule: { newValue: { field: "type", memory: 60 * MINUTE } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "a"), typed(3, "b"), typed(4, "a")] }],
    told: [["opened@3 x1"]],
  },
  {
    name: "newValue: what was not seen for longer than memory is new again",
    rule: { newValue: { field: "type", memory: 60 * MINUTE }, resolve: { after: MINUTE } },
    polls: [
      { at: 5, events: [typed(1, "a")] },
      { at: 100, events: [typed(62, "a")] },
    ],
    told: [[], ["opened@62 x1", "resolved@62-63 x1"]],
  },
  {
    name: "spike: silent until the earlier window was observed",
    rule: { spike: { factor: 3, window: 10 * MINUTE, min: 3 } },
    polls: [{ at: 15, events: [fail(11), fail(12), fail(13)] }],
    told: [[]],
  },
  {
    name: "spike: opens when the window holds so many times the one before",
    rule: { spike: { factor: 3, window: 10 * MINUTE, min: 3 } },
    polls: [
      { at: 16, events: [fail(15)] },
      { at: 30, events: [fail(26), fail(27)] },
      { at: 31, events: [fail(28)] },
    ],
    told: [[], [], ["opened@28 x3"]],
  },
  {
    name: "spike: an earlier window that is forgotten by now is not an empty one",
    rule: { spike: { factor: 2, window: 6 * MINUTE, min: 3 } },
    polls: [{ at: 30, events: [fail(1, { count: 2 }), fail(13, { count: 3 }), fail(24), fail(24, { id: "again" })] }],
    told: [[]],
  },
  {
    name: "spike: a late match does not make the newest one older",
    rule: { spike: { factor: 2, window: 6 * MINUTE, min: 3 }, resolve: { after: 7 * MINUTE } },
    polls: [{ at: 20, events: [fail(20, { count: 3 })] }, { at: 21, events: [fail(15)] }, { at: 23 }, { at: 27 }],
    told: [["opened@20 x3"], ["updated@15 x4"], [], ["resolved@15-27 x4"]],
  },
  {
    name: "spike: not when it rises too little",
    rule: { spike: { factor: 3, window: 10 * MINUTE, min: 2 } },
    polls: [{ at: 31, events: [fail(14), fail(15), fail(26), fail(27), fail(28)] }],
    told: [[]],
  },
  {
    name: "newValue: two new values of one moment both count",
    rule: { newValue: { field: "type", memory: 60 * MINUTE } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "b"), typed(2, "c")] }],
    told: [["opened@2 x1", "updated@2 x2"]],
  },
  {
    name: "a match at the very time of the event that resolved: firing wins, and it is the same alert",
    rule: { resolve: { when: { level: ["normal"] } } },
    polls: [
      { at: 5, events: [fail(1), fine(4)] },
      { at: 6, events: [fail(4)] },
    ],
    told: [["opened@1 x1", "resolved@1-4 x1"], ["opened@1 x2"]],
  },
  {
    name: "reopen: a match soon after the end opens the same alert again",
    rule: { resolve: { when: { level: ["normal"] } }, reopen: 5 * MINUTE },
    polls: [
      { at: 5, events: [fail(1), fine(2)] },
      { at: 8, events: [fail(7)] },
      { at: 20, events: [fine(8), fail(14)] },
    ],
    told: [["opened@1 x1", "resolved@1-2 x1"], ["opened@1 x2"], ["resolved@1-8 x2", "opened@14 x1"]],
  },
];

function told(rule: Partial<RuleConfig>, polls: Poll[]): string[][] {
  return runTimeline(rule, polls).map((poll) =>
    poll.map(
      ({ kind, startsAt, endsAt, count }) => `${kind}@${startsAt}${endsAt === null ? "" : `-${endsAt}`} x${count}`,
    ),
  );
}

describe.each([
  ["expect", expectations],
  ["absence", absences],
  ["sequence", sequences],
  ["other kinds", others],
] as const)("%s", (_kind, cases) => {
  it.each(cases as Case[])("$name", ({ rule, polls, told: expected }) => {
    expect(told(rule, polls)).toEqual(expected);
  });
});
