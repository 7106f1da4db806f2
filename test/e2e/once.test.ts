// The main job with the real command, real HTTP and a real state file: the documents' samples, moved to now.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { Simulator } from "../../lib/simulator/server.ts";
import { folderWith, lookout, startLookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { ABNORMAL, ALL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook, verifySigned, type WebhookReceiver } from "../support/webhook.ts";

async function setUp(): Promise<{
  sim: Simulator;
  hook: WebhookReceiver;
  run: { cwd: string; env: Record<string, string> };
}> {
  const sim = await startWithSamples();
  const hook = await startWebhook();
  const cwd = await folderWith({ "lookout.yml": samplesConfig(sim, hook.url) });
  return { sim, hook, run: { cwd, env: samplesEnvironment(sim, SECRET) } };
}

const ONCE = ["run", "--once"];
const jsonLines = (text: string) =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

describe("run --once over the documents' samples", () => {
  it("notifies each abnormal event once, signed; a second run notifies nothing and asks one request per target", async () => {
    const { sim, hook, run } = await setUp();
    const first = await lookout(ONCE, run);
    expect(first.code).toBe(0);
    const logged = first.stderr.trim().split("\n");
    const isTry = (one: string) => / info +delivered channel="ops" id="\w{8}" .* attempt=1$/.test(one);
    expect(logged.filter((one) => !isTry(one) && !one.includes(" alert opened "))).toEqual([]);
    expect(logged).toHaveLength(2 * ABNORMAL);
    for (const request of hook.received) verifySigned(request);
    const notified = hook.received.flatMap(({ notification }) => notification.alerts.flatMap(({ events }) => events));
    expect(notified).toHaveLength(ABNORMAL);
    expect(new Set(notified.map(({ id }) => id)).size).toBe(ABNORMAL);
    expect(hook.received.every(({ notification }) => notification.reason === "new")).toBe(true);

    const events = await lookoutHere(["events", "--json"], run);
    expect(jsonLines(events.stdout)).toHaveLength(ALL);

    const before = { ...sim.requests };
    const second = await lookout(ONCE, run);
    expect(second.code).toBe(0);
    expect(hook.received).toHaveLength(ABNORMAL);
    const asked = Object.entries(sim.requests).flatMap(([route, count]) => {
      const more = count - before[route as keyof typeof before];
      return more === 0 ? [] : [[route, more]];
    });
    expect(Object.fromEntries(asked)).toEqual({
      "service-events": 1,
      "service-updates": 1,
      "pool-events": 1,
      "training-events": 1,
      "cloud-eye-events": 1,
    });
  });

  it("stays right through kill -9 at any moment: nothing is missed, and only the same webhook-id comes twice", async () => {
    const { hook, run } = await setUp();
    for (const delay of [300, 450, 550, 650, 750, 900, 1_100]) {
      const running = startLookout(ONCE, run);
      setTimeout(() => running.kill("SIGKILL"), delay);
      await running.finished;
    }
    // What a killed sender had claimed is sent again at once, and what a killed round had opened is
    // notified: their processes are gone.
    const last = startLookout(["run"], run);
    await expect.poll(last.stderr, { timeout: 10_000 }).toContain("running");
    await expect
      .poll(() => new Set(hook.received.map(({ id }) => id)).size, { timeout: 20_000, interval: 100 })
      .toBe(ABNORMAL);
    await expect
      .poll(async () => (await lookoutHere(["status", "--json"], run)).stdout, { timeout: 20_000, interval: 500 })
      .toContain('"pending": 0');
    last.kill("SIGTERM");
    expect((await last.finished).code).toBe(0);
    const eventsById = new Map(
      hook.received.map(({ id, notification }) => [id, notification.alerts[0]!.events[0]!.id]),
    );
    expect(new Set(eventsById.values()).size).toBe(ABNORMAL);
  }, 60_000);

  it("keeps every secret out of the state file, the output and the messages", async () => {
    const { sim, hook, run } = await setUp();
    sim.world.addUpdateLog("195c1f2d-136d-40af-a0f3-db5717d2634a", {
      update_time: Date.now(),
      result: "FAIL",
      config: [{ model_name: "m", envs: { DB_PASSWORD: "hunter2-in-the-envs" } }],
    } as never);
    const { stdout, stderr } = await lookout([...ONCE, "--json"], run);
    const events = await lookoutHere(["events", "--json"], run);
    const state = await Promise.all(
      ["state.db", "state.db-wal"].map((file) => readFile(join(run.cwd, ".lookout", file), "latin1").catch(() => "")),
    );
    const everything = [stdout, stderr, events.stdout, ...state, ...hook.received.map(({ body }) => body)].join("\n");
    expect(hook.received.length).toBe(ABNORMAL + 1);
    expect(everything).toContain("FAIL");
    for (const secret of ["hunter2-in-the-envs", sim.credentials.secretKey, SECRET])
      expect(everything).not.toContain(secret);
  });
});
