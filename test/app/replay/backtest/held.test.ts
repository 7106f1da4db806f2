// What a backtest says of alerts that are held back, grouped and repeated: worked out by hand, and
// as live polling tells it.
import { describe, expect, it } from "vitest";
import { type Backtest, backtest } from "../../../../lib/app/replay/backtest/backtest.ts";
import type { Notification } from "../../../../lib/model/notification.ts";
import { type Bench, bench, MINUTE, T0 } from "../../support.ts";

const SERVICES = ["svc-1", "svc-2", "svc-3"];
const YAML = `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
timeIntervals: { tea: [{ times: [{ start_time: "10:20", end_time: "10:40" }] }] }
silences: [{ match: { resource: { id: [svc-2] } }, comment: known }]
route:
  channels: [ops]
  groupWait: 2m
  groupInterval: 10m
  repeatInterval: 45m
  routes: [{ match: { resource: { id: [svc-3] } }, channels: [night], groupBy: ["..."], mute: [tea] }]
channels: { ops: { type: webhook, url: "HOOK/ops" }, night: { type: webhook, url: "HOOK/night" } }
`;
/** Minutes, and what happens then. */
const STORY: [at: number, service: string, what: "fails" | "recovers"][] = [
  [1, "svc-1", "fails"],
  [5, "svc-1", "recovers"],
  [10, "svc-2", "fails"],
  [25, "svc-3", "fails"],
  [27, "svc-3", "fails"],
  [82, "svc-1", "fails"],
  [83, "svc-1", "recovers"],
  [86, "svc-1", "fails"],
];

async function live(): Promise<Bench> {
  const b = await bench({ yaml: YAML, services: SERVICES });
  for (let minute = 1; minute <= 90; minute++) {
    b.to(minute);
    for (const [at, service, what] of STORY) {
      if (at !== minute) continue;
      if (what === "fails") b.fail(at, undefined, service);
      else b.recover(at, service);
    }
    await b.beat();
  }
  return b;
}

function run(b: Bench): Promise<Backtest> {
  const signal = new AbortController().signal;
  return backtest(b.app, { since: 90 * MINUTE, signal, reading() {}, evaluating() {} });
}

const minuteOf = (at: string) => (Date.parse(at) - T0) / MINUTE;

