// Backtests over real HTTP: what was polled live and what the same past gives afterwards,
// comparisons, failures, long histories.
import { describe, expect, it } from "vitest";
import { targetPartition } from "../../../../lib/app/persistence/target-rows.ts";
import { endedAlerts, openAlerts } from "../../../../lib/app/queries/lists.ts";
import { type Backtest, type BacktestOptions, backtest } from "../../../../lib/app/replay/backtest/backtest.ts";
import type { ReadProgress } from "../../../../lib/app/replay/backtest/history-source.ts";
import type { Notification } from "../../../../lib/model/notification.ts";
import { type Bench, bench, MINUTE, T0 } from "../../support.ts";

const SERVICES = ["svc-1", "svc-2", "svc-3"];
const yaml = (rules: string, route = "groupInterval: 5m") => `
rules: [${rules}]
route: { channels: [ops], ${route}, routes: [{ match: { severity: [critical] }, channels: [ops, pager], groupBy: ["..."] }] }
channels: { ops: { type: webhook, url: "HOOK/ops" }, pager: { type: webhook, url: "HOOK/pager", sendResolved: false } }
`;
const STATE = "resolve: { when: { source: [service-events], level: [normal] } }";
const BROKEN = `{ id: broken, when: { level: [error] }, by: [resource.id], ${STATE} }`;
const MANY = `{ id: many, when: { level: [error] }, threshold: { count: 3, within: 10m }, severity: critical }`;
const ONCE = `{ id: once, when: { text: [{ wildcard: "*quota*" }] }, severity: critical }`;

function run(b: Bench, more: Partial<BacktestOptions> = {}): Promise<Backtest> {
  const signal = new AbortController().signal;
  return backtest(b.app, { since: 90 * MINUTE, signal, reading() {}, evaluating() {}, ...more });
}

/** Failures, repeated ones, recoveries, some within one poll and one alone, in minutes; played in time by `live`. */
const STORY: [at: number, service: string, what: string | null][] = [
  [0.5, "svc-1", "Failed to pull image"],
  [1.2, "svc-2", "Failed to start"],
  [1.4, "svc-1", "Failed to pull image"],
  [1.6, "svc-1", null],
  [3.1, "svc-1", "Failed to pull image"],
  [3.2, "svc-1", null],
  [9, "svc-3", "The quota is exceeded"],
  [9.5, "svc-3", "Failed to pull image"],
  [9.7, "svc-3", "Failed to pull image"],
  [31.3, "svc-2", null],
  [44.4, "svc-3", null],
  [58.2, "svc-1", "Failed to pull image"],
];

async function live(rules: string): Promise<Bench> {
  const b = await bench({ yaml: yaml(rules), services: SERVICES });
  for (let minute = 1; minute <= 90; minute++) {
    b.to(minute);
    for (const [at, service, what] of STORY) {
      if (Math.ceil(at) !== minute) continue;
      if (what === null) b.recover(at, service);
      else b.fail(at, what, service);
    }
    await b.round();
  }
  return b;
}

