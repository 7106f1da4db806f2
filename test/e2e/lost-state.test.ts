// The state file is taken away under the real command: it says so to whom it can, and ends, so that
// a supervisor starts it anew.
import { rmSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, startLookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { ABNORMAL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

/** Longer than the interval of the source that is polled once a minute. */
const PATIENCE = { timeout: 80_000, interval: 50 };

async function setUp() {
  const sim = await startWithSamples();
  const hook = await startWebhook();
  const config = samplesConfig(sim, hook.url, "health: { channels: [ops] }\n");
  const cwd = await folderWith({ "lookout.yml": config.replaceAll("targets: [", "every: 1s, targets: [") });
  const run = { cwd, env: samplesEnvironment(sim, SECRET) };
  const notified = () =>
    hook.received.flatMap(({ body }) => JSON.parse(body).alerts as { rule: string; status: string; summary: string }[]);
  const running = startLookout(["run"], run);
  await expect.poll(() => notified().length, PATIENCE).toBe(ABNORMAL);
  return { run, notified, running, file: join(cwd, ".lookout/state.db") };
}

const losses: [what: string, how: string, lose: (file: string) => void][] = [
  ["removed", "was removed", (file) => rmSync(file)],
  ["cut off", "was cut off", (file) => truncateSync(file, 0)],
  ["without its log", "-wal was removed", (file) => rmSync(`${file}-wal`)],
];

test.each(losses)(
  "a state file that is %s is notified without it, ends `run` with exit 1, and the next start is well",
  async (_, how, lose) => {
    const { run, notified, running, file } = await setUp();
    lose(file);
    const { code, stderr } = await running.finished;
    expect([code, stderr]).toEqual([1, expect.stringContaining(how)]);
    expect(stderr).not.toContain("unexpected");
    expect(notified().slice(ABNORMAL)).toMatchObject([
      { rule: "lookout-unhealthy", status: "firing", summary: expect.stringContaining(how) },
    ]);
    for (const name of [file, `${file}-wal`, `${file}-shm`]) rmSync(name, { force: true });
    expect(await lookoutHere(["status"], run)).toMatchObject({ code: 1 });
    expect(await lookoutHere(["run", "--once"], run)).toMatchObject({ code: 0 });
  },
  240_000,
);
