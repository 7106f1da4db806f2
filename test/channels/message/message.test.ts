// The message that all chats share: what it leads with, its title, its names, and the limit it never exceeds.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Line, Medium } from "../../../lib/channels/message/medium.ts";
import { compose } from "../../../lib/channels/message/message.ts";
import { bytes, characters, jsonBytes } from "../../../lib/channels/message/plain.ts";
import type { Notification, NotifiedAlert, NotifyReason } from "../../../lib/model/notification.ts";
import { aNotification, anAlert, anEvent } from "../samples.ts";

function mediumOf(limit: number, text = characters, blocks?: number): Medium {
  return { limit, text, line: (line) => text(line.text) + 1, frame: 1, ...(blocks ? { blocks } : {}) };
}

function composed(alerts: NotifiedAlert[], fields: Partial<Notification> = {}, medium = mediumOf(8_000)) {
  return compose(aNotification({ alerts, group: {}, ...fields }), { now: 0, timezone: "UTC", attempt: 1 }, medium);
}

function textOf(blocks: Line[][]): string {
  return blocks.map((block) => block.map(({ text }) => text).join("\n")).join("\n\n");
}

const news = (count: number, fields: Partial<NotifiedAlert> = {}) =>
  Array.from({ length: count }, (_, i) => anAlert({ summary: `thing ${i}`, reason: "new", ...fields }));
const ended = (fields: Partial<NotifiedAlert> = {}) =>
  anAlert({ status: "resolved", endsAt: "2026-11-20T10:12:00.000Z", reason: "resolved", ...fields });

describe("the title", () => {
  test.each<[string, NotifiedAlert[], string]>([
    ["is that of one new alert", news(1), "🔴 CRITICAL thing 0"],
    ["is that of one new alert among known ones", [anAlert({ reason: "repeat" }), ...news(1)], "🔴 CRITICAL thing 0"],
    ["says how long it lasted", [ended({ summary: "a" })], "✅ RESOLVED (critical) a · lasted 12m"],
    ["names several", [ended({ summary: "z" }), ...news(2)], "2 new, 1 resolved: 🔴 thing 0; 🔴 thing 1; ✅ z"],
    ["names what escalates", [anAlert({ reason: "escalation", summary: "a" })], "🔴 CRITICAL a · escalated"],
    [
      "names what matched again, not what did not",
      [anAlert({ reason: "repeat" }), anAlert({ reason: "update", summary: "a", severity: "info" })],
      "🔵 INFO a · matched again",
    ],
  ])("%s", (_name, alerts, title) => {
    expect(composed(alerts).title).toBe(title);
  });

  test("has at most 150 characters, whatever it names, and is well-formed", () => {
    for (const unit of ["x", "😀", "训练", "\ud83d", "a b "]) {
      for (const count of [1, 2, 13, 1_000]) {
        const all = [...news(count, { summary: unit.repeat(400) }), ended({ summary: unit.repeat(400) })];
        for (const [alerts, test] of [[all, false] as const, [all, true] as const, [all.slice(0, 1), true] as const]) {
          const { title } = composed(alerts, { test });
          expect(title.length).toBeLessThanOrEqual(150);
          expect(title.length).toBeGreaterThan(60);
          expect(title.isWellFormed()).toBe(true);
        }
      }
    }
  });
});

describe("an alert's end", () => {
  const at = (time: string, message: string) => anEvent({ id: time, time: `2026-11-20T${time}Z`, message });
  test.each<[string, Partial<NotifiedAlert>, string, RegExp]>([
    [
      "is explained by the event that ended it",
      { events: [at("10:00:00.000", "pull failed"), at("10:12:00.000", "service is running")] },
      "Ended by 2026-11-20 10:12:00 UTC: service is running",
      /pull failed/,
    ],
    [
      "is explained by time where no event ended it",
      { events: [at("10:00:00.000", "pull failed"), at("10:04:00.000", "pull failed")] },
      "Ended 8m after its last event",
      /Ended by/,
    ],
    [
      "is not explained by the event that opened it",
      { endsAt: "2026-11-20T10:00:00.000Z", events: [at("10:00:00.000", "pull failed")] },
      "Resolved · rule deploy-failed",
      /Ended by/,
    ],
    ["needs no event", { events: [], count: 0 }, "10:12:00 UTC, lasted 12m", /Ended/],
    ["comes without advice", { description: "restart it" }, "lasted 12m", /restart it/],
  ])("%s", (_name, fields, said, unsaid) => {
    const text = textOf(composed([ended(fields)]).blocks);
    expect(text).toContain(said);
    expect(text).not.toMatch(unsaid);
  });

  test.each([
    ["2026-11-20T10:00:45Z", "45s"],
    ["2026-11-20T10:12:59Z", "12m"],
    ["2026-11-20T13:20:00Z", "3h 20m"],
    ["2026-11-20T12:00:00Z", "2h"],
    ["2026-11-22T14:00:00Z", "2d 4h"],
    ["2026-11-20T10:00:00Z", "0s"],
  ])("at %s says that it lasted %s", (endsAt, lasted) => {
    expect(composed([ended({ endsAt, summary: "a" })]).title).toBe(`✅ RESOLVED (critical) a · lasted ${lasted}`);
  });
});

