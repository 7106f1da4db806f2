// `lookout backtest`: the report, what it leaves alone, failures, signals, bad usage. With the real process where it
// reports and where a signal ends it.
import { existsSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../lib/store/sqlite/sqlite.ts";
import { folderWith, lookout, startLookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { ABNORMAL, ALL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

async function setUp() {
  const sim = await startWithSamples();
  const hook = await startWebhook();
  const yaml = samplesConfig(sim, hook.url);
  const cwd = await folderWith({ "lookout.yml": yaml });
  return { sim, hook, yaml, cwd, run: { cwd, env: samplesEnvironment(sim, SECRET) } };
}

/** Every row that a command may have written. */
async function rowsOf(folder: string, partitions: readonly string[]) {
  const store = openSqliteStore({ path: join(folder, ".lookout/state.db"), now: Date.now });
  const rows = await Promise.all(partitions.map((pk) => store.list(pk)));
  await store.close();
  return rows.flat();
}
const KINDS = ["service-events", "service-updates", "pool-events", "training-events", "cloud-eye-events"];
const WRITTEN = ["source", "connection", "token", "project", "meta", "delivery", "ended"];
const PARTITIONS = [...WRITTEN, ...KINDS.map((kind) => `target/${kind}/prod`)];

describe("backtest", () => {
  it("says what would have been sent, sends nothing and stores nothing but that the credentials are good", async () => {
    const { hook, cwd, run } = await setUp();
    const { code, stdout, stderr } = await lookout(["backtest", "--since", "1h"], run);
    expect(code).toBe(0);
    expect(stdout).toContain(`${ABNORMAL} alerts, ${ABNORMAL} messages (ops ${ABNORMAL})`);
    expect(stdout).toMatch(/ service-events +1 target +9 events/);
    expect(stdout).toMatch(/abnormal +5 +5 +\d+ .* ops 5/);
    expect(stdout).toMatch(/Z +error +abnormal +×1 +still firing +ops 1 /);
    expect(stderr).toContain(`read 5 of 5 targets, ${ALL} events`);
    expect(stderr).toContain(`evaluated ${ALL} of ${ALL} events`);
    expect(hook.received).toEqual([]);
    const rows = await rowsOf(cwd, PARTITIONS);
    expect(rows).toMatchObject([{ pk: "connection", data: { proven: true, refusals: 0 } }]);
    // Everything is still new to a run.
    expect((await lookoutHere(["run", "--once"], run)).code).toBe(0);
    expect(hook.received).toHaveLength(ABNORMAL);
    const before = await rowsOf(cwd, PARTITIONS);
    expect((await lookoutHere(["backtest", "--since", "1h"], run)).code).toBe(0);
    expect(await rowsOf(cwd, PARTITIONS)).toEqual(before);
    expect(hook.received).toHaveLength(ABNORMAL);
  });

  it("gives one document to scripts, and the difference to another configuration", async () => {
    const { yaml, cwd, run } = await setUp();
    const once = "rules:\n  - { id: notified-once, when: { level: [error] } }";
    await writeFile(join(cwd, "next.yml"), yaml.replace("rules:", once));
    const args = ["backtest", "--since", "1h", "--compare", "next.yml"];
    const result = JSON.parse((await lookoutHere([...args, "--json"], run)).stdout);
    expect(result).toMatchObject({ config: "lookout.yml", comparedTo: "next.yml", unread: [] });
    expect(result.totals).toEqual({ alerts: ABNORMAL, messages: ABNORMAL });
    expect(result.compare.totals.alerts).toEqual({ this: ABNORMAL, other: ABNORMAL + 1 });
    expect(result.compare.alerts.other).toMatchObject([{ rule: "notified-once" }]);
    expect(result.compare.messages.this).toEqual([]);
    const { stdout } = await lookoutHere([...args, "--rule", "notified-once"], run);
    expect(stdout).toContain("Alerts only with next.yml:");
    expect(stdout).toMatch(/notified-once +- +1 +- +1/);
  });

  it("names what it could not read and exits 1", async () => {
    const { sim, run } = await setUp();
    sim.setSwitches({ forbidden: ["training-events"] });
    const { code, stdout } = await lookoutHere(["backtest", "--since", "1h"], run);
    expect(code).toBe(1);
    expect(stdout).toMatch(/not read: training-events 5bd61eea-\S+: /);
    expect(stdout).toContain("service-events");
  });

  it("tries wrong credentials no more than twice, however often it runs", async () => {
    const { sim, run } = await setUp();
    const wrong = { ...run, env: { ...run.env, HW_SECRET_KEY: "not-the-secret" } };
    const first = await lookoutHere(["backtest", "--since", "1h"], wrong);
    const second = await lookoutHere(["backtest", "--since", "1h"], wrong);
    expect([first.code, second.code]).toEqual([1, 1]);
    expect(sim.seen.filter(({ status }) => status === 401)).toHaveLength(2);
    expect(second.stdout).toContain("is paused until");
    expect(first.stdout + first.stderr + second.stdout + second.stderr).not.toContain("not-the-secret");
  });

  it("stops at SIGINT and leaves nothing behind", async () => {
    const { sim, cwd, run } = await setUp();
    sim.setFaults([{ kind: "slow", ms: 20_000, on: "pool-events" }]);
    const running = startLookout(["backtest", "--since", "1h"], run);
    await expect.poll(() => sim.requests["pool-events"], { timeout: 10_000, interval: 20 }).toBe(1);
    running.kill("SIGINT");
    expect(await running.finished).toMatchObject({ code: 1, signal: null, stdout: "" });
    expect(running.stderr()).toContain("stopped by SIGINT");
    expect((await rowsOf(cwd, PARTITIONS)).map(({ pk }) => pk)).toEqual(["connection"]);
  });

  const REFUSED: [string, string[], string][] = [
    ["no --since", [], "--since"],
    ["a --since that is no duration", ["--since", "yesterday"], "7d"],
    ["a --since of nothing", ["--since", "0m"], "7d"],
    ["a rule that is not there", ["--since", "1h", "--rule", "typo"], "abnormal"],
    ["another configuration that is not there", ["--since", "1h", "--compare", "next.yml"], "next.yml"],
  ];
  it.each(REFUSED)("exits 2 for %s", async (_, args, output) => {
    const { sim, cwd } = await setUp();
    const { code, stdout, stderr } = await lookoutHere(["backtest", ...args], { cwd });
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(output);
    expect(sim.seen).toEqual([]);
    expect(existsSync(join(cwd, ".lookout"))).toBe(false);
  });
});
