// How many requests a second a cloud project is asked: one budget for all who poll it.
import { describe, expect, it } from "vitest";
import { createBudgets, type Share } from "../../../lib/app/connections/budgets.ts";
import { checkLive } from "../../../lib/app/queries/check-live.ts";
import { shareOfKind } from "../../../lib/model/budget.ts";
import type { Clock } from "../../../lib/model/clock.ts";
import { createLimiter, type Limiter } from "../../../lib/sources/cloud/limiter.ts";
import { bench, T0 } from "../support.ts";

const REST = `
rules: [{ id: any, when: { level: [error] } }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const request = { service: "modelarts" as const, path: "/v1/{project_id}/services", query: { limit: 1 } };

/** How long, in ms, so many requests one after the other are held back. */
async function heldBack(requests: number, of: (clock: Clock) => (at: number) => Limiter): Promise<number> {
  let time = T0;
  const clock = {
    now: () => time,
    async sleep(ms: number) {
      time += ms;
    },
  };
  const limiter = of(clock);
  for (let at = 0; at < requests; at++) await limiter(at).run(async () => {});
  return time - T0;
}

describe("the budget of a project", () => {
  it("is one for all connections to it, the smallest that one of them names", async () => {
    const more = {
      same: 'region: eu-de, requestsPerSecond: 10, auth: { token: "x" }',
      other: "region: eu-nl, requestsPerSecond: 5",
    };
    const b = await bench({
      yaml: `sources: [{ kind: service-events, connection: prod }]\n${REST}`,
      requestsPerSecond: 30,
      more,
    });
    const held = (requests: number, ...names: string[]) =>
      heldBack(requests, (clock) => {
        const budget = createBudgets(b.app.config, clock, () => 1);
        return (at) => budget(names[at % names.length]!);
      });
    // Two seconds' worth may leave at once.
    expect(await held(21, "prod", "same")).toBe(0);
    expect(await held(25, "prod", "same")).toBe(400);
    expect(await held(15, "other")).toBe(800);
  });

  it("holds back the connections' requests", async () => {
    const b = await bench({ yaml: REST, requestsPerSecond: 0.5 });
    for (let at = 0; at < 5; at++) await b.app.connections.get("prod")!.client.request(request);
    expect(b.app.clock.now() - T0).toBe(6_000);
  });

  it("is divided among the kinds that poll the project where each has a process of its own", async () => {
    const sources = [
      "{ kind: service-events }",
      "{ kind: pool-events, id: a, targets: [x] }",
      "{ kind: pool-events, id: b }",
    ];
    const b = await bench({ yaml: `sources: [${sources.join(", ")}]\n${REST}`, requestsPerSecond: 10 });
    const held = (share: Share) =>
      heldBack(25, (clock) => {
        const budget = createBudgets(b.app.config, clock, share);
        return () => budget("prod");
      });
    const perKind: Share = (name) => shareOfKind(b.app.config, name);
    expect([await held(() => 1), await held(perKind)]).toEqual([400, 2_800]);
  });

  it("is kept where it is small, however many wait", async () => {
    const waits: number[] = [];
    const clock = { now: () => T0, sleep: async (ms: number) => void waits.push(ms) };
    const limiter = createLimiter(clock, { concurrency: 24, rate: 0.05 });
    await Promise.all(Array.from({ length: 12 }, () => limiter.run(async () => {})));
    expect(waits).toEqual(Array.from({ length: 11 }, (_, at) => 18_000 + at * 20_000));
  });
});

describe("check --live", () => {
  it("says that what was found takes longer to read than every, and how long", async () => {
    const services = Array.from({ length: 30 }, (_, at) => `svc-${at}`);
    const b = await bench({ services, yaml: `sources: [{ kind: service-events }]\n${REST}`, requestsPerSecond: 0.25 });
    const [live] = await checkLive(b.app, new AbortController().signal);
    expect(live!.errors).toEqual([
      'the 30 targets of "service-events" need 0.5 requests a second, but the budget of the connection "prod" is 0.25: ' +
        "a round takes 2m, not 1m; raise every, raise requestsPerSecond where the cloud allows it, or poll fewer targets " +
        "(targets, discover)",
    ]);
    await b.reload(`sources: [{ kind: service-events, every: 2m }]\n${REST}`);
    expect((await checkLive(b.app, new AbortController().signal))[0]!.errors).toEqual([]);
  });
});
