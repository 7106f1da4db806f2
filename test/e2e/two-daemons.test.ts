// Two daemons on one state file, with the real process: one polls, the other waits for its turn;
// the newer configuration decides.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { wallClock } from "../../lib/app/clock.ts";
import { startSimulator } from "../../lib/simulator/server.ts";
import { folderWith, startLookout } from "../support/cli.ts";
import { samplesEnvironment } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

const WAIT = { timeout: 20_000, interval: 50 };

async function setUp() {
  const sim = await startSimulator({ clock: wallClock, scenario: "empty" });
  const hook = await startWebhook();
  sim.world.addService({ service_id: "svc-1", service_name: "one" });
  const { url, credentials } = sim;
  const config = (level: string) => `
connections:
  prod:
    cloud: custom
    region: eu-de
    projectId: "${credentials.projectId}"
    endpoints: { modelarts: "${url}", ces: "${url}", iam: "${url}" }
sources: [{ kind: service-events, every: 1s, targets: [svc-1] }]
route: { groupBy: ["..."] }
rules: [{ id: broken, when: { level: [${level}] }, by: [id] }]
channels: { ops: { type: webhook, url: "${hook.url}", secret: "\${env:OPS_SECRET}" } }
`;
  const cwd = await folderWith({ "lookout.yml": config("error") });
  const run = { cwd, env: samplesEnvironment(sim, SECRET) };
  let number = 0;
  /** Something fails now; it has been notified once, and of nothing else, when this resolves. */
  async function failOnce(): Promise<void> {
    const text = `Failed ${++number}`;
    sim.world.addServiceEvents("svc-1", [{ occur_time: Date.now(), event_type: "abnormal", event_info: text }]);
    const texts = () =>
      hook.received.flatMap(({ notification }) => notification.alerts.filter((one) => one.newCount > 0));
    await expect.poll(() => texts().filter(({ summary }) => summary.endsWith(text)).length, WAIT).toBe(1);
    expect(new Set(texts().map(({ id }) => id)).size).toBe(number);
  }
  return { sim, hook, run, config, failOnce };
}

test("the second says so and asks nothing; where the first is killed it goes on within seconds, and nothing comes twice", async () => {
  const { sim, run, failOnce } = await setUp();
  const first = startLookout(["run"], run);
  await failOnce();
  const second = startLookout(["run"], run);
  await expect.poll(second.stderr, WAIT).toContain("another process polls it");
  const asked = () => sim.requests["service-events"] ?? 0;
  const before = asked();
  const began = Date.now();
  await failOnce();
  await expect.poll(asked, WAIT).toBeGreaterThanOrEqual(before + 3);
  const seconds = (Date.now() - began) / 1_000;
  expect(asked() - before).toBeLessThanOrEqual(Math.ceil(seconds) + 1);
  first.kill("SIGKILL");
  await first.finished;
  await failOnce();
  second.kill("SIGTERM");
  const { code, stderr } = await second.finished;
  expect(code).toBe(0);
  expect(stderr.split("\n").filter((line) => line.includes("another process polls it"))).toHaveLength(1);
}, 60_000);

test("one with a newer configuration takes over, the first stands by, and takes the newer one over from its file", async () => {
  const { run, config, failOnce } = await setUp();
  const first = startLookout(["run"], run);
  await failOnce();
  await writeFile(join(run.cwd, "other.yml"), config("error, critical"));
  const second = startLookout(["run", "--config", "other.yml", "--state", ".lookout/state.db"], run);
  await expect.poll(first.stderr, WAIT).toMatch(/runs? a newer configuration|a newer configuration decides/);
  await failOnce();
  await writeFile(join(run.cwd, "lookout.yml"), config("error, critical"));
  await expect.poll(() => first.stderr().match(/info {2}running/g)?.length, WAIT).toBe(2);
  await failOnce();
  second.kill("SIGTERM");
  expect((await second.finished).code).toBe(0);
  await failOnce();
  first.kill("SIGTERM");
  expect((await first.finished).code).toBe(0);
}, 60_000);
