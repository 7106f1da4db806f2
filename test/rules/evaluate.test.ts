// What a rule says over a timeline: opening, counting, resolving, deadlines, late events. One sentence a case.
import { describe, expect, it } from "vitest";
import { eventAt } from "../support/event.ts";
import { type Case, runTimeline, transitionLines } from "./support.ts";

const fail = (at: number, count = 1) => eventAt(at, { count });
const ok = (at: number) => eventAt(at, { level: "normal", type: "normal", message: "Service started." });
const MINUTE = 60_000;

const resolveWhen = { resolve: { when: { level: ["normal"] } } };
const threshold = { threshold: { count: 3, within: 10 * MINUTE } };

const CASES: Case[] = [
  {
    name: "a match opens an alert and further matches count on it",
    rule: {},
    polls: [
      { at: 1, events: [fail(0)] },
      { at: 2, events: [fail(1), fail(2)] },
    ],
    notified: [["opened@0 x1"], ["updated@0 x3"]],
  },
  {
    name: "an occurrence closes silently 24 hours after its last match and a later match opens anew",
    rule: {},
    polls: [{ at: 1, events: [fail(0)] }, { at: 1439 }, { at: 1441 }, { at: 1442, events: [fail(1442)] }],
    notified: [["opened@0 x1"], [], ["closed@0-1440 x1"], ["opened@1442 x1"]],
  },
  {
    name: "a resolving event after the newest match resolves",
    rule: resolveWhen,
    polls: [
      { at: 2, events: [fail(0), fail(1)] },
      { at: 3, events: [ok(3)] },
    ],
    notified: [["opened@0 x1", "updated@0 x2"], ["resolved@0-3 x2"]],
  },
  {
    name: "a resolving event older than the newest match does not resolve",
    rule: resolveWhen,
    polls: [
      { at: 5, events: [fail(0), fail(4)] },
      { at: 6, events: [ok(2)] },
    ],
    notified: [["opened@0 x1", "updated@0 x2"], []],
  },
  {
    name: "on a tie in time firing wins, whichever is seen first",
    rule: resolveWhen,
    polls: [
      { at: 1, events: [ok(1)] },
      { at: 2, events: [fail(1)] },
      { at: 3, events: [ok(1)] },
    ],
    notified: [[], ["opened@1 x1"], []],
  },
  {
    name: "opened and resolved within one poll is both, in order of event time",
    rule: resolveWhen,
    polls: [{ at: 5, events: [ok(3), fail(1)] }],
    notified: [["opened@1 x1", "resolved@1-3 x1"]],
  },
  {
    name: "a match that shows up after what resolved it came and went",
    rule: resolveWhen,
    polls: [
      { at: 4, events: [ok(3)] },
      { at: 5, events: [fail(1)] },
    ],
    notified: [[], ["opened@1 x1", "resolved@1-3 x1"]],
  },
  {
    name: "a late match within an alert that has ended belongs to it",
    rule: resolveWhen,
    polls: [
      { at: 4, events: [fail(0), ok(3)] },
      { at: 5, events: [fail(2)] },
    ],
    notified: [["opened@0 x1", "resolved@0-3 x1"], ["updated@0-3 x2"]],
  },
  {
    name: "resolve.after counts from the newest match and includes its last moment",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [{ at: 1, events: [fail(0)] }, { at: 9, events: [fail(5)] }, { at: 14.9 }, { at: 15 }],
    notified: [["opened@0 x1"], ["updated@0 x2"], [], ["resolved@0-15 x2"]],
  },
  {
    name: "a match exactly at the deadline still extends the alert",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [{ at: 1, events: [fail(0)] }, { at: 10, events: [fail(10)] }, { at: 20 }],
    notified: [["opened@0 x1"], ["updated@0 x2"], ["resolved@0-20 x2"]],
  },
  {
    name: "a late match from before an alert that a deadline ended is an alert of its own, and ends by its own time",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [
      { at: 51, events: [fail(40)] },
      { at: 52, events: [fail(20)] },
    ],
    notified: [
      ["opened@40 x1", "resolved@40-50 x1"],
      ["opened@20 x1", "resolved@20-30 x1"],
    ],
  },
  {
    name: "a late match that reaches into an alert that a deadline ended is part of it",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [
      { at: 21, events: [fail(10)] },
      { at: 22, events: [fail(5)] },
    ],
    notified: [["opened@10 x1", "resolved@10-20 x1"], ["updated@5-20 x2"]],
  },
  {
    name: "a late match that makes an alert last until now opens it again",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [
      { at: 21, events: [fail(10)] },
      { at: 22, events: [fail(18)] },
    ],
    notified: [["opened@10 x1", "resolved@10-20 x1"], ["opened@10 x2"]],
  },
  {
    name: "a deadline waits until its targets have been read up to it",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [
      { at: 1, events: [fail(0)] },
      { at: 60, readTo: 5 },
      { at: 61, readTo: 61 },
    ],
    notified: [["opened@0 x1"], [], ["resolved@0-10 x1"]],
  },
  {
    name: "after an outage catch-up comes first: the match found then extends what would have ended",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [
      { at: 1, events: [fail(0)] },
      { at: 60, readTo: 5 },
      { at: 61, events: [fail(8), fail(55)] },
    ],
    notified: [["opened@0 x1"], [], ["resolved@0-18 x2", "opened@55 x1"]],
  },
  {
    name: "a match beyond an end that is not decided yet waits: it belongs to this alert, or opens the next",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [
      { at: 1, events: [fail(0)] },
      { at: 30, readTo: 8, events: [fail(25)] },
      { at: 31, readTo: 9, events: [fail(26)] },
      { at: 32, readTo: 32 },
    ],
    notified: [["opened@0 x1"], [], [], ["resolved@0-10 x1", "opened@25 x1", "updated@25 x2"]],
  },
  {
    name: "a match beyond the silent end of an occurrence waits for nobody",
    rule: {},
    polls: [
      { at: 1, events: [fail(0)] },
      { at: 1501, readTo: 8, events: [fail(1500)] },
      { at: 1502, readTo: 1502 },
    ],
    notified: [["opened@0 x1"], ["closed@0-1440 x1", "opened@1500 x1"], []],
  },
  {
    name: "what resolves beyond an end that is not decided yet waits with the matches before it",
    rule: { resolve: { after: 10 * MINUTE, when: { level: ["normal"] } } },
    polls: [
      { at: 1, events: [fail(0)] },
      { at: 30, readTo: 8, events: [fail(25), ok(27)] },
      { at: 60, readTo: 60 },
    ],
    notified: [["opened@0 x1"], [], ["resolved@0-10 x1", "opened@25 x1", "resolved@25-27 x1"]],
  },
  {
    name: "a backlog holds two alerts where the deadline lies between its matches",
    rule: { resolve: { after: 10 * MINUTE } },
    polls: [{ at: 60, events: [fail(0), fail(30)] }],
    notified: [["opened@0 x1", "resolved@0-10 x1", "opened@30 x1", "resolved@30-40 x1"]],
  },
  {
    name: "the threshold opens with the event that fills the window, both ends included",
    rule: threshold,
    polls: [{ at: 10, events: [fail(0), fail(4), fail(10)] }],
    notified: [["opened@10 x3"]],
  },
  {
    name: "one millisecond more than the window does not fill it",
    rule: { threshold: { count: 3, within: 10 * MINUTE - 1 } },
    polls: [{ at: 10, events: [fail(0), fail(4), fail(10)] }],
    notified: [[]],
  },
  {
    name: "an event counts for as many occurrences as it reports",
    rule: threshold,
    polls: [
      { at: 1, events: [fail(0, 2)] },
      { at: 2, events: [fail(1, 5)] },
    ],
    notified: [[], ["opened@1 x7"]],
  },
  {
    name: "a late event fills the window where it belongs",
    rule: threshold,
    polls: [
      { at: 9, events: [fail(0), fail(8)] },
      { at: 10, events: [fail(4)] },
    ],
    notified: [[], ["opened@8 x3"]],
  },
  {
    name: "the threshold resolves when the window falls below the count, and is empty then",
    rule: threshold,
    polls: [
      { at: 3, events: [fail(0), fail(1), fail(2)] },
      { at: 10 },
      { at: 10.5 },
      { at: 11, events: [fail(10.8), fail(11)] },
    ],
    notified: [["opened@2 x3"], [], ["resolved@2-10 x3"], []],
  },
  {
    name: "while the window stays full the alert stays open and counts",
    rule: threshold,
    polls: [{ at: 3, events: [fail(0), fail(1), fail(2)] }, { at: 9, events: [fail(8), fail(9)] }, { at: 13 }],
    notified: [["opened@2 x3"], ["updated@2 x5"], ["resolved@2-12 x5"]],
  },
  {
    name: "a resolving event empties a window that is not full yet",
    rule: { ...threshold, ...resolveWhen },
    polls: [
      { at: 5, events: [fail(0), fail(1), ok(2), fail(3)] },
      { at: 6, events: [fail(6)] },
      { at: 7, events: [fail(7)] },
    ],
    notified: [[], [], ["opened@7 x3"]],
  },
];

describe("a rule over a timeline", () => {
  it.each(CASES)("$name", ({ rule, polls, notified }) => {
    expect(transitionLines(rule, polls)).toEqual(notified);
  });

  it("names an alert by rule, key and opening event: the same after every replay", () => {
    const once = runTimeline({}, [{ at: 1, events: [fail(0)] }])[0]![0]!.id;
    const again = runTimeline({}, [{ at: 9, events: [fail(0), fail(5)] }])[0]![0]!.id;
    expect(again).toBe(once);
    expect(runTimeline({}, [{ at: 1, events: [fail(1)] }])[0]![0]!.id).not.toBe(once);
  });
});
