// Targets with more than is read in one round: what was found stays, the rest follows, and one that
// never comes to its end is reported.
import { describe, expect, it } from "vitest";
import { openAlerts, seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { bench, line, MINUTE, T0 } from "../support.ts";

const YAML = `
sources: [{ kind: service-events, targets: [svc-1, svc-2], lookback: 1h }]
rules: [{ id: all, when: { level: [error] }, resolve: { after: 1d } }]
route: { channels: [ops], groupWait: 0s }
channels: { ops: { type: webhook, url: "HOOK/ops" }, watch: { type: webhook, url: "HOOK/watch" } }
health: { channels: [watch], lag: 5m }
`;
const SERVICES = ["svc-1", "svc-2"];

describe("a target with more than is read in one round", () => {
  it("is caught up with over several rounds, each event once, and is no problem meanwhile", async () => {
    const b = await bench({ yaml: YAML, services: SERVICES });
    const events = Array.from({ length: 6_500 }, (_, at) => ({
      occur_time: T0 - 59 * MINUTE + at * 500,
      event_type: "abnormal" as const,
      event_info: `Failed ${at}`,
    }));
    b.sim.world.addServiceEvents("svc-1", events);
    b.sim.setFaults([{ kind: "slow", ms: 25_000, url: /svc-1/ }]);
    b.to(1);
    const first = (await b.round()).polls[0]!;
    expect(first.failing).toMatchObject({ "svc-1": { kind: "endless", tries: 1 } });
    expect(first.found).toBeLessThan(events.length);
    expect((await readStatus(b.app)).targets.map(({ error }) => error)).toEqual([null, null]);
    let rounds = 1;
    for (let failing = 1; failing > 0 && rounds < 10; rounds++) {
      b.to(1 + 3 * rounds);
      failing = Object.keys((await b.round()).polls[0]!.failing).length;
    }
    expect(rounds).toBeGreaterThan(2);
    const found = (await seenEvents(b.app)).map(({ message }) => message);
    expect([found.length, new Set(found).size]).toEqual([events.length, events.length]);
    expect((await openAlerts(b.app)).map(({ count }) => count)).toEqual([events.length]);
    expect(b.messages.filter(({ to }) => to === "/watch")).toEqual([]);
  });

  it("is read beyond what is known of it, though that alone takes longer than a round", async () => {
    const b = await bench({ yaml: YAML, services: SERVICES });
    const tied = Array.from({ length: 3_500 }, (_, at) => {
      return { occur_time: T0 + MINUTE / 2, event_type: "normal" as const, event_info: `Step ${at}` };
    });
    b.sim.world.addServiceEvents("svc-1", tied);
    b.to(1);
    expect((await b.round()).polls[0]!.failing).toEqual({});
    b.sim.setFaults([{ kind: "slow", ms: 25_000, url: /svc-1/ }]);
    b.fail(2, "Failed", "svc-1");
    const failures = async () => (await seenEvents(b.app)).filter(({ message }) => message === "Failed").length;
    for (let at = 4; at <= 40 && (await failures()) === 0; at += 4) {
      b.to(at);
      await b.round();
    }
    expect(await failures()).toBe(1);
  });

  it("is notified of where it never comes to its end, and the others are read and notified as ever", async () => {
    const b = await bench({ yaml: YAML, services: SERVICES });
    let number = 0;
    const page = (_: unknown, url: string) => {
      const start = Number(new URL(url, "http://h").searchParams.get("start_time"));
      // A server without an end, a quarter of a minute a page.
      b.to((b.app.clock.now() - T0) / MINUTE + 0.25);
      const events = Array.from({ length: 1_000 }, (_, at) => {
        return { occur_time: start + 1 + Math.floor(at / 10), event_type: "normal", event_info: `${++number}` };
      });
      return { total_count: 1e9, events };
    };
    b.sim.setFaults([{ kind: "instead", answer: page, url: /svc-1/ }]);
    for (let rounds = 0; rounds < 3; rounds++) await b.round();
    const [endless, other] = (await readStatus(b.app)).targets;
    expect([endless!.error, other!.error]).toEqual([expect.stringContaining("more than is read in one round"), null]);
    b.fail((b.app.clock.now() - T0) / MINUTE, "Failed", "svc-2");
    await b.round();
    expect(b.messages.map(line).at(-1)).toContain("svc-2 firing");
    await b.rounds(20, 4);
    const problems = (await readStatus(b.app)).problems;
    expect(problems).toMatchObject([{ problem: "target unread", name: "service-events/svc-1" }]);
    expect(b.messages.filter(({ to }) => to === "/watch").map(line)).toEqual([
      expect.stringContaining("service-events/svc-1 firing"),
    ]);
  });
});
