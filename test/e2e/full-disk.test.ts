// The disk of the state fills up under the real command, and is freed again. It needs a file system
// of a few megabytes of its own.
import { spawnSync } from "node:child_process";
import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { folderWith, startLookout } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { startReceiver } from "../support/receiver.ts";
import { ABNORMAL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

/** Longer than the interval of the source that is polled once a minute. */
const PATIENCE = { timeout: 80_000, interval: 100 };

/** A folder on a file system of a few megabytes; undefined where none may be mounted. */
async function smallDisk(): Promise<string | undefined> {
  const folder = await folderWith({});
  const { status } = spawnSync("mount", ["-t", "tmpfs", "-o", "size=3m", "tmpfs", folder]);
  if (status !== 0) return undefined;
  onTestFinished(() => void spawnSync("umount", ["-l", folder]));
  return folder;
}

function fill(folder: string): () => void {
  const file = join(folder, "filler");
  const filler = openSync(file, "w");
  // Until it is full: what else lies there may grow meanwhile.
  for (let size = 1_048_576; size >= 1; ) {
    try {
      writeSync(filler, Buffer.alloc(size));
    } catch {
      size = Math.floor(size / 2);
    }
  }
  closeSync(filler);
  return () => rmSync(file);
}

test("a full disk: unhealthy at once, no heartbeat, one message without the state, and all goes on when it is freed", async (context) => {
  const disk = await smallDisk();
  if (disk === undefined) return context.skip("no file system may be mounted here");
  const sim = await startWithSamples();
  const hook = await startWebhook();
  let beats = 0;
  const heart = await startReceiver(() => {
    beats++;
    return { status: 200 };
  });
  const config = samplesConfig(sim, hook.url, `health: { channels: [ops], heartbeat: "${heart.url}" }\n`);
  const cwd = await folderWith({ "lookout.yml": config.replaceAll("targets: [", "every: 2s, targets: [") });
  const run = { cwd, env: samplesEnvironment(sim, SECRET) };
  const state = ["--state", join(disk, "state.db")];
  const [service] = [...sim.world.services.keys()];
  const happen = (text: string) =>
    sim.world.addServiceEvents(service!, [{ occur_time: Date.now(), event_type: "abnormal", event_info: text }]);
  const notified = () =>
    hook.received.flatMap(({ body }) => JSON.parse(body).alerts as { rule: string; status: string }[]);
  const own = () => notified().filter(({ rule }) => rule === "lookout-unhealthy");

  const running = startLookout(["run", ...state], run);
  await expect.poll(() => notified().length, PATIENCE).toBe(ABNORMAL);
  await expect.poll(() => beats, PATIENCE).toBe(1);

  const free = fill(disk);
  const status = await lookoutHere(["status", ...state], run);
  expect(status.code).not.toBe(0);
  expect(status.stdout + status.stderr).toMatch(/disk is full|cannot be written/);
  happen("while it was full");
  await expect.poll(own, PATIENCE).toMatchObject([{ status: "firing", rule: "lookout-unhealthy" }]);
  expect(notified()).toHaveLength(ABNORMAL + 1);

  free();
  await expect.poll(() => notified().length, PATIENCE).toBe(ABNORMAL + 3);
  expect(own().map(({ status }) => status)).toEqual(["firing", "resolved"]);
  expect(beats).toBe(1);
  await expect.poll(async () => (await lookoutHere(["status", ...state], run)).code, PATIENCE).toBe(0);
  running.kill("SIGTERM");
  expect((await running.finished).code).toBe(0);
}, 300_000);
