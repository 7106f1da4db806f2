// Nobody reads what the real command writes: the reader is gone from the start or in mid-run, never reads, or hangs up.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { closeSync, constants, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { commandFile } from "../support/built-command.ts";
import { folderWith } from "../support/cli.ts";
import { lookoutHere } from "../support/in-process.ts";
import { ABNORMAL, samplesConfig, samplesEnvironment, startWithSamples } from "../support/samples.ts";
import { SECRET, startWebhook } from "../support/webhook.ts";

const PATIENCE = { timeout: 20_000, interval: 50 };

async function setUp() {
  const sim = await startWithSamples();
  const hook = await startWebhook();
  const config = samplesConfig(sim, hook.url, "  here: { type: console, fallback: ops }\n")
    .replace("channels: [ops], groupBy", "channels: [ops, here], groupBy")
    .replace("sources:", "health: { channels: [ops] }\nsources:");
  const cwd = await folderWith({ "lookout.yml": config.replaceAll("targets: [", "every: 2s, targets: [") });
  return { sim, hook, run: { cwd, env: samplesEnvironment(sim, SECRET) } };
}

interface Where {
  cwd: string;
  env: Record<string, string>;
}

function start(args: readonly string[], { cwd, env }: Where, stdio: (number | "pipe")[] = ["pipe", "pipe", "pipe"]) {
  const child = spawn(process.execPath, [commandFile(), ...args], { cwd, env: { ...process.env, ...env }, stdio });
  const finished = new Promise<number | null>((resolve) => void child.on("close", resolve));
  onTestFinished(async () => {
    child.kill("SIGKILL");
    child.stdin?.destroy();
    await finished;
  });
  return { child, finished };
}

/** The writing end of a pipe that is full and that nobody reads. */
async function fullPipe(): Promise<number> {
  const path = join(await folderWith({}), "pipe");
  execFileSync("mkfifo", [path]);
  const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  onTestFinished(() => closeSync(fd));
  const piece = Buffer.alloc(4_096);
  try {
    for (;;) writeSync(fd, piece);
  } catch {
    return fd;
  }
}

const readers: [sentence: string, gone: ("stdout" | "stderr")[], when: "at once" | "later"][] = [
  ["both are gone from the start", ["stdout", "stderr"], "at once"],
  ["both go away in mid-run", ["stdout", "stderr"], "later"],
];

test.each(readers)(
  "`run` goes on where %s",
  async (_, gone, when) => {
    const { sim, hook, run } = await setUp();
    const { child, finished } = start(["run"], run);
    const leave = () => {
      for (const name of gone) child[name]!.destroy();
    };
    for (const name of ["stdout", "stderr"] as const) child[name]!.resume();
    if (when === "at once") leave();
    await expect.poll(() => hook.received.length, PATIENCE).toBeGreaterThanOrEqual(ABNORMAL);
    if (when === "later") leave();
    const before = hook.received.length;
    const [service] = [...sim.world.services.keys()];
    sim.world.addServiceEvents(service!, [{ occur_time: Date.now(), event_type: "abnormal", event_info: "gone on" }]);
    await expect.poll(() => hook.received.length, PATIENCE).toBeGreaterThan(before);
    if (gone.includes("stdout")) {
      const status = await lookoutHere(["status", "--json"], run);
      expect(status.code).toBe(1);
      const [failing] = JSON.parse(status.stdout).failingChannels;
      expect(failing).toMatchObject({
        channel: "here",
        error: expect.stringContaining("nobody reads this process's output"),
      });
    }
    child.kill("SIGTERM");
    expect(await finished).toBe(0);
  },
  60_000,
);

test("`run` goes on and ends where nobody ever reads its log and its output", async () => {
  const { hook, run } = await setUp();
  const { child, finished } = start(["run"], run, ["pipe", await fullPipe(), await fullPipe()]);
  await expect.poll(() => hook.received.length, PATIENCE).toBeGreaterThanOrEqual(ABNORMAL);
  child.kill("SIGTERM");
  expect(await finished).toBe(0);
}, 60_000);

const STALLED = `
import os, pty, select, signal, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[1], sys.argv[1:])
sys.stdin.read()
os.kill(pid, signal.SIGTERM)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;
const python = spawnSync("python3", ["--version"]).status === 0;

test.skipIf(!python)(
  "`run` goes on and ends at a terminal that is stopped, as by Ctrl-S",
  async () => {
    const { sim, hook, run } = await setUp();
    // Some lines of each fill a terminal.
    const many = Array.from({ length: 200 }, (_, index) => ({ event_info: `${index} ${"long ".repeat(40)}` }));
    const [service] = [...sim.world.services.keys()];
    sim.world.addServiceEvents(
      service!,
      many.map((event, index) => ({ ...event, occur_time: Date.now() - index, event_type: "abnormal" })),
    );
    const child = spawn("python3", ["-c", STALLED, process.execPath, commandFile(), "run"], {
      cwd: run.cwd,
      env: { ...process.env, ...run.env },
    });
    const finished = new Promise<number | null>((resolve) => void child.on("close", resolve));
    onTestFinished(() => void child.kill("SIGKILL"));
    await expect.poll(() => hook.received.length, PATIENCE).toBeGreaterThanOrEqual(ABNORMAL + many.length);
    child.stdin.end();
    expect(await finished).toBe(0);
  },
  60_000,
);

test("a message that nobody takes is not delivered: `send-test` says so by its exit code", async () => {
  const { run } = await setUp();
  const { child, finished } = start(["send-test", "here"], run);
  child.stdout!.destroy();
  expect(await finished).toBe(1);
});

test("a command whose reader has seen enough ends quietly, with its own exit code", async () => {
  const { run } = await setUp();
  const { child, finished } = start(["schema"], run);
  let stderr = "";
  child.stderr!.on("data", (text) => {
    stderr += text;
  });
  child.stdout!.once("data", () => child.stdout!.destroy());
  expect(await finished).toBe(0);
  expect(stderr).toBe("");
});

test("`match` ends when its reader goes away, though there is always more to filter", async () => {
  const { run } = await setUp();
  const { child, finished } = start(["match", "--pattern", '{"a":[1]}'], run);
  child.stdout!.once("data", () => child.stdout!.destroy());
  child.stdin!.on("error", () => {});
  const more = setInterval(() => child.stdin!.write('{"a":1}\n'), 5);
  onTestFinished(() => clearInterval(more));
  expect(await finished).toBe(0);
});

test("no signal opens Node's debugger", async () => {
  const { run } = await setUp();
  const { child, finished } = start(["run"], run);
  let stderr = "";
  child.stdout!.resume();
  child.stderr!.on("data", (text) => {
    stderr += text;
  });
  await expect.poll(() => stderr, PATIENCE).toContain("running");
  child.kill("SIGUSR1");
  child.kill("SIGHUP");
  await expect.poll(() => stderr, PATIENCE).toContain("configuration reloaded");
  child.kill("SIGTERM");
  expect(await finished).toBe(0);
  expect(stderr).not.toMatch(/debugger|inspector/i);
}, 60_000);