describe("a backtest of alerts that are grouped, silenced, muted and repeated", () => {
  it("says what one works out by hand, and what live polling notified", async () => {
    const b = await live();
    const { alerts, messages, rules, channels } = await run(b);
    const nameOf = new Map(alerts.map(({ id, key, startsAt }) => [id, `${key["resource.id"]}@${minuteOf(startsAt)}`]));
    expect(
      messages.map(({ at, channel, reason, alerts }) => {
        return `${minuteOf(at)} ${channel} ${reason}: ${alerts.map((id) => nameOf.get(id)).join(" ")}`;
      }),
    ).toEqual([
      // After groupWait; then no sooner than groupInterval, and not about what is silenced.
      "3 ops new: svc-1@1",
      "13 ops resolved: svc-1@1",
      // When the muted time ends; then after repeatInterval.
      "40 night new: svc-3@25",
      "82 ops new: svc-1@82",
      "85 night repeat: svc-3@25",
    ]);
    expect(channels).toEqual({ ops: 3, night: 2 });
    expect(alerts.map(({ id, count, end, unnotified }) => [nameOf.get(id), count, end, unnotified])).toEqual([
      ["svc-1@1", 1, "resolved", null],
      ["svc-2@10", 1, "firing", "silenced"],
      ["svc-3@25", 2, "firing", null],
      ["svc-1@82", 1, "resolved", null],
      ["svc-1@86", 1, "firing", "later"],
    ]);
    expect(rules).toMatchObject([{ rule: "broken", alerts: 5, firing: 3, messages: 5 }]);
    // Of five: two were over within five minutes, nothing followed two (svc-3 failed again), one
    // came back after three minutes.
    expect(rules[0]!.noise).toEqual({
      messagesPerDay: 80,
      brief: 0.4,
      unfollowed: 0.4,
      back: 0.2,
      worst: { key: { "resource.id": "svc-1" }, alerts: 3 },
    });
    const sent = b.messages.map(({ at, to, body }) => {
      const { reason, alerts } = body as Notification;
      return [at, to.slice(1), reason, alerts.map(({ id }) => id)];
    });
    expect(messages.map((one) => [minuteOf(one.at), one.channel, one.reason, one.alerts])).toEqual(sent);
  });

  it("says what live polling notified of alerts that are escalated and inhibited", async () => {
    const b = await bench({
      services: SERVICES,
      yaml: `
rules:
  - id: broken
    when: { level: [error] }
    by: [resource.id]
    resolve: { when: { source: [service-events], level: [normal] } }
route: { channels: [ops], groupBy: [resource.id], escalate: [{ after: 15m, channels: [lead] }] }
inhibit: [{ source: { resource: { id: [svc-1] } }, target: { resource: { id: [svc-2] } }, equal: [connection] }]
channels: { ops: { type: webhook, url: "HOOK/ops" }, lead: { type: webhook, url: "HOOK/lead" } }`,
    });
    for (let minute = 1; minute <= 60; minute++) {
      b.to(minute);
      if (minute === 1) b.fail(1, undefined, "svc-1");
      if (minute === 3) b.fail(3, undefined, "svc-2");
      if (minute === 30) b.recover(30, "svc-1");
      await b.beat();
    }
    const { messages } = await run(b);
    const notified = b.messages.map(({ at, to, body }) => `${at} ${to.slice(1)} ${body.reason}`);
    expect(notified.toSorted()).toEqual([
      "1 ops new",
      "16 lead escalation",
      "30 lead resolved",
      "30 ops new",
      "30 ops resolved",
      "45 lead escalation",
    ]);
    expect(messages.map(({ at, channel, reason }) => `${minuteOf(at)} ${channel} ${reason}`).toSorted()).toEqual(
      notified.toSorted(),
    );
  });

  it("decides no deadline before the poll that finds what would have prevented it", async () => {
    const b = await bench({
      yaml: `
rules:
  - { id: stuck, when: { level: [error] }, expect: { when: { source: [service-events], level: [normal] }, within: 5m } }
  - { id: mute, when: { level: [normal] }, absence: { for: 5m } }
  - { id: calm, when: { level: [error] }, resolve: { after: 5m } }
channels: { ops: { type: webhook, url: "HOOK/ops" } }`,
    });
    // Each follow-up comes half a minute before its deadline, which lies before the poll that finds it.
    const happens = [
      [10.2, "fails"],
      [15.1, "recovers"],
      [15.15, "fails"],
      [20.05, "recovers"],
    ] as const;
    for (let minute = 1; minute <= 40; minute++) {
      b.to(minute);
      for (const [at, what] of happens) {
        if (Math.ceil(at) === minute) (what === "fails" ? b.fail : b.recover)(at);
      }
      await b.round();
    }
    const { alerts, messages } = await run(b);
    expect(alerts.map(({ rule, startsAt, endsAt }) => [rule, minuteOf(startsAt), endsAt && minuteOf(endsAt)])).toEqual([
      ["calm", 10.2, 20.15],
      ["mute", 25.05, null],
    ]);
    expect(messages.map(({ at, reason, rules }) => [minuteOf(at), reason, ...rules])).toEqual(
      b.messages.map(({ at, body: { reason, alerts } }) => [at, reason, alerts[0].rule]),
    );
  });

  it("says which alerts another configuration would have opened with other words, severity or end", async () => {
    const b = await live();
    const [broken] = b.app.config.rules;
    const other = { ...b.app.config, rules: [{ ...broken!, severity: "warning" as const, summary: "It failed" }] };
    const signal = new AbortController().signal;
    const options = { since: 90 * MINUTE, signal, reading() {}, evaluating() {}, other };
    const { compare } = await backtest(b.app, options);
    expect(compare!.alerts).toEqual({ this: [], other: [] });
    expect(compare!.changed).toHaveLength(5);
    expect(compare!.changed[0]).toMatchObject({
      this: { severity: "error", summary: "svc-1: Failed to pull image" },
      other: { severity: "warning", summary: "It failed" },
    });
  });
});