describe("a past that was polled live", () => {
  it("gives the same alerts and the same messages at the same times", async () => {
    const b = await live(`${BROKEN}, ${MANY}, ${ONCE}`);
    const result = await run(b);
    const alerts = [...(await endedAlerts(b.app)), ...(await openAlerts(b.app))];
    expect(alerts.length).toBeGreaterThan(5);
    expect(result.alerts.map(({ id, count, endsAt }) => [id, count, endsAt]).sort()).toEqual(
      alerts.map(({ id, count, endsAt }) => [id, count, endsAt]).sort(),
    );
    const sent = b.messages.map(({ at, to, body }) => {
      const { reason, status, alerts } = body as Notification;
      return [new Date(T0 + at * MINUTE).toISOString(), to.slice(1), reason, status, alerts.map(({ id }) => id)];
    });
    expect(sent.length).toBeGreaterThan(8);
    expect(
      result.messages.map((one) => [roundOf(one.at), one.channel, one.reason, one.status, one.alerts]).sort(),
    ).toEqual(sent.sort());
    expect(result.totals).toEqual({ alerts: alerts.length, messages: sent.length });
    expect(result.unread).toEqual([]);
  });

  it("says per rule who would have been notified how often, and how noisy it was", async () => {
    const b = await live(`${BROKEN}, ${ONCE}, { id: never, when: { type: [other] } }`);
    const { rules, channels, alerts } = await run(b, { since: 180 * MINUTE });
    expect(rules.map(({ rule }) => rule)).toEqual(["broken", "once", "never"]);
    const [broken, once, never] = rules;
    // svc-1 three times, svc-2, svc-3; the first two of svc-1 were over within five minutes, the
    // second came back after the first.
    expect(broken).toMatchObject({ alerts: 5, firing: 1, channels: { ops: broken!.messages } });
    expect(broken!.noise).toEqual({
      messagesPerDay: broken!.messages * 8,
      brief: 0.4,
      unfollowed: 0.2,
      back: 0.4,
      worst: { key: { "resource.id": "svc-1" }, alerts: 3 },
    });
    expect(once).toMatchObject({ alerts: 1, messages: 2, channels: { ops: 1, pager: 1 } });
    expect(once!.noise).toMatchObject({ messagesPerDay: 16, unfollowed: 1, worst: null });
    expect(never).toMatchObject({ alerts: 0, messages: 0, noise: { messagesPerDay: 0, brief: 0 } });
    expect(channels["pager"]).toBe(1);
    const quota = alerts.find(({ rule }) => rule === "once");
    expect(quota).toMatchObject({
      severity: "critical",
      summary: "svc-3: The quota is exceeded",
      messages: { ops: 1 },
    });
    expect(quota).toMatchObject({ startsAt: new Date(T0 + 9 * MINUTE).toISOString(), end: "firing" });
  });

  it("sends nothing, moves no cursor and asks each target for its pages alone", async () => {
    const b = await live(BROKEN);
    const cursors = await targetPartition(b.app, b.app.config.sources[0]!);
    const rows = await b.store.list(cursors);
    const [messages, requests] = [b.messages.length, b.sim.requests["service-events"]];
    await run(b);
    expect(b.messages).toHaveLength(messages);
    expect(await b.store.list(cursors)).toEqual(rows);
    expect(b.sim.requests["service-events"] - requests).toBe(SERVICES.length);
  });
});

describe("--rule and --compare", () => {
  it("judges one rule alone, and reads only the sources that feed it", async () => {
    const b = await bench({
      yaml: `sources: [{ kind: service-events, targets: [svc-1] }, { kind: service-updates, targets: [svc-1] }]
rules: [{ id: failed, when: { source: [service-updates], type: [FAIL] } }, { id: broken, when: { source: [service-events] } }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }`,
    });
    b.fail(10);
    b.to(20);
    const { rules, sources } = await run(b, { rule: "broken" });
    expect(rules.map(({ rule, alerts }) => [rule, alerts])).toEqual([["broken", 1]]);
    expect(sources.map(({ source }) => source)).toEqual(["service-events"]);
    expect(b.sim.requests["service-updates"]).toBe(0);
  });

  it("reads the past once and shows what only one of two configurations would have notified", async () => {
    const b = await live(`${BROKEN}, ${ONCE}`);
    const first = b.app;
    await b.reload(yaml(`${BROKEN}, ${MANY}`, "groupInterval: 30m"));
    const other = b.app.config;
    b.app = first;
    const before = b.sim.requests["service-events"];
    const { compare, totals, channels } = await run(b, { other });
    expect(b.sim.requests["service-events"] - before).toBe(SERVICES.length);
    const alone = await backtestOf(b, other);
    expect(compare!.totals).toEqual({
      alerts: { this: totals.alerts, other: alone.totals.alerts },
      messages: { this: totals.messages, other: alone.totals.messages },
    });
    expect(compare!.channels["ops"]).toEqual({ this: channels["ops"], other: alone.channels["ops"] });
    const rules = Object.fromEntries(compare!.rules.map(({ rule, alerts }) => [rule, alerts]));
    expect(rules).toEqual({
      broken: { this: 5, other: 5 },
      once: { this: 1, other: null },
      many: { this: null, other: 2 },
    });
    expect(compare!.alerts.this.map(({ rule }) => rule)).toEqual(["once"]);
    expect(compare!.alerts.other.map(({ rule }) => rule)).toEqual(["many", "many"]);
    const shared = totals.messages - compare!.messages.this.length;
    expect(shared).toBe(alone.totals.messages - compare!.messages.other.length);
    expect(shared).toBeGreaterThan(0);
    const ruleIds = (list: { rules: string[] }[]) => new Set(list.flatMap(({ rules }) => rules));
    expect(ruleIds(compare!.messages.this)).toContain("once");
    expect(ruleIds(compare!.messages.other)).toContain("many");
  });
});

