// What is found late and lies before a resolving event, or before what opened an alert: what sorted input would have had.
import { describe, expect, it } from "vitest";
import type { RuleConfig } from "../../lib/model/config.ts";
import type { Event } from "../../lib/model/event.ts";
import { eventAt } from "../support/event.ts";
import { toldLines } from "./support.ts";

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
  told: string[];
}

const CASES: Late[] = [
  {
    name: "threshold: the match that fills the window",
    rule: { threshold: { count: 3, within } },
    first: [fail(1), fail(3), fine(5)],
    late: [fail(2)],
    told: ["opened@3 x3", "resolved@3-5 x3"],
  },
  {
    name: "threshold: a window that is filled by late matches alone",
    rule: { threshold: { count: 3, within } },
    first: [fine(5)],
    late: [fail(1), fail(2), fail(4)],
    told: ["opened@4 x3", "resolved@4-5 x3"],
  },
  {
    name: "threshold: a match that does not fill it tells nothing, and counts for nothing after the resolving event",
    rule: { threshold: { count: 3, within } },
    first: [fail(1), fine(5), fail(6)],
    late: [fail(2), fail(7)],
    told: [],
  },
  {
    name: "distinct: one more value",
    rule: { distinct: { field: "type", count: 2, within } },
    first: [fail(1, { type: "a" }), fine(5)],
    late: [fail(2, { type: "b" })],
    told: ["opened@2 x2", "resolved@2-5 x2"],
  },
  {
    name: "spike: one more occurrence",
    rule: { spike: { factor: 2, window: MINUTE, min: 2 } },
    first: [fail(4), fine(5)],
    late: [fail(4.5)],
    told: ["opened@4.5 x2", "resolved@4.5-5 x2"],
  },
  {
    name: "sequence: the step that was missing",
    // biome-ignore lint/suspicious/noThenProperty: the key that users write
    rule: { sequence: { then: [{ level: ["warning"] }], within } },
    first: [fail(1), fine(5)],
    late: [warn(2)],
    told: ["opened@2 x2", "resolved@2-5 x2"],
  },
  {
    name: "expect: a start whose deadline passed before the resolving event",
    rule: { expect: { when: { level: ["warning"] }, within } },
    first: [fine(15)],
    late: [fail(1)],
    told: ["opened@11 x1", "resolved@11-15 x1"],
  },
  {
    name: "absence: a match that the silence followed",
    rule: { absence: { for: within, over: "seen" } },
    first: [fine(15)],
    late: [fail(1)],
    told: ["opened@11 x0", "resolved@11-15 x0"],
  },
  {
    name: "no state: a match while the next alert fires already is one of its own, and takes nothing from that",
    rule: {},
    first: [fine(5), fail(6)],
    late: [fail(2)],
    told: ["opened@2 x1", "resolved@2-5 x1"],
  },
  {
    name: "no state: a match of the alert before the one that fires counts in that",
    rule: {},
    first: [fail(1), fine(5), fail(6)],
    late: [fail(2)],
    told: ["updated@1-5 x2"],
  },
  {
    name: "threshold: a match between two resolving events belongs to no alert before them",
    rule: { threshold: { count: 2, within } },
    first: [fail(1), fail(2), fine(3), fine(5)],
    late: [fail(4)],
    told: [],
  },
];

describe("what is found late, before the moment that opened the alert", () => {
  const rule = { threshold: { count: 3, within } };
  const first = [fail(10), fail(14), fail(18)];
  it.each([
    { name: "fills the window where the next match is", late: fail(12), told: ["updated@14 x4"] },
    { name: "fills the window itself", late: fail(16), told: ["updated@16 x4"] },
    { name: "counts for nothing where it lies before the window", late: fail(3), told: [] },
  ])("$name", ({ late, told }) => {
    expect(
      toldLines(rule, [
        { at: 19, events: first },
        { at: 20, events: [late] },
      ])[1],
    ).toEqual(told);
  });

  it("also where the alert has ended since", () => {
    const polls = [{ at: 19, events: first }, { at: 21 }, { at: 22, events: [fail(12)] }];
    expect(toldLines(rule, polls)).toEqual([["opened@18 x3"], ["resolved@18-20 x3"], ["updated@14-20 x4"]]);
  });
});

describe("what is found late, before a resolving event", () => {
  it.each(CASES)("$name", ({ rule, first, late, told }) => {
    const polls = [{ at: 16, events: first }, { at: 17, events: late }, { at: 18 }];
    expect(toldLines({ resolve: { when: { level: ["normal"] } }, ...rule }, polls).slice(1)).toEqual([told, []]);
  });
});
