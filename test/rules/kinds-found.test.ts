// The kinds of state that an event decides, over timelines: what opens, what ends, and what late events change.
import { describe, expect, it } from "vitest";
import type { Event } from "../../lib/model/event.ts";
import { eventAt } from "../support/event.ts";
import { type Case, transitionLines } from "./support.ts";

const MINUTE = 60_000;
const fail = (at: number, fields: Partial<Event> = {}): Event => eventAt(at, { level: "error", ...fields });
const fine = (at: number, fields: Partial<Event> = {}): Event => eventAt(at, { level: "normal", ...fields });
const typed = (at: number, type: string): Event => fail(at, { type, id: `${type}-${at}` });

// biome-ignore lint/suspicious/noThenProperty: the key that users write
const chain = { sequence: { then: [{ level: ["warning"] }, { level: ["normal"] }], within: 10 * MINUTE } };
const warn = (at: number): Event => eventAt(at, { level: "warning" });
const sequences: Case[] = [
  {
    name: "opens when all steps came in order",
    rule: chain,
    polls: [{ at: 5, events: [fail(1), warn(2), fine(3)] }],
    notified: [["opened@3 x3"]],
  },
  {
    name: "not in another order",
    rule: chain,
    polls: [{ at: 5, events: [warn(1), fail(2), fine(3)] }],
    notified: [[]],
  },
  {
    name: "not when it takes too long",
    rule: chain,
    polls: [{ at: 20, events: [fail(1), warn(2), fine(12)] }],
    notified: [[]],
  },
  {
    name: "the newest start counts",
    rule: chain,
    polls: [{ at: 20, events: [fail(1), fail(5), warn(6), fine(14)] }],
    notified: [["opened@14 x3"]],
  },
  {
    name: "a late step completes it",
    rule: chain,
    polls: [
      { at: 5, events: [fail(1), fine(3)] },
      { at: 6, events: [warn(2)] },
    ],
    notified: [[], ["opened@3 x3"]],
  },
];

