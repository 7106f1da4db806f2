// Daemons that share a PostgreSQL database, as on several machines, with the real process: one polls, and where it dies
// another goes on within seconds; nothing is missed, and nothing comes twice.
import { describe, expect, onTestFinished, test } from "vitest";
import { wallClock } from "../../lib/app/clock.ts";
import { startSimulator } from "../../lib/simulator/server.ts";
import { folderWith, type Running, startLookout } from "../support/cli.ts";
import { freshSchema, postgresUrl } from "../support/postgres.ts";
import { postgresPrograms, startPostgres } from "../support/postgres-server.ts";
import { samplesEnvironment } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

const WAIT = { timeout: 20_000, interval: 50 };
/** A standby polls so soon after the other one was killed; ms. */
const TAKE_OVER = 5_000;

async function setUp(database?: string) {
  const sim = await startSimulator({ clock: wallClock, scenario: "empty" });
  const hook = await startWebhook();
  sim.world.addService({ service_id: "svc-1", service_name: "one" });
  const { url, drop } = database === undefined ? await freshSchema() : { url: database, drop: async () => {} };
  const config = `
connections:
  prod:
    cloud: custom
    region: eu-de
    projectId: "${sim.credentials.projectId}"
    endpoints: { modelarts: "${sim.url}", ces: "${sim.url}", iam: "${sim.url}" }
sources: [{ kind: service-events, every: 1s, targets: [svc-1] }]
route: { groupBy: ["..."] }
rules: [{ id: broken, when: { level: [error] }, by: [id] }]
channels: { ops: { type: webhook, url: "${hook.url}", secret: "\${env:OPS_SECRET}" } }
store: { type: postgres, url: "\${env:DATABASE_URL}" }
`;
  const cwd = await folderWith({ "lookout.yml": config });
  const env = { ...samplesEnvironment(sim, SECRET), DATABASE_URL: url };
  let number = 0;
  // Who dies between sending and writing that down has another send the same notification under the same id.
  const texts = () =>
    [...new Map(hook.received.map(({ notification }) => [notification.id, notification])).values()].flatMap(
      ({ alerts }) => alerts.filter((one) => one.newCount > 0),
    );
  return {
    sim,
    drop,
    start: () => startLookout(["run"], { cwd, env }),
    fail() {
      const text = `Failed ${++number}`;
      sim.world.addServiceEvents("svc-1", [{ occur_time: Date.now(), event_type: "abnormal", event_info: text }]);
    },
    async expectEachOnce() {
      await expect.poll(() => texts().length, WAIT).toBeGreaterThanOrEqual(number);
      expect(texts().map(({ summary }) => summary)).toHaveLength(number);
      expect(new Set(texts().map(({ id }) => id)).size).toBe(number);
    },
    asked: () => sim.requests["service-events"] ?? 0,
    posted: () => hook.received.length,
  };
}

async function grown(count: () => number): Promise<void> {
  const before = count();
  await expect.poll(count, { timeout: 20_000, interval: 5 }).toBeGreaterThan(before);
}

describe.skipIf(postgresUrl === null)("daemons that share a database", () => {
  test("take over within 5 seconds from one that is killed, again and again, and each event is notified once", async () => {
    const { start, fail, expectEachOnce, asked, posted, drop } = await setUp();
    /** When the one that polls is killed: before it finds, on the way, or as soon as it has sent. */
    const moments: (() => Promise<void>)[] = [async () => {}, () => grown(asked), () => grown(posted)];
    let polling: Running = start();
    fail();
    await expectEachOnce();
    for (const moment of moments) {
      const standby = start();
      await expect.poll(standby.stderr, WAIT).toContain("another process polls it");
      const awaited = moment();
      fail();
      await awaited;
      fail();
      polling.kill("SIGKILL");
      await polling.finished;
      const killed = performance.now();
      await grown(asked);
      expect(performance.now() - killed).toBeLessThan(TAKE_OVER);
      await expectEachOnce();
      polling = standby;
    }
    polling.kill("SIGTERM");
    expect((await polling.finished).code).toBe(0);
    await drop();
  }, 120_000);

  test("go on by themselves when the server comes back, and notify what happened meanwhile once", async () => {
    const server = await startPostgres(postgresPrograms()!);
    onTestFinished(() => server.remove());
    const { start, fail, expectEachOnce } = await setUp(server.url);
    const daemons = [start(), start()];
    for (const { stderr } of daemons) await expect.poll(stderr, WAIT).toContain(" running ");
    fail();
    await expectEachOnce();
    server.stop("immediate");
    fail();
    for (const { stderr } of daemons) await expect.poll(stderr, WAIT).toMatch(/on 127\.0\.0\.1:\d+ cannot be reached/);
    await server.start();
    fail();
    await expectEachOnce();
    for (const daemon of daemons) daemon.kill("SIGTERM");
    for (const { finished } of daemons) expect((await finished).code).toBe(0);
  }, 120_000);
});
