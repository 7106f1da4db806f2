// Explanations on a clock of the test: what an event did, where its alert is notified or why not yet,
// and what a new one would do.
import { describe, expect, it } from "vitest";
import { acknowledge, listOpen } from "../../../lib/app/oncall/acknowledge.ts";
import { createExplainer, type EventExplanation } from "../../../lib/app/queries/explain.ts";
import { createReader, type Reader } from "../../../lib/app/queries/explain-reader.ts";
import { openAlerts, seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { readPasted } from "../../../lib/app/replay/rule-tests/pasted-event.ts";
import type { Event } from "../../../lib/model/event.ts";
import { formatPlace } from "../../../lib/model/place.ts";
import { type Bench, bench, MINUTE, T0 } from "../support.ts";

const DOWN = `{ id: down, when: { level: [error] }, resolve: { when: { source: [service-events], level: [normal] } } }`;
const CHANNELS = `channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
const yaml = (rule: string, more = "", route = "{}", channels = CHANNELS) => `
rules: [${rule}]
route: ${route}
${channels}
${more}`;

function explainer({ app }: Bench) {
  return createExplainer(app, createReader(app), (place) => formatPlace(place));
}

/** One of the events seen so far, by its place among them. */
async function explained(made: Bench, number: number): Promise<EventExplanation> {
  const event = (await seenEvents(made.app)).at(number)!;
  return explainer(made).event(event, true);
}

/** What is said of the first rule. */
async function verdict(made: Bench, number = -1) {
  const { rules } = await explained(made, number);
  const [{ reason, effects, deadline } = { reason: null, effects: [], deadline: null }] = rules;
  return { reason, deadline, effects: effects.map(({ kind, alert }) => `${kind} ×${alert.count}`), first: effects[0]! };
}

function wouldBe(made: Bench, fields: Partial<Event> = {}) {
  const text = JSON.stringify({ source: "service-events", level: "error", resource: { id: "svc-1" }, ...fields });
  return explainer(made).event(readPasted(text, "stdin", made.app.config, made.app.clock.now()).event, false);
}

function at(minutes: number): string {
  return new Date(T0 + minutes * MINUTE).toISOString();
}

describe("what an event did", () => {
  it("the first match opened the alert, the next one counted, and the end resolved it", async () => {
    const made = await bench({ yaml: yaml(DOWN) });
    made.fail(1);
    await made.rounds(2);
    made.fail(2.5);
    await made.rounds(3);
    made.recover(4);
    await made.rounds(10);
    expect((await verdict(made, 0)).effects).toEqual(["opened ×2"]);
    expect((await verdict(made, 1)).effects).toEqual(["counted ×2"]);
    const { effects, first } = await verdict(made, 2);
    expect(effects).toEqual(["resolved ×2"]);
    expect(first.deliveries.map(({ reason, status }) => `${reason} ${status}`)).toEqual([
      "new delivered",
      "resolved delivered",
    ]);
    expect(first.deliveries[0]!.endedAt).toBe(at(1));
  });

  it("below the threshold it says how many there are of how many", async () => {
    const made = await bench({
      yaml: yaml(`{ id: many, when: { level: [error] }, threshold: { count: 3, within: 10m } }`),
    });
    made.fail(1);
    made.fail(2);
    await made.rounds(3);
    expect(await verdict(made)).toMatchObject({ reason: "below the threshold: 2 of 3 so far", effects: [] });
    made.fail(4);
    await made.rounds(5);
    expect((await verdict(made, 0)).effects).toEqual(["counted ×3"]);
    expect((await verdict(made)).effects).toEqual(["opened ×3"]);
  });

  it("a resolving event says why it resolved nothing", async () => {
    const made = await bench({ yaml: yaml(DOWN) });
    made.recover(1);
    await made.rounds(2);
    expect(await verdict(made)).toMatchObject({
      reason: "it resolves, but no alert was open for its key",
      effects: [],
    });
    made.fail(3);
    made.recover(3);
    await made.rounds(4);
    const both = await Promise.all([-1, -2].map((number) => verdict(made, number)));
    expect(both.map(({ reason }) => reason)).toContain("it is not newer than the newest match, so it does not resolve");
  });

  it("a rule that does not match says which field, its value and what was wanted; the nearest rule comes first", async () => {
    const rules = [
      `{ id: far, when: { source: [pool-events], level: [warning] } }`,
      `{ id: near, when: { source: [service-events], level: [warning] } }`,
      DOWN,
    ];
    const made = await bench({ yaml: yaml(rules.join(", ")) });
    made.fail(1);
    await made.rounds(2);
    const { rules: all } = await explained(made, 0);
    expect(all.map(({ rule, reason }) => [rule, reason])).toEqual([
      ["down", null],
      ["near", `level is "error", wanted "warning"`],
      ["far", `source is "service-events", wanted "pool-events"`],
    ]);
    expect(all[1]).toMatchObject({
      at: "rules[1]",
      mismatches: [{ field: "level", values: ["error"], wanted: '"warning"' }],
    });
  });
});

describe("an event whose key finds no room", () => {
  it("opened the alert that such keys share, or counted into it", async () => {
    const made = await bench({
      yaml: yaml("{ id: full, when: { level: [error] }, by: [message], maxKeys: 1, resolve: { after: 6h } }"),
    });
    made.fail(1, "a");
    await made.rounds(2);
    made.fail(2.5, "b");
    await made.rounds(3);
    made.fail(3.5, "c");
    await made.rounds(5);
    const shared = "the rule keeps 1 keys, as many as it may: what other keys match shares one alert";
    expect(await verdict(made, 0)).toMatchObject({ reason: null, effects: ["opened ×1"] });
    expect(await verdict(made, 1)).toMatchObject({ reason: shared, effects: ["opened ×2"] });
    expect(await verdict(made, 2)).toMatchObject({ reason: shared, effects: ["counted ×2"] });
    const next = (await wouldBe(made, { message: "d" })).rules[0];
    expect(next).toMatchObject({ reason: shared, key: { overflow: true }, effects: [{ kind: "counted" }] });
    expect((await wouldBe(made, { message: "a" })).rules[0]).toMatchObject({ reason: null, key: { message: "a" } });
  });
});

describe("what an event did to a rule with state", () => {
  const EXPECT = "when: { level: [error] }, expect: { when: { level: [normal] }, within: 30m }";
  const ABSENCE = "when: { level: [normal] }, absence: { for: 30m }";
  const SEQUENCE = "when: { level: [error] }, sequence: { then: [{ level: [normal] }], within: 10m }";

  it.each([
    [
      "distinct: how many values of how many",
      "when: { level: [error] }, by: [connection], distinct: { field: resource.id, count: 2, within: 10m }",
      "fail",
      "not enough different values in resource.id: 1 of 2 so far",
    ],
    [
      "distinct: an event without the field",
      "when: { level: [error] }, distinct: { field: reason, count: 2, within: 10m }",
      "fail",
      "it has no value in reason",
    ],
    [
      "spike: what its window lacks",
      "when: { level: [error] }, spike: { factor: 3, window: 10m, min: 5 }",
      "fail",
      "its window holds no 3 times what the one before it held, or fewer than 5, or the one before it was not wholly observed",
    ],
    [
      "change: the first value only teaches",
      "when: { level: [error] }, change: { field: type }",
      "fail",
      `type is "abnormal", as it was before; a key's first value, and all of a target's first poll, only teach`,
    ],
    [
      "newValue: the first value only teaches",
      "when: { level: [error] }, newValue: { field: type }",
      "fail",
      `"abnormal" in type was known; a key's first value, and all of a target's first poll, only teach`,
    ],
    ["sequence: what is to come", SEQUENCE, "fail", "the patterns have not all matched in order within the time"],
    [
      "absence: what it is for",
      ABSENCE,
      "recover",
      "it was seen: the rule opens an alert when nothing matches for long",
    ],
    ["expect: until when it waits", EXPECT, "fail", `waits until ${at(31)} for what is expected to follow`],
    ["expect: the follow-up of nothing", EXPECT, "recover", "it is what is expected, and was not late for anything"],
    [
      "extract: the value that it took out",
      'extract: [{ field: message, pattern: "Failed to (?<what>\\\\w+)" }], when: { extracted: { what: [push] } }',
      "fail",
      `extracted.what is "pull", wanted "push"`,
    ],
  ] as const)("%s", async (_, rule, what, reason) => {
    const made = await bench({ yaml: yaml(`{ id: r, ${rule} }`) });
    made[what](1);
    await made.rounds(2);
    expect(await verdict(made)).toMatchObject({ reason, effects: [] });
  });

  it("an event without the field is no match: it counts for nothing, and may resolve", async () => {
    const codes = `extract: [{ field: message, pattern: "code (?<code>\\\\d+)" }]`;
    const rule = (id: string, count: number, more = "") =>
      `{ id: ${id}, when: { level: [error] }, ${codes}, distinct: { field: extracted.code, count: ${count}, within: 1h }${more} }`;
    const ending = rule("ending", 40, ", resolve: { when: { level: [error] } }");
    const made = await bench({ yaml: yaml(`${rule("codes", 2)}, ${ending}`) });
    for (let number = 0; number < 30; number++) made.fail(1 + number / 10, number === 5 ? "none" : `code ${number}`);
    await made.rounds(6);
    const all = await seenEvents(made.app);
    const none = all.findIndex(({ message }) => message.startsWith("none"));
    const { rules } = await explained(made, none);
    expect(rules.map(({ reason, effects }) => [reason, effects.map(({ kind }) => kind)])).toEqual([
      ["it has no value in extracted.code", []],
      ["it resolves, but no alert was open for its key", []],
    ]);
    const [counts] = Object.values((await readStatus(made.app)).ledger["service-events"]!);
    expect(counts).toMatchObject({ new: 30, matched: 29, unmatched: 1 });
  });

  it("expect: the start opened the alert at its deadline, the late follow-up resolved it", async () => {
    const made = await bench({ yaml: yaml(`{ id: r, ${EXPECT} }`) });
    made.fail(1);
    await made.rounds(2);
    expect((await verdict(made)).deadline).toEqual({ at: at(31), to: "open", waits: false });
    await made.rounds(35, 5);
    expect((await verdict(made)).effects).toEqual(["opened ×1"]);
    made.recover(40);
    await made.rounds(60, 5);
    expect((await verdict(made)).effects).toEqual(["resolved ×1"]);
  });

  it("absence: the last match before the silence opened the alert, the next one resolved it", async () => {
    const made = await bench({ yaml: yaml(`{ id: r, ${ABSENCE} }`) });
    made.recover(1);
    await made.rounds(35, 5);
    expect((await verdict(made)).effects).toEqual(["opened ×0"]);
    made.recover(40);
    await made.rounds(45, 5);
    expect((await verdict(made)).effects).toEqual(["resolved ×0"]);
  });

  it("sequence: the last step opened the alert, the first one counts", async () => {
    const made = await bench({ yaml: yaml(`{ id: r, ${SEQUENCE} }`) });
    made.fail(1);
    made.recover(2);
    await made.rounds(5);
    const both = await Promise.all([0, 1].map((number) => verdict(made, number)));
    expect(both.map(({ effects }) => effects)).toEqual([["counted ×2"], ["opened ×2"]]);
  });
});

describe("where an alert is notified, or why not yet", () => {
  const routes = async (made: Bench) => {
    const [alert] = await openAlerts(made.app);
    return explainer(made).alert(alert!);
  };

  it("groupWait: due when the group is", async () => {
    const made = await bench({ yaml: yaml(DOWN, "", "{ groupWait: 5m, groupBy: [rule, resource.id] }") });
    made.fail(1);
    await made.beats(2);
    const { routes: ways, deliveries, openedBy } = await routes(made);
    expect(deliveries).toEqual([]);
    expect(openedBy).toBe((await seenEvents(made.app))[0]!.id);
    expect(ways).toEqual([
      {
        route: "route",
        at: "route",
        channels: ["ops"],
        group: { rule: "down", "resource.id": "svc-1" },
        notified: false,
        heldBy: null,
        next: { at: at(6), reason: "new" },
        escalation: null,
      },
    ]);
  });

  it("a poll round that goes on: what it opened is due when it is over and the group may notify", async () => {
    const made = await bench({ yaml: yaml(DOWN, "", "{ groupWait: 30m }") });
    made.fail(1);
    await made.beats(2);
    const [alert] = await openAlerts(made.app);
    const reader = createReader(made.app);
    const waiting: Reader = {
      ...reader,
      async group(id) {
        const { group, members } = (await reader.group(id))!;
        return { group, members: members.map((member) => ({ ...member, round: "services/1", at: T0 + 45 * MINUTE })) };
      },
    };
    const { routes: ways } = await createExplainer(made.app, waiting, formatPlace).alert(alert!);
    expect(ways[0]).toMatchObject({ notified: false, next: { at: at(46), reason: "new" } });
  });

  it("notified: when it is repeated, as long as it fires", async () => {
    const made = await bench({ yaml: yaml(DOWN, "", "{ repeatInterval: 1h }") });
    made.fail(1);
    await made.rounds(2);
    const { routes: ways, deliveries } = await routes(made);
    expect(ways[0]).toMatchObject({ notified: true, next: { at: at(61), reason: "repeat" } });
    expect(deliveries).toMatchObject([
      { channel: "ops", status: "delivered", attempts: 1, endedAt: at(1), reason: "new" },
    ]);
  });

  it("escalation: when, and to whom, unless somebody acknowledges it or every step is taken", async () => {
    const steps = "{ after: 10m, channels: [lead] }, { after: 30m, channels: [boss] }";
    const hook = (name: string) => `${name}: { type: webhook, url: "HOOK/${name}" }`;
    const channels = `channels: { ${["ops", "lead", "boss"].map(hook).join(", ")} }`;
    const made = await bench({ yaml: yaml(DOWN, "", `{ channels: [ops], escalate: [${steps}] }`, channels) });
    made.fail(1);
    await made.rounds(2);
    const next = async () => (await routes(made)).routes.map(({ channels: to, escalation }) => [to, escalation]);
    expect(await next()).toEqual([[["ops"], { at: at(11), channels: ["lead"] }]]);
    await made.rounds(12);
    expect(await next()).toContainEqual([["ops"], { at: at(31), channels: ["boss"] }]);
    const [open] = await listOpen(made.app);
    await acknowledge(made.app, open!, "ada");
    expect((await next()).map(([, escalation]) => escalation)).toEqual([null, null]);
  });

  it.each([
    [
      "a silence, with its comment, place and end",
      `silences: [{ match: { rule: [other] } }, { match: { rule: [down] }, until: "2026-11-20T12:00:00Z", comment: migration }]`,
      "{}",
      { kind: "silenced", by: 'silence "migration"', at: "silences[1]", until: "2026-11-20T12:00:00.000Z" },
    ],
    [
      "a muted time interval",
      `timeIntervals: { days: [{ times: [{ start_time: "08:00", end_time: "18:00" }] }] }`,
      "{ mute: [days] }",
      { kind: "muted", by: "mute days", at: "timeIntervals.days", until: null },
    ],
    [
      "an active time interval that it lies outside of",
      `timeIntervals: { nights: [{ times: [{ start_time: "22:00", end_time: "23:00" }] }] }`,
      "{ active: [nights] }",
      { kind: "muted", by: "outside nights", at: "timeIntervals.nights", until: null },
    ],
  ])("held back by %s", async (_, more, route, heldBy) => {
    const made = await bench({ yaml: yaml(DOWN, more, route) });
    made.fail(1);
    await made.rounds(2);
    expect((await routes(made)).routes).toMatchObject([{ notified: false, heldBy, next: null }]);
  });

  it("a delivery on its way: its tries, its error, its next try; and the one behind it", async () => {
    const made = await bench({ yaml: yaml(DOWN, "", "{ groupBy: [rule] }"), services: ["svc-1", "svc-2"] });
    made.answer(() => ({ status: 503, headers: { "retry-after": "3600" } }));
    made.fail(1, undefined, "svc-1");
    await made.rounds(2);
    made.fail(3, undefined, "svc-2");
    await made.rounds(8);
    const [first, second] = await Promise.all(
      (await openAlerts(made.app)).map((alert) => explainer(made).alert(alert)),
    );
    expect(first!.deliveries[0]).toMatchObject({
      status: "pending",
      attempts: 1,
      error: expect.stringContaining("503"),
    });
    expect(Date.parse(first!.deliveries[0]!.nextAttemptAt!)).toBeGreaterThanOrEqual(T0 + 61 * MINUTE);
    expect(second!.deliveries).toMatchObject([{ status: "pending", attempts: 0, behind: first!.deliveries[0]!.id }]);
  });

  it("a dead delivery: its error, and the delivery that went to the fallback", async () => {
    const made = await bench({
      yaml: `
rules: [${DOWN}]
route: { channels: [ops] }
channels:
  ops: { type: webhook, url: "HOOK/ops", fallback: mail }
  mail: { type: webhook, url: "HOOK/mail" }`,
    });
    made.answer(({ to }) => ({ status: to === "/ops" ? 404 : 204 }));
    made.fail(1);
    await made.rounds(2);
    const { deliveries } = await routes(made);
    expect(deliveries).toMatchObject([
      { channel: "ops", status: "dead", endedAt: at(1), fallback: deliveries[1]!.id },
      { channel: "mail", status: "delivered" },
    ]);
  });

  it("the deadline at which it ends by itself", async () => {
    const made = await bench({ yaml: yaml(`{ id: down, when: { level: [error] }, resolve: { after: 30m } }`) });
    made.fail(1);
    await made.rounds(2);
    expect((await routes(made)).deadline).toEqual({ at: at(31), to: "resolve", waits: false });
    expect((await verdict(made)).deadline).toEqual({ at: at(31), to: "resolve", waits: false });
  });

  it("a group of before the configuration changed is named, and goes on", async () => {
    const made = await bench({ yaml: yaml(DOWN, "", "{ groupWait: 30m }") });
    made.fail(1);
    await made.beats(2);
    await made.reload(yaml(DOWN, "", "{ groupBy: [resource.id], groupWait: 30m }"));
    expect((await routes(made)).routes).toMatchObject([
      { route: "route", group: { rule: "down" }, next: { at: at(31) } },
    ]);
  });
});

describe("what a pasted event would do", () => {
  it("open an alert, on which route and when, and nothing is written", async () => {
    const made = await bench({ yaml: yaml(DOWN, "", "{ groupWait: 5m }") });
    await made.rounds(2);
    const { stored, rules } = await wouldBe(made);
    expect(stored).toBe(false);
    expect(rules[0]!.effects).toMatchObject([
      {
        kind: "opened",
        routes: [{ channels: ["ops"], heldBy: null, next: { at: at(7), reason: "new" } }],
        deliveries: [],
      },
    ]);
    expect(await openAlerts(made.app)).toEqual([]);
    await made.rounds(10);
    expect(made.messages).toEqual([]);
  });

  it.each([
    ["count into the alert that is open", { level: "error" }, "counted ×2"],
    ["resolve it", { level: "normal" }, "resolved ×1"],
  ] as const)("%s", async (_, fields, effect) => {
    const made = await bench({ yaml: yaml(DOWN) });
    made.fail(1);
    await made.rounds(2);
    const [{ effects } = { effects: [] }] = (await wouldBe(made, fields)).rules;
    expect(effects.map(({ kind, alert }) => `${kind} ×${alert.count}`)).toEqual([effect]);
    expect(effects[0]!.alert.id).toBe((await openAlerts(made.app))[0]!.id);
  });

  it("stay below the threshold, or fill it", async () => {
    const made = await bench({
      yaml: yaml(`{ id: many, when: { level: [error] }, threshold: { count: 3, within: 10m } }`),
    });
    made.fail(1);
    await made.rounds(2);
    expect((await wouldBe(made)).rules[0]).toMatchObject({ reason: "below the threshold: 2 of 3 so far", effects: [] });
    expect((await wouldBe(made, { count: 2 })).rules[0]!.effects).toMatchObject([
      { kind: "opened", alert: { count: 3 } },
    ]);
  });

  it("not spike, while the rule has not observed the window before", async () => {
    const rule = `{ id: r, when: { level: [error] }, spike: { factor: 3, window: 10m, min: 2 } }`;
    const made = await bench({ yaml: yaml(rule) });
    await made.rounds(2);
    expect((await wouldBe(made, { count: 9 })).rules[0]!.effects).toEqual([]);
    await made.rounds(30, 5);
    expect((await wouldBe(made, { count: 9 })).rules[0]!.effects).toMatchObject([{ kind: "opened" }]);
  });

  it("be held back by a silence", async () => {
    const made = await bench({ yaml: yaml(DOWN, `silences: [{ match: { rule: [down] } }]`) });
    const [{ effects } = { effects: [] }] = (await wouldBe(made)).rules;
    expect(effects[0]!.routes).toMatchObject([{ heldBy: { by: "silence", at: "silences[0]" }, next: null }]);
  });
});
