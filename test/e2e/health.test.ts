// What a person sees of Lookout's own health: secrets named at the start, a failing channel, a clean stop.
// The daemon is the real process.
import { join } from "node:path";
import { expect, test } from "vitest";
import { channelKey } from "../../lib/app/persistence/delivery-rows.ts";
import { openSqliteStore } from "../../lib/store/sqlite/sqlite.ts";
import { folderWith, startLookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { ABNORMAL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

async function setUp(more: Record<string, string> = {}) {
  const sim = await startWithSamples();
  const hook = await startWebhook();
  const cwd = await folderWith({ "lookout.yml": samplesConfig(sim, hook.url) });
  return { sim, hook, run: { cwd, env: { ...samplesEnvironment(sim, SECRET), ...more } } };
}

const UNSET = [
  /error secret of connection "prod" cannot be resolved: \$\{env:HW_SECRET_KEY\} is empty: give the environment/,
  /error secret of channel "ops" cannot be resolved: \$\{env:OPS_SECRET\} is empty: give the environment variable OPS_S/,
];

test("`run --once` names each secret that cannot be resolved, and `status` has one problem for each connection", async () => {
  const { run } = await setUp({ HW_SECRET_KEY: "", OPS_SECRET: "" });
  const { code, stderr } = await lookoutHere(["run", "--once"], run);
  expect(code).toBe(1);
  for (const line of UNSET) expect(stderr.split("\n").filter((one) => line.test(one))).toHaveLength(1);
  const status = await lookoutHere(["status", "--json"], run);
  expect(status.code).toBe(1);
  const { problems } = JSON.parse(status.stdout);
  expect(problems.map(({ problem, name }: Record<string, string>) => [problem, name])).toEqual([
    ["secret unresolved", "prod"],
    ["secret unresolved", "ops"],
  ]);
}, 60_000);

test("`run` names them as it starts", async () => {
  const { run } = await setUp({ HW_SECRET_KEY: "", OPS_SECRET: "" });
  const running = startLookout(["run"], run);
  for (const line of UNSET) await expect.poll(running.stderr, { timeout: 15_000 }).toMatch(line);
  running.kill("SIGTERM");
  expect((await running.finished).code).toBe(0);
});

test("`run` logs one line for each alert that opens", async () => {
  const { hook, run } = await setUp();
  const running = startLookout(["run"], run);
  await expect.poll(() => hook.received.length, { timeout: 15_000, interval: 50 }).toBe(ABNORMAL);
  running.kill("SIGTERM");
  const { stderr } = await running.finished;
  const opened = stderr.split("\n").filter((line) => line.includes("alert opened"));
  expect(opened).toHaveLength(ABNORMAL);
  for (const line of opened)
    expect(line).toMatch(/info {2}alert opened id="[0-9a-f]{8}" severity="\w+" rule="abnormal" res/);
});

test("`status` is healthy after a clean stop and a failed send-test, and names a channel that fails", async () => {
  const { hook, run } = await setUp();
  expect(await lookoutHere(["status"], run)).toMatchObject({ code: 1, stdout: expect.stringContaining("lookout run") });
  expect((await lookoutHere(["run", "--once"], run)).code).toBe(0);
  hook.answer = () => ({ status: 404 });
  expect((await lookoutHere(["send-test", "ops"], run)).code).toBe(1);
  const well = await lookoutHere(["status"], run);
  expect(well).toMatchObject({ code: 0, stdout: expect.stringContaining("Lookout is healthy.") });
  expect(well.stdout).toMatch(/source service-events: last polled 20\d\d-/);

  const store = openSqliteStore({ path: join(run.cwd, ".lookout/state.db"), now: Date.now });
  const at = Date.parse("2026-11-20T10:00:00Z");
  const data = { failingSince: at, error: "HTTP 503", failedAt: at };
  await store.commit([{ op: "put", ...channelKey("ops"), data }]);
  await store.close();
  const ill = await lookoutHere(["status"], run);
  expect(ill.code).toBe(1);
  expect(ill.stdout).toContain("Lookout is NOT HEALTHY.");
  expect(ill.stdout).toContain("channel ops: failing since 2026-11-20 10:00:00 UTC (HTTP 503)");
}, 60_000);