const others: Case[] = [
  {
    name: "distinct opens with that many different values, and falls",
    rule: { distinct: { field: "type", count: 3, within: 10 * MINUTE } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "b"), typed(3, "a"), typed(4, "c")] }, { at: 13 }],
    notified: [["opened@4 x4"], ["resolved@4-12 x4"]],
  },
  {
    name: "distinct notifies no repetition for another value",
    rule: { distinct: { field: "type", count: 2, within: 10 * MINUTE } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "a"), typed(3, "a")] }],
    notified: [[]],
  },
  {
    name: "change: the first value teaches, another one opens",
    rule: { change: { field: "type" } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "a"), typed(3, "b")] }],
    notified: [["opened@3 x1"]],
  },
  {
    name: "change: a late value between two equal ones is two changes",
    rule: { change: { field: "type" } },
    polls: [
      { at: 5, events: [typed(1, "a"), typed(3, "a")] },
      { at: 6, events: [typed(2, "b")] },
    ],
    notified: [[], ["opened@2 x1", "updated@2 x2"]],
  },
  {
    name: "change: a late value that moves a change moves its alert",
    rule: { change: { field: "type" } },
    polls: [
      { at: 5, events: [typed(1, "a"), typed(4, "b")] },
      { at: 6, events: [typed(2, "b")] },
    ],
    notified: [["opened@4 x1"], ["updated@2 x1"]],
  },
  {
    name: "newValue: the first value teaches, a known one is none, a new one opens",
    rule: { newValue: { field: "type", memory: 60 * MINUTE } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "a"), typed(3, "b"), typed(4, "a")] }],
    notified: [["opened@3 x1"]],
  },
  {
    name: "newValue: what was not seen for longer than memory is new again",
    rule: { newValue: { field: "type", memory: 60 * MINUTE }, resolve: { after: MINUTE } },
    polls: [
      { at: 5, events: [typed(1, "a")] },
      { at: 100, events: [typed(62, "a")] },
    ],
    notified: [[], ["opened@62 x1", "resolved@62-63 x1"]],
  },
  {
    name: "spike: silent until the earlier window was observed",
    rule: { spike: { factor: 3, window: 10 * MINUTE, min: 3 } },
    polls: [{ at: 15, events: [fail(11), fail(12), fail(13)] }],
    notified: [[]],
  },
  {
    name: "spike: opens when the window holds so many times the one before",
    rule: { spike: { factor: 3, window: 10 * MINUTE, min: 3 } },
    polls: [
      { at: 16, events: [fail(15)] },
      { at: 30, events: [fail(26), fail(27)] },
      { at: 31, events: [fail(28)] },
    ],
    notified: [[], [], ["opened@28 x3"]],
  },
  {
    name: "spike: an earlier window that is forgotten by now is not an empty one",
    rule: { spike: { factor: 2, window: 6 * MINUTE, min: 3 } },
    polls: [{ at: 30, events: [fail(1, { count: 2 }), fail(13, { count: 3 }), fail(24), fail(24, { id: "again" })] }],
    notified: [[]],
  },
  {
    name: "spike: a late match does not make the newest one older",
    rule: { spike: { factor: 2, window: 6 * MINUTE, min: 3 }, resolve: { after: 7 * MINUTE } },
    polls: [{ at: 20, events: [fail(20, { count: 3 })] }, { at: 21, events: [fail(15)] }, { at: 23 }, { at: 27 }],
    notified: [["opened@20 x3"], ["updated@20 x4"], [], ["resolved@20-27 x4"]],
  },
  {
    name: "spike: not when it rises too little",
    rule: { spike: { factor: 3, window: 10 * MINUTE, min: 2 } },
    polls: [{ at: 31, events: [fail(14), fail(15), fail(26), fail(27), fail(28)] }],
    notified: [[]],
  },
  {
    name: "newValue: two new values of one moment both count",
    rule: { newValue: { field: "type", memory: 60 * MINUTE } },
    polls: [{ at: 5, events: [typed(1, "a"), typed(2, "b"), typed(2, "c")] }],
    notified: [["opened@2 x1", "updated@2 x2"]],
  },
  {
    name: "a match at the very time of the event that resolved, found after it: firing wins, and the alert opens again",
    rule: { resolve: { when: { level: ["normal"] } } },
    polls: [
      { at: 5, events: [fail(1), fine(4)] },
      { at: 6, events: [fail(4)] },
    ],
    notified: [["opened@1 x1", "resolved@1-4 x1"], ["opened@1 x2"]],
  },
  {
    name: "late matches whose time was over before the open alert began have an alert of their own",
    rule: { resolve: { after: 3 * MINUTE } },
    polls: [
      { at: 10, events: [fail(10)] },
      { at: 11, events: [fail(2)] },
      { at: 11, events: [fail(4)] },
      { at: 12, events: [fail(9)] },
      { at: 14 },
      { at: 15, events: [fail(1)] },
    ],
    notified: [
      ["opened@10 x1"],
      ["opened@2 x1", "resolved@2-5 x1"],
      ["updated@2-7 x2"],
      ["updated@9 x2"],
      ["resolved@9-13 x2"],
      ["updated@1-7 x3"],
    ],
  },
  {
    name: "a late match whose time was over before the last alert began is within reopen of it: they are one",
    rule: { resolve: { after: 3 * MINUTE }, reopen: 5 * MINUTE },
    polls: [
      { at: 10, events: [fail(10)] },
      { at: 11, events: [fail(2)] },
    ],
    notified: [["opened@10 x1"], ["updated@2 x2"]],
  },
  {
    name: "a late match of the alert before the open one, which time ended, counts in that",
    rule: { resolve: { after: 3 * MINUTE } },
    polls: [
      { at: 7, events: [fail(7)] },
      { at: 11, events: [fail(11)] },
      { at: 12, events: [fail(7, { id: "again" })] },
    ],
    notified: [["opened@7 x1"], ["resolved@7-10 x1", "opened@11 x1"], ["updated@7-10 x2"]],
  },
  {
    name: "reopen: of an alert that came and went unseen, too",
    rule: { resolve: { when: { level: ["normal"] } }, reopen: 5 * MINUTE },
    polls: [
      { at: 3, events: [fine(2)] },
      { at: 5, events: [fail(1), fail(5)] },
    ],
    notified: [[], ["opened@1 x1", "resolved@1-2 x1", "opened@1 x2"]],
  },
  {
    name: "reopen: what is found late, before an event that had nothing to resolve, leaves the alert open",
    rule: { resolve: { when: { level: ["normal"] } }, reopen: 5 * MINUTE },
    polls: [
      { at: 6, events: [fail(1), fine(2), fine(3), fail(4)] },
      { at: 7, events: [fail(1, { id: "again" })] },
      { at: 9, events: [fine(8)] },
    ],
    notified: [["opened@1 x1", "resolved@1-2 x1", "opened@1 x2"], ["updated@1 x3"], ["resolved@1-8 x3"]],
  },
  {
    name: "reopen: a match soon after the end opens the same alert again",
    rule: { resolve: { when: { level: ["normal"] } }, reopen: 5 * MINUTE },
    polls: [
      { at: 5, events: [fail(1), fine(2)] },
      { at: 8, events: [fail(7)] },
      { at: 20, events: [fine(8), fail(14)] },
    ],
    notified: [["opened@1 x1", "resolved@1-2 x1"], ["opened@1 x2"], ["resolved@1-8 x2", "opened@14 x1"]],
  },
  {
    name: "an event that matches and resolves counts into the alert, which goes on: firing wins",
    rule: { when: { level: ["error", "normal"] }, resolve: { when: { level: ["normal"] } } },
    polls: [
      { at: 2, events: [fail(1)] },
      { at: 5, events: [fine(4)] },
    ],
    notified: [["opened@1 x1"], ["updated@1 x2"]],
  },
  {
    name: "an event that matches and resolves ends what came before it, where it is nothing new itself",
    rule: { when: { level: ["error", "normal"] }, change: { field: "type" }, resolve: { when: { level: ["normal"] } } },
    polls: [
      { at: 2, events: [typed(0, "a"), typed(1, "b")] },
      { at: 5, events: [{ ...fine(4), type: "b" }] },
    ],
    notified: [["opened@1 x1"], ["resolved@1-4 x1"]],
  },
  {
    name: "an event that matches and resolves begins a window of its own",
    rule: {
      when: { level: ["error", "normal"] },
      threshold: { count: 3, within: 10 * MINUTE },
      resolve: { when: { level: ["normal"] } },
    },
    polls: [
      { at: 9, events: [fail(1), fail(2), fine(3, { count: 2 })] },
      { at: 9, events: [fail(4)] },
    ],
    notified: [["opened@3 x4"], ["updated@3 x5"]],
  },
  {
    name: "an event that matches and resolves takes what matched before it out of the window",
    rule: {
      when: { level: ["error", "normal"] },
      threshold: { count: 3, within: 10 * MINUTE },
      resolve: { when: { level: ["normal"] } },
    },
    polls: [
      { at: 9, events: [fail(1), fine(3), fail(4)] },
      { at: 9, events: [fail(5)] },
    ],
    notified: [[], ["opened@5 x3"]],
  },
  ...[
    { change: { field: "labels.state" } },
    { newValue: { field: "labels.state", memory: 60 * MINUTE } },
    { distinct: { field: "labels.state", count: 2, within: 60 * MINUTE } },
  ].map((rule): Case => {
    const stated = (at: number, state: string) => fail(at, { labels: { state } });
    return {
      name: `${Object.keys(rule)[0]}: an event without the field is no match, so it resolves where \`resolve.when\` says so`,
      rule: { ...rule, when: { level: ["error", "normal"] }, resolve: { when: { level: ["normal"] } } },
      polls: [
        { at: 5, events: [stated(1, "a"), stated(2, "b")] },
        { at: 6, events: [fine(4)] },
      ],
      notified: [[expect.stringMatching(/^opened@2 x[12]$/)], [expect.stringMatching(/^resolved@2-4 x[12]$/)]],
    };
  }),
];

describe.each([
  ["sequence", sequences],
  ["other kinds", others],
] as const)("%s", (_kind, cases) => {
  it.each(cases as Case[])("$name", ({ rule, polls, notified }) => {
    expect(transitionLines(rule, polls)).toEqual(notified);
  });
});
