// When a group may speak next, as a table: one sentence a case.
import { expect, it } from "vitest";
import { type Group, newGroup } from "../../lib/alerts/group.ts";
import { nextDue, roundDue } from "../../lib/alerts/next-due.ts";

const NOW = Date.parse("2026-11-20T10:00:00Z");
const MINUTE = 60_000;
const ROUTE = { groupWait: MINUTE, groupInterval: 5 * MINUTE, repeatInterval: 240 * MINUTE };

const group = (over: Partial<Group> = {}): Group => ({ ...newGroup("root", false, {}, NOW - 10 * MINUTE), ...over });

interface Case {
  group: Group;
  route?: Partial<typeof ROUTE>;
  /** When urgent alerts joined, in minutes from now. */
  urgent?: number[];
  /** In minutes from now. */
  news: number;
  repeat: number;
}

const CASES: Record<string, Case> = {
  "a group that never spoke waits for company since it began": { group: group(), news: -9, repeat: 240 },
  "an urgent alert does not make a first notification wait longer": {
    group: group(),
    urgent: [0],
    news: -9,
    repeat: 240,
  },
  "one that spoke waits for its interval": { group: group({ lastAt: NOW - 2 * MINUTE }), news: 3, repeat: 238 },
  "an urgent alert waits for company alone": {
    group: group({ lastAt: NOW - 2 * MINUTE }),
    urgent: [0],
    news: 1,
    repeat: 238,
  },
  "of several urgent alerts the first decides": {
    group: group({ lastAt: NOW - 2 * MINUTE }),
    urgent: [0, -0.5],
    news: 0.5,
    repeat: 238,
  },
  "an urgent alert waits no longer than others, however long the wait for company is": {
    group: group({ lastAt: NOW - 2 * MINUTE }),
    route: { groupWait: 10 * MINUTE },
    urgent: [0],
    news: 3,
    repeat: 238,
  },
  "an interval that is over lies in the past": { group: group({ lastAt: NOW - 9 * MINUTE }), news: -4, repeat: 231 },
  "an incident waits for nothing and is never repeated": {
    group: group({ incident: true, lastAt: NOW }),
    news: -10,
    repeat: Number.POSITIVE_INFINITY,
  },
};

it.each(Object.entries(CASES))("%s", (_sentence, { group, route, urgent = [], news, repeat }) => {
  const joined = urgent.map((minutes) => NOW + minutes * MINUTE);
  const due = nextDue(group, { ...ROUTE, ...route }, NOW, joined);
  expect({ news: (due.news - NOW) / MINUTE, repeat: (due.repeat - NOW) / MINUTE }).toEqual({ news, repeat });
});

it("a member waits for the end of its poll round a minute at most", () => {
  expect(roundDue({ at: NOW })).toBe(NOW + MINUTE);
});
