// What `status` says of a state: healthy where it is, and since when where it is not.
import { describe, expect, it } from "vitest";
import { sendTest } from "../../../lib/app/delivery/send-test.ts";
import { reconcileRules } from "../../../lib/app/evaluation/registry.ts";
import { pollSource } from "../../../lib/app/polling/poll.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import { type BenchOptions, bench } from "../support.ts";

const CONFIG = `
rules: [{ id: broken, when: { level: [error] } }]
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;
const DISCOVERED = `sources: [{ kind: service-events }]\n${CONFIG}`;

describe("status", () => {
  it("of an empty state is not healthy, and says what to start", async () => {
    const b = await bench({ yaml: CONFIG });
    const { healthy, problems, sources } = await readStatus(b.app);
    expect([healthy, sources]).toEqual([false, [{ source: "service-events", lastRunAt: null, overdueSince: null }]]);
    expect(problems).toMatchObject([{ message: "Nothing was polled yet: start `lookout run`" }]);
  });

  it("of a daemon that runs well is healthy, from its start on", async () => {
    const b = await bench({ yaml: CONFIG });
    await reconcileRules(b.app);
    expect(await readStatus(b.app)).toMatchObject({ healthy: true, problems: [] });
    await b.rounds(5);
    const lastRunAt = "2026-11-20T10:05:00.000Z";
    const sources = [{ source: "service-events", lastRunAt, overdueSince: null }];
    expect(await readStatus(b.app)).toMatchObject({ healthy: true, problems: [], sources });
  });

  it("of a daemon that stopped three minutes ago is not healthy, and says since when nobody polls", async () => {
    const b = await bench({ yaml: CONFIG });
    await b.rounds(1);
    b.to(3.5);
    expect(await readStatus(b.app)).toMatchObject({ healthy: true });
    b.to(4);
    expect(await readStatus(b.app)).toMatchObject({
      healthy: false,
      sources: [{ lastRunAt: "2026-11-20T10:01:00.000Z", overdueSince: "2026-11-20T10:03:30.000Z" }],
      problems: [{ message: "service-events is not polled since 2026-11-20T10:01:00.000Z: is `lookout run` running?" }],
    });
  });

  it("after a failed send-test is healthy", async () => {
    const b = await bench({ yaml: CONFIG });
    await b.rounds(1);
    b.answer(() => ({ status: 404 }));
    const sent = await sendTest(b.app, b.app.channels.get("ops")!, new AbortController().signal);
    expect(sent).toMatchObject([{ status: "dead" }]);
    expect(await readStatus(b.app)).toMatchObject({
      healthy: true,
      problems: [],
      deliveries: { pending: 0, dead: 0 },
    });
  });

  const stops: [string, BenchOptions][] = [
    ["while a target was read", { yaml: CONFIG, services: ["svc-1", "svc-2"] }],
    ["while discovery was asked", { yaml: DISCOVERED, services: ["svc-1", "svc-2"] }],
  ];
  it.each(stops)("after a stop %s is healthy until the lag is over", async (_, options) => {
    const b = await bench(options);
    await b.rounds(3);
    // Discovery is asked again.
    b.to(9);
    const stop = new AbortController();
    const request = b.app.connections.get("prod")!.client.request;
    b.app.connections.get("prod")!.client.request = (asked) => {
      stop.abort(new Error("stopped by SIGTERM"));
      return request({ ...asked, signal: stop.signal });
    };
    await pollSource(b.app, b.app.config.sources[0]!, stop.signal);
    expect(await readStatus(b.app)).toMatchObject({ healthy: true, problems: [], targets: [{ error: null }, {}] });
    b.to(12);
    expect(await readStatus(b.app)).toMatchObject({ healthy: false, problems: [{ problem: "source unread" }] });
  });

  it("shows a secret that the daemon cannot resolve, and tries none itself", async () => {
    const yaml = CONFIG.replace("HOOK/ops", "${env:OPS_URL}");
    const b = await bench({ yaml });
    await b.rounds(1);
    b.setEnv({ OPS_URL: "http://127.0.0.1:1" });
    await b.reload(yaml);
    expect(await readStatus(b.app)).toMatchObject({
      healthy: false,
      problems: [{ problem: "secret unresolved", name: "ops", message: expect.stringContaining("OPS_URL") }],
    });
    await b.rounds(2);
    b.setEnv({ OPS_URL: "" });
    await b.reload(yaml);
    expect((await readStatus(b.app)).problems.map(({ problem }) => problem)).not.toContain("secret unresolved");
  });
});
