// `absence` whose heartbeats are shown late, over timelines: what was notified goes on as sorted input has
// it, and the watch is never lost.
import { describe, expect, it } from "vitest";
import type { Event } from "../../lib/model/event.ts";
import { compileRules } from "../../lib/rules/compile.ts";
import { live } from "../../lib/rules/live.ts";
import { emptyState, type KeyState } from "../../lib/rules/state.ts";
import { disarm, watchesOf, watchFrom } from "../../lib/rules/watch.ts";
import { eventAt, START } from "../support/event.ts";
import { type Case, ruleConfig, SOURCE, transitionLines } from "./support.ts";

const MINUTE = 60_000;
const beat = (at: number): Event => eventAt(at, { level: "error" });
const fine = (at: number): Event => eventAt(at, { level: "normal" });

const silent = { absence: { for: 10 * MINUTE, over: "seen" as const } };
const lapsing = { ...silent, resolve: { after: 20 * MINUTE } };
const either = { ...silent, resolve: { when: { level: ["normal" as const] }, after: 20 * MINUTE } };
const first = [{ at: 5, events: [beat(0)] }, { at: 10 }];
const opened = [[], ["opened@10 x0"]];

const CASES: Case[] = [
  {
    name: "found after the time that ended the alert: it is waited on from there",
    rule: lapsing,
    polls: [...first, { at: 30 }, { at: 31, events: [beat(29)] }, { at: 39 }, { at: 59 }],
    notified: [...opened, ["resolved@10-30 x0"], ["updated@10-29 x0"], ["opened@39 x0"], ["resolved@39-59 x0"]],
  },
  {
    name: "found while the alert is open",
    rule: lapsing,
    polls: [...first, { at: 29, events: [beat(27)] }, { at: 37 }],
    notified: [...opened, ["resolved@10-27 x0"], ["opened@37 x0"]],
  },
  {
    name: "found after the deadline and before it is decided",
    rule: lapsing,
    polls: [{ at: 5, events: [beat(0)] }, { at: 12, readTo: 8 }, { at: 13, events: [beat(9)] }, { at: 19 }],
    notified: [[], [], [], ["opened@19 x0"]],
  },
  {
    name: "found after the end and from before the alert: what was notified stays, the silence begins anew",
    rule: { ...silent, resolve: { after: 3 * MINUTE } },
    polls: [...first, { at: 13 }, { at: 14, events: [beat(9)] }, { at: 19 }],
    notified: [...opened, ["resolved@10-13 x0"], [], ["opened@19 x0"]],
  },
  {
    name: "found after the end and from before the alert, which by that lasts until now: it opens again",
    rule: { ...silent, resolve: { after: 3 * MINUTE } },
    polls: [...first, { at: 13 }, { at: 14, events: [beat(2)] }, { at: 15 }],
    notified: [...opened, ["resolved@10-13 x0"], ["opened@12 x0"], ["resolved@12-15 x0"]],
  },
  {
    name: "several, one by one",
    rule: lapsing,
    polls: [...first, { at: 30 }, { at: 31, events: [beat(29)] }, { at: 32, events: [beat(24)] }, { at: 39 }],
    notified: [...opened, ["resolved@10-30 x0"], ["updated@10-29 x0"], ["updated@10-24 x0"], ["opened@39 x0"]],
  },
  {
    name: "and the next one was found before it",
    rule: lapsing,
    polls: [...first, { at: 31, events: [beat(31)] }, { at: 32, events: [beat(29)] }, { at: 41 }],
    notified: [...opened, ["resolved@10-30 x0"], ["updated@10-29 x0"], ["opened@41 x0"]],
  },
  {
    name: "a resolving event between it and the end leaves nothing to wait for",
    rule: either,
    polls: [...first, { at: 30 }, { at: 31, events: [beat(27), fine(29)] }, { at: 60 }],
    notified: [...opened, ["resolved@10-30 x0"], ["updated@10-27 x0"], []],
  },
  {
    name: "a resolving event before it ends the alert, and it is waited on",
    rule: either,
    polls: [...first, { at: 30 }, { at: 31, events: [fine(25), beat(29)] }, { at: 39 }],
    notified: [...opened, ["resolved@10-30 x0"], ["updated@10-25 x0"], ["opened@39 x0"]],
  },
  {
    name: "reopen: the next silence is counted from where sorted input ended the one before",
    rule: { ...lapsing, reopen: 10 * MINUTE },
    polls: [...first, { at: 30 }, { at: 31, events: [beat(29)] }, { at: 39 }, { at: 59 }],
    notified: [...opened, ["resolved@10-30 x0"], ["updated@10-29 x0"], ["opened@10 x0"], ["resolved@10-59 x0"]],
  },
  {
    name: "reopen: of two alerts that are one by that, the older goes on",
    rule: {
      absence: { for: 3 * MINUTE, over: "seen" },
      resolve: { when: { level: ["normal"] } },
      reopen: 5 * MINUTE,
    },
    polls: [
      { at: 3, events: [beat(0)] },
      { at: 10, events: [fine(4), beat(10)] },
      { at: 13 },
      { at: 14, events: [beat(5)] },
    ],
    notified: [["opened@3 x0"], ["resolved@3-4 x0"], ["opened@13 x0"], ["opened@3 x0", "resolved@13-13 x0"]],
  },
  {
    name: "the alert about a silence that it divides, and that is over, stays one",
    rule: { absence: { for: 3 * MINUTE, over: "seen" } },
    polls: [{ at: 3, events: [beat(0)] }, { at: 12, events: [beat(12)] }, { at: 13, events: [beat(5)] }, { at: 15 }],
    notified: [["opened@3 x0"], ["resolved@3-12 x0"], [], ["opened@15 x0"]],
  },
];

describe("absence, a heartbeat that is shown late", () => {
  it.each(CASES)("$name", ({ rule, polls, notified }) => {
    expect(transitionLines(rule, polls)).toEqual(notified);
  });
});

describe("absence over targets, a heartbeat that is shown late", () => {
  const rule = compileRules([ruleConfig({ ...lapsing, absence: { for: 10 * MINUTE, over: "targets" } })], [SOURCE]);
  const { source, sourceId, connection, region, resource, labels } = beat(0);
  const [watch] = watchesOf(rule, { source, sourceId, connection, region, resource, labels }, START);
  const lapsed = [10, 30].reduce(
    (state, time) => live(rule.all[0]!, state, [], { now: at(time), readTo: at(time), since: START }).state,
    watchFrom(rule.all[0]!, emptyState(watch!.key), watch!.event, START),
  );
  const found = (state: KeyState, over: boolean) => {
    const touch = rule.touch(beat(29)).touches[0]!;
    return live(rule.all[0]!, state, [{ ...touch, over }], { now: at(31), readTo: at(31), since: START }).state;
  };

  it("is waited on from there", () => {
    const state = found(lapsed, false);
    expect(state.alert?.endsAt).toBe(new Date(at(29)).toISOString());
    expect(state.next?.at).toBe(at(39));
  });

  it("begins nothing where its target has ended", () => {
    expect(found(disarm(rule.all[0]!, lapsed, at(30)).state, true).next).toBeNull();
  });
});

function at(minutes: number): number {
  return START + minutes * MINUTE;
}
