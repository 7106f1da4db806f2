// What two notifications of one group and channel become while the first still waits: a table, one sentence a case.
import { describe, expect, it } from "vitest";
import { combine, fold, urgencyOf } from "../../lib/alerts/fold.ts";
import type { Notification, NotifyReason } from "../../lib/model/notification.ts";
import { aNotification, anAlert } from "../channels/samples.ts";

/** `A firing 3/1 new`: an alert by its id, its count and newCount, and why it is notified where that is said. */
function parsed(text: string): Notification["alerts"][number] {
  const [id = "", status = "", counts = "", reason] = text.split(" ");
  const [count, newCount] = counts.split("/").map(Number);
  const startsAt = `2026-11-20T10:0${"ABC".indexOf(id)}:00.000Z`;
  const fields = { id, status: status as "firing" | "resolved", count: count!, newCount: newCount!, startsAt };
  return anAlert(reason === undefined ? fields : ({ ...fields, reason } as Partial<Notification["alerts"][number]>));
}

const written = ({ alerts }: Notification) =>
  alerts.map(({ id, status, count, newCount, ...rest }) => {
    return [id, status, `${count}/${newCount}`, ...("reason" in rest ? [rest.reason] : [])].join(" ");
  });

function one(text: string, suppressed = 0): Notification {
  const [reason, ...alerts] = text.split(": ").flatMap((part, at) => (at === 0 ? [part] : part.split(", ")));
  const notified = alerts.map(parsed);
  return aNotification({
    id: reason!,
    reason: reason as NotifyReason,
    status: notified.some(({ status }) => status === "firing") ? "firing" : "resolved",
    alerts: notified,
    suppressed: { silenced: suppressed, muted: 0, inhibited: suppressed },
  });
}

describe("folding", () => {
  const cases: [what: string, waiting: string, next: string, folded: string | undefined][] = [
    ["two repeats are one", "repeat: A firing 1/0", "repeat: A firing 1/0", "repeat: A firing 1/0"],
    ["a repeat and an update are an update", "repeat: A firing 1/0", "update: A firing 4/3", "update: A firing 4/3"],
    ["what both counted is added up", "update: A firing 4/3", "update: A firing 9/5", "update: A firing 9/8"],
    ["news takes in the repeat after it", "new: A firing 1/1", "repeat: A firing 1/0", "new: A firing 1/1"],
    [
      "a repeat takes in the news after it",
      "repeat: A firing 1/0",
      "new: A firing 2/1, B firing 1/1",
      "new: A firing 2/1, B firing 1/1",
    ],
    [
      "the resolution of what was to be repeated is notified in its place",
      "repeat: A firing 2/0",
      "resolved: A resolved 2/0",
      "resolved: A resolved 2/0",
    ],
    [
      "a resolution stays where what still fires is repeated",
      "resolved: A resolved 2/0, B firing 3/0",
      "repeat: B firing 3/0",
      "resolved: A resolved 2/0, B firing 3/0",
    ],
    [
      "alerts of either are kept, by their start",
      "update: C firing 2/1",
      "repeat: B firing 1/0, A firing 1/0",
      "update: A firing 1/0, B firing 1/0, C firing 2/1",
    ],
    [
      "each alert keeps the first of its own reasons",
      "new: A firing 1/1 new",
      "repeat: A firing 1/0 repeat",
      "new: A firing 1/1 new",
    ],
    [
      "an alert's own news wins over its repeat",
      "repeat: A firing 1/0 repeat",
      "resolved: A resolved 1/0 resolved",
      "resolved: A resolved 1/0 resolved",
    ],
    ["an escalation is notified by itself", "escalation: A firing 1/0", "repeat: A firing 1/0", undefined],
    [
      "so is one that shares its message with an end",
      "resolved: A resolved 1/0 resolved, B firing 1/1 escalation",
      "repeat: B firing 1/0 repeat",
      undefined,
    ],
    [
      "what a digest counted is in the repeat that takes it in",
      "digest: A resolved 1/1",
      "repeat: B firing 1/0",
      "repeat: A resolved 1/1, B firing 1/0",
    ],
    ["two pieces of news stay two", "new: A firing 1/1", "resolved: A resolved 1/0", undefined],
    ["two times news of the same kind stay two", "new: A firing 1/1", "new: B firing 1/1", undefined],
    ["a digest and news stay two", "digest: A resolved 1/1", "new: B firing 1/1", undefined],
  ];
  it.each(cases)("%s", (_what, waiting, next, expected) => {
    const folded = fold(one(waiting), one(next));
    expect(folded && `${folded.reason}: ${written(folded).join(", ")}`).toBe(expected);
  });

  it("keeps the id of the one that waits, adds up what was held back, and fires while any alert does", () => {
    const folded = fold(one("resolved: A resolved 1/0", 2), one("repeat: B firing 1/0", 3));
    expect(folded).toMatchObject({
      id: "resolved",
      status: "firing",
      suppressed: { silenced: 5, muted: 0, inhibited: 5 },
    });
  });
});

describe("notifications of different groups", () => {
  function combined(...texts: [string, ...string[]]): Notification {
    const [first, ...others] = texts.map((text, at) => ({ ...one(text), group: { of: at } }));
    return combine([first!, ...others]);
  }

  it.each<[what: string, texts: [string, ...string[]], expected: string]>([
    [
      "become one that names every alert",
      ["new: A firing 1/1", "new: B firing 2/2"],
      "new: A firing 1/1, B firing 2/2",
    ],
    [
      "have the first of their reasons",
      ["resolved: A resolved 1/0", "new: B firing 1/1"],
      "new: A resolved 1/0, B firing 1/1",
    ],
    [
      "name an alert of both once, and count it once",
      ["new: A firing 1/1", "update: A firing 3/3"],
      "new: A firing 3/3",
    ],
    [
      "say that it is resolved where either does",
      ["resolved: A resolved 3/0", "new: A firing 3/3"],
      "new: A resolved 3/3",
    ],
    [
      "say that it fires where it was opened again and matched since",
      ["new: A firing 4/1", "resolved: A resolved 3/0"],
      "new: A firing 4/1",
    ],
  ])("%s", (_what, texts, expected) => {
    const whole = combined(...texts);
    expect(`${whole.reason}: ${written(whole).join(", ")}`).toBe(expected);
  });

  it("fire while any alert does, add up what was held back, and keep the group they share", () => {
    const [a, b] = [one("resolved: A resolved 1/0", 1), one("new: B firing 1/1", 2)];
    const whole = combine([
      { ...a, group: { rule: "r", region: "x" } },
      { ...b, group: { rule: "r", region: "y" } },
    ]);
    expect([whole.status, whole.suppressed, whole.group]).toEqual([
      "firing",
      { silenced: 3, muted: 0, inhibited: 3 },
      { rule: "r" },
    ]);
  });

  it("count both where the group ended and began anew meanwhile", () => {
    const whole = combine([one("new: A firing 3/3"), one("resolved: A resolved 4/1")]);
    expect(written(whole)).toEqual(["A resolved 4/4"]);
  });

  it("are as urgent as their most severe alert that fires", () => {
    const of = (...severities: string[]) => {
      const alerts = severities.map((text) => {
        const [severity, status = "firing"] = text.split(" ");
        return { ...parsed(`A ${status} 1/1`), severity } as Notification["alerts"][number];
      });
      return urgencyOf({ ...one("new: A firing 1/1"), alerts });
    };
    expect([
      of("info", "critical"),
      of("error"),
      of("critical resolved", "warning"),
      of("critical resolved"),
      of(),
    ]).toEqual([0, 1, 2, 4, 4]);
  });
});