describe("an alert without a reason of its own, as an older version stored it,", () => {
  test.each<[string, Partial<NotifiedAlert>, NotifyReason, string]>([
    ["is new where all it counted is new", { count: 3, newCount: 3 }, "new", "New · rule"],
    ["is known where it counted before", { count: 3, newCount: 1 }, "new", "Matched again · rule"],
    ["is known where nothing is new", { count: 3, newCount: 0 }, "resolved", "Still firing · rule"],
    ["is resolved", { status: "resolved", endsAt: "2026-11-20T10:12:00Z" }, "new", "Resolved · rule"],
    ["was held back", { status: "resolved", endsAt: "2026-11-20T10:12:00Z" }, "digest", "Held back until now · rule"],
    ["escalates", { count: 3, newCount: 0 }, "escalation", "Escalated, nobody has acknowledged it · rule"],
  ])("%s", (_name, fields, reason, said) => {
    expect(textOf(composed([anAlert(fields)], { reason }).blocks)).toContain(said);
  });
});

describe("room", () => {
  test("goes to names before details, to the details of the first alerts, and to nothing twice", () => {
    const { blocks } = composed(news(20), {}, mediumOf(1_500));
    const text = textOf(blocks);
    for (let i = 0; i < 20; i++)
      expect(text.split(`CRITICAL thing ${i}\n`).length + Number(text.endsWith(`thing ${i}`))).toBe(2);
    expect(blocks[0]!.length).toBeGreaterThan(3);
    expect(blocks.at(-1)!.every(({ text: line }) => line.startsWith("🔴 CRITICAL"))).toBe(true);
  });

  test("is made by shorter names before any name is left out", () => {
    const long = news(20).map((alert, i) => ({ ...alert, summary: `thing-${i} ${"x".repeat(900)}` }));
    const text = textOf(composed(long, {}, mediumOf(5_000)).blocks);
    for (let i = 0; i < 20; i++) expect(text).toContain(`thing-${i} xxx`);
    expect(text).not.toContain("more: ");
  });

  test("is no more than so many blocks", () => {
    const all = [...news(40), anAlert({ reason: "repeat" })];
    for (const most of [5, 12, 43, 44]) {
      const { blocks } = composed(all, { group: { rule: "a" } }, mediumOf(60_000, characters, most));
      expect(blocks.length + 1).toBe(Math.min(most, 43));
      expect(textOf(blocks)).toContain("thing 39");
    }
  });

  test("for one alert is never too little for what it is about", () => {
    const text = "训".repeat(5_000);
    const huge = anAlert({
      summary: text,
      description: text,
      rule: text,
      key: { text },
      labels: { text },
      resource: { type: "service", id: text, name: "a" },
      reason: "new",
      events: [anEvent({ message: `${text}!` })],
    });
    const { blocks } = composed([huge, anAlert({ reason: "repeat" })], { test: true }, mediumOf(4_096, bytes));
    expect(textOf(blocks)).toContain("New · rule");
    expect(textOf(blocks)).toContain("Since ");
  });

  test("one alert that the title names wholly is not named again, however little there is room for", () => {
    const alert = anAlert({ summary: `${"a long name ".repeat(7)}`, reason: "new" });
    for (const limit of [200, 500, 8_000]) {
      const { title, blocks } = composed([alert], {}, mediumOf(limit));
      expect(title).toContain(alert.summary.trim());
      expect(textOf(blocks)).not.toContain("CRITICAL");
      expect(textOf(blocks)).toContain("prod · eu-de");
    }
  });

  test("names that are too short to say something give way to a count", () => {
    const alerts = news(30, { summary: "train-llm-7b-worker: the node's GPU has fallen off the bus" });
    const { blocks } = composed(alerts, {}, mediumOf(500));
    const names = blocks.flat().filter(({ strong }) => strong);
    expect(names.length).toBeGreaterThan(4);
    for (const { text } of names) expect(text).toContain("train-llm-7b-worker");
    expect(textOf(blocks)).toContain(`+${30 - names.length} more: ${30 - names.length} critical`);
  });

  test("is measured no more often for a hundred times as many alerts", () => {
    const counted = (count: number) => {
      let calls = 0;
      const medium = mediumOf(4_096);
      const text = (raw: string) => {
        calls++;
        return medium.text(raw);
      };
      composed(news(count), {}, { ...medium, text });
      return calls;
    };
    expect(counted(20_000)).toBeLessThanOrEqual(counted(200) + 100);
  });

  test("is never exceeded, and every alert is named or counted", () => {
    const anyAlert = fc.record({
      summary: fc.oneof(fc.string({ unit: "binary", maxLength: 1_500 }), fc.constant("😀".repeat(300))),
      description: fc.string({ maxLength: 1_500 }),
      severity: fc.constantFrom("critical", "error", "warning", "info"),
      reason: fc.constantFrom<NotifyReason>("new", "resolved", "update", "repeat"),
      runbook: fc.constantFrom(null, "https://wiki.example.com/a", "ask Ada"),
    });
    const measures = fc.constantFrom(bytes, characters, jsonBytes);
    fc.assert(
      fc.property(
        fc.array(anyAlert, { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 2_048, max: 9_000 }),
        measures,
        (some, limit, measure) => {
          const alerts = some.map((fields) =>
            fields.reason === "resolved"
              ? ended(fields as Partial<NotifiedAlert>)
              : anAlert(fields as Partial<NotifiedAlert>),
          );
          const medium = mediumOf(limit, measure);
          const { title, blocks } = composed(alerts, { test: true }, medium);
          const all = [[{ text: title }], ...blocks];
          const cost = all.flat().reduce((sum, line) => sum + medium.line(line), all.length * medium.frame);
          expect(cost).toBeLessThanOrEqual(limit);
          const lead = alerts.filter(({ reason }) => reason === "new" || reason === "resolved");
          if (lead.length < 2) return;
          const names = blocks.flat().filter(({ strong }) => strong).length;
          const more = Number(
            /\+(\d+) more: \d+ (?:critical|error|warning|info|resolved)/.exec(textOf(blocks.slice(-3)))?.[1] ?? 0,
          );
          expect(names + more).toBe(lead.length);
        },
      ),
    );
  });
});
