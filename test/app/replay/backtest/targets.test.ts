// Backtests of rules that wait for every target: which silence they tell of, and which they know nothing about.
import { describe, expect, it } from "vitest";
import { endedAlerts, openAlerts } from "../../../../lib/app/queries/lists.ts";
import { type Backtest, type BacktestOptions, backtest } from "../../../../lib/app/replay/backtest/backtest.ts";
import { type Bench, bench, MINUTE, T0 } from "../../support.ts";

const CHANNELS = `channels: { ops: { type: webhook, url: "HOOK/ops" } }`;
const mute = (kind: string) => `rules: [{ id: mute, when: { source: [${kind}] }, absence: { for: 20m, over: targets } }]
${CHANNELS}`;

function run(b: Bench, more: Partial<BacktestOptions> = {}): Promise<Backtest> {
  const signal = new AbortController().signal;
  return backtest(b.app, { since: 90 * MINUTE, signal, reading() {}, evaluating() {}, ...more });
}

/** `svc-1 20m+13m`: which target was silent from which minute on, and for how long; without an end: to the last. */
function silences(alerts: readonly { key: Record<string, unknown>; startsAt: string; endsAt: string | null }[]) {
  const minute = (at: string) => (Date.parse(at) - T0) / MINUTE;
  return alerts
    .map(({ key, startsAt, endsAt }) => {
      const length = endsAt === null ? "" : `${minute(endsAt) - minute(startsAt)}m`;
      return `${key["resource.id"]} ${minute(startsAt)}m+${length}`;
    })
    .sort();
}

/** A running job with an event a minute from its start to its last minute. */
function addJob({ sim: { world } }: Bench, id: string, from: number, to: number, phase: "Running" | "Completed"): void {
  const job = world.addJob({ id, name: id, phase, createdAt: T0 + from * MINUTE });
  job.row.status.duration = (to - from) * MINUTE;
  const times = Array.from({ length: to - from }, (_, minute) => T0 + (from + minute) * MINUTE);
  world.addTrainingEvents(
    id,
    times.map((time) => ({ time, level: "Info", message: "The job is at work.", source: "Job" })),
  );
}

describe("absence over targets in a backtest", () => {
  it("notifies of the same silences as live polling did, of a target without any event, too", async () => {
    const b = await bench({ yaml: mute("service-events"), services: ["svc-1", "svc-2"] });
    for (let minute = 1; minute <= 90; minute++) {
      b.to(minute);
      for (const at of [5, 41, 55]) if (minute === at) b.recover(at, "svc-1");
      await b.round();
    }
    const live = [...(await endedAlerts(b.app)), ...(await openAlerts(b.app))];
    // Live, the first complete read was at minute 1.
    expect(silences(live)).toEqual(["svc-1 25m+16m", "svc-1 75m+", "svc-2 21m+"]);
    const { alerts, totals } = await run(b);
    expect(silences(alerts)).toEqual(["svc-1 25m+16m", "svc-1 75m+", "svc-2 20m+"]);
    expect(totals.messages).toBe(b.messages.length);
  });

  it("waits for nothing after the end of a target, and from its beginning on", async () => {
    const b = await bench({ yaml: `sources: [{ kind: training-events }]\n${mute("training-events")}` });
    b.to(90);
    addJob(b, "over", 0, 30, "Completed");
    addJob(b, "stuck", 0, 30, "Running");
    addJob(b, "young", 60, 60, "Running");
    addJob(b, "busy", 0, 90, "Running");
    const { alerts, unread } = await run(b);
    expect(unread).toEqual([]);
    expect(silences(alerts)).toEqual(["stuck 49m+", "young 80m+"]);
  });

  it("takes a service that was published again for one that was there before", async () => {
    const b = await bench({ yaml: `sources: [{ kind: service-events }]\n${mute("service-events")}` });
    b.sim.world.services.get("svc-1")!.row.publish_at = T0 + 60 * MINUTE;
    b.to(90);
    b.recover(5);
    b.recover(62);
    expect(silences((await run(b)).alerts)).toEqual(["svc-1 25m+37m", "svc-1 82m+"]);
  });

  it("says nothing about a target from where it could not be read", async () => {
    const b = await bench({ yaml: mute("service-events"), services: ["svc-1", "svc-2", "svc-3"] });
    b.to(90);
    b.recover(1, "svc-1");
    const [first, step] = [T0 + MINUTE, 1_000];
    b.sim.world.addServiceEvents(
      "svc-2",
      Array.from({ length: 1_500 }, (_, at) => {
        return { occur_time: first + at * step, event_type: "normal" as const, event_info: `Step ${at}` };
      }),
    );
    b.sim.setFaults([
      { kind: "status", status: 404, url: /svc-3/ },
      { kind: "status", status: 404, url: new RegExp(`svc-2.*start_time=${first + 999 * step - 1}&`) },
    ]);
    const { alerts, unread } = await run(b);
    expect(unread.map(({ target, readTo }) => [target, readTo]).sort()).toEqual([
      ["svc-2", new Date(first + 999 * step - 1).toISOString()],
      ["svc-3", null],
    ]);
    expect(silences(alerts)).toEqual(["svc-1 21m+"]);
  });

  it("judges another configuration by the same targets, whatever its connections are called", async () => {
    const b = await bench({ yaml: mute("service-events") });
    b.to(90);
    const { config } = b.app;
    const connections = { other: config.connections["prod"]! };
    const { alerts, compare } = await run(b, { other: { ...config, connections } });
    expect(alerts).toHaveLength(1);
    expect(compare).toMatchObject({ alerts: { this: [], other: [] }, messages: { this: [], other: [] } });
  });
});