/** Four a second from T0 on. */
function failures(number: number) {
  return Array.from({ length: number }, (_, at) => {
    return { occur_time: T0 + at * 250, event_type: "abnormal" as const, event_info: `Failed to pull image ${at}` };
  });
}

/** A deadline passes when it is due; the live rounds, a minute apart, see it at the next one. */
function roundOf(at: string): string {
  return new Date(Math.ceil(Date.parse(at) / MINUTE) * MINUTE).toISOString();
}

/** The same past judged by one configuration alone. */
function backtestOf(b: Bench, config: Bench["app"]["config"]): Promise<Backtest> {
  return run({ ...b, app: { ...b.app, config } });
}

describe("what cannot be read", () => {
  it("is named, and the rest is judged", async () => {
    const b = await live(BROKEN);
    b.sim.setFaults([{ kind: "status", status: 404, url: /svc-2/ }]);
    const { unread, sources, alerts } = await run(b);
    expect(unread).toMatchObject([{ source: "service-events", target: "svc-2", kind: "not-found" }]);
    expect(sources).toMatchObject([{ targets: 3, events: STORY.length - 2 }]);
    expect(new Set(alerts.map(({ key }) => key["resource.id"]))).toEqual(new Set(["svc-1", "svc-3"]));
  });

  it("is tried once more where the failure may pass, and goes on from where it stopped", async () => {
    const b = await bench({ yaml: yaml(BROKEN) });
    b.sim.world.addServiceEvents("svc-1", failures(3_000));
    b.to(90);
    // The client itself tries each request three times: the second page fails for good.
    const secondPage = new RegExp(`start_time=${T0 + 999 * 250 - 1}&`);
    b.sim.setFaults([{ kind: "status", status: 503, url: secondPage, next: 3 }]);
    const { alerts, unread } = await run(b);
    expect(b.sim.seen.filter(({ status }) => status === 503)).toHaveLength(3);
    expect(unread).toEqual([]);
    expect(alerts).toMatchObject([{ rule: "broken", count: 3_000 }]);
  });

  it("names the source whose targets are unknown", async () => {
    const b = await bench({ yaml: `sources: [{ kind: service-events }]${yaml(BROKEN)}` });
    b.sim.setSwitches({ forbidden: ["services"] });
    const { unread } = await run(b);
    expect(unread).toMatchObject([{ source: "service-events", target: null }]);
  });

  it("ends at once when it is told to stop", async () => {
    const b = await live(BROKEN);
    const stop = new AbortController();
    const reading = () => stop.abort(new Error("stopped by SIGINT"));
    await expect(run(b, { signal: stop.signal, reading })).rejects.toThrow("stopped by SIGINT");
    const later = new AbortController();
    const evaluating = () => later.abort(new Error("stopped by SIGTERM"));
    await expect(run(b, { signal: later.signal, evaluating })).rejects.toThrow("stopped by SIGTERM");
  });
});

describe("a long past", () => {
  it("is read in pages and judged as a whole, and says how far it is", async () => {
    const b = await bench({ yaml: yaml(BROKEN) });
    const EVENTS = 20_000;
    b.sim.world.addServiceEvents("svc-1", failures(EVENTS));
    b.to(90);
    const read: ReadProgress[] = [];
    const judged: number[] = [];
    const result = await run(b, {
      reading: (now) => void read.push(now),
      evaluating: ({ done }) => void judged.push(done),
    });
    expect(result.alerts).toMatchObject([{ rule: "broken", count: EVENTS, end: "firing" }]);
    expect(read.at(-1)).toEqual({ targets: 1, read: 1, events: EVENTS });
    expect(read.length).toBeGreaterThan(10);
    expect(judged.at(-1)).toBe(EVENTS);
    expect(judged).toEqual(judged.toSorted((a, c) => a - c));
  });
});
