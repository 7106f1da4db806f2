// A storm: 10,000 groups of one alert each (or `STORM_GROUPS` of them) lie in a state file; the daemon sends them to a
// webhook receiver in another process. The same number of alerts goes to an Alertmanager that sends each by itself to
// the same receiver. Then both once more, killed in the middle and started again.
import { type ChildProcess, fork, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { wallClock } from "../lib/app/clock.ts";
import { connectionOf } from "../lib/simulator/describe.ts";
import { startSimulator } from "../lib/simulator/server.ts";
import { ALERTMANAGER, type Alertmanager, postAlerts, startAlertmanager } from "./alertmanager.ts";
import { figure, megabytes, printTable } from "./print.ts";
import type { Received } from "./storm-receiver.ts";

const GROUPS = Number(process.env["STORM_GROUPS"] ?? 10_000);
const PATIENCE_MS = 300_000;
/** Failures of each simulated service. */
const PER_SERVICE = 500;
/** Alerts of one request to the Alertmanager. */
const BATCH = 500;
/** Nothing more comes where nothing has come for so long; ms. */
const QUIET_MS = 5_000;
/** How often the receiver is asked; ms. */
const ASK_MS = 20;
/** Clock ticks a second of /proc/<pid>/stat. */
const TICKS = 100;

interface Measured {
  received: Received;
  cpuMs: number;
  peakBytes: number;
}

/** What a killed and restarted notifier led to. */
interface Restarted {
  lost: number;
  again: number;
}

const receiver = fork(join(import.meta.dirname, "storm-receiver.ts"));
const [port] = (await once(receiver, "message")) as [number];
const url = `http://127.0.0.1:${port}/hook`;
const folder = await mkdtemp(join(tmpdir(), "lookout-bench-"));
try {
  const own = await lookout();
  const other = await alertmanager();
  const head = ["notifier", "groups", "posts", "deliveries/s", "CPU µs/delivery", "peak MB"];
  printTable(head, [row("Lookout", own.storm), ...(other ? [row("Alertmanager", other.storm)] : [])]);
  console.log();
  const killed = (name: string, { lost, again }: Restarted) => [name, figure(GROUPS), figure(lost), figure(again)];
  printTable(
    ["killed halfway and started again", "groups", "lost", "sent once more"],
    [killed("Lookout", own.restart), ...(other ? [killed("Alertmanager", other.restart)] : [])],
  );
  if (other) console.log(`\nLookout delivers ${figure(rate(own.storm) / rate(other.storm))} times as fast.`);
  else console.log(`\nNo Alertmanager to compare with: ${ALERTMANAGER} is not there.`);
} finally {
  receiver.kill();
  await rm(folder, { recursive: true, force: true });
}

function row(name: string, one: Measured): string[] {
  const cpu = (one.cpuMs / one.received.posts) * 1_000;
  return [name, figure(GROUPS), figure(one.received.posts), figure(rate(one)), figure(cpu), megabytes(one.peakBytes)];
}

/** From the first post to the last, as the receiver saw them. */
function rate({ received }: Measured): number {
  return (received.posts / (received.lastAt - received.firstAt)) * 1_000;
}

async function lookout(): Promise<{ storm: Measured; restart: Restarted }> {
  const simulator = await startSimulator({ clock: wallClock, scenario: "empty" });
  try {
    const { world, credentials } = simulator;
    const end = Date.now() - 300_000;
    for (let from = 0; from < GROUPS; from += PER_SERVICE) {
      const id = `service-${from}`;
      world.addService({ service_id: id, service_name: id });
      const failures = Array.from({ length: Math.min(PER_SERVICE, GROUPS - from) }, (_, at) => ({
        occur_time: end + at,
        event_type: "abnormal" as const,
        event_info: `Failed to pull image ${from + at}`,
      }));
      world.addServiceEvents(id, failures);
    }
    const [cwd, again] = [join(folder, "storm"), join(folder, "restart")];
    await mkdir(cwd);
    await writeFile(
      join(cwd, "lookout.yml"),
      `
${connectionOf({ url: simulator.url, credentials })}sources: [{ kind: service-events, lookback: 1h, every: 1h }]
rules: [{ id: broken, when: { level: [error] }, severity: error, by: [id], maxKeys: 100000 }]
route: { channels: [ops], groupBy: ["..."] }
channels: { ops: { type: webhook, url: "${url}" } }
`,
    );
    const env = { HW_ACCESS_KEY: credentials.accessKey, HW_SECRET_KEY: credentials.secretKey };
    await startNotifier("fill", cwd, env).ended();
    await cp(cwd, again, { recursive: true });
    await answer("begin");
    const used = await startNotifier("notify", cwd, env).ended();
    const received = await complete();
    if (received.again > 0) throw new Error(`${received.again} alerts came twice`);
    return { storm: { received, ...used }, restart: await lookoutKilled(again, env) };
  } finally {
    await simulator.close();
  }
}

/** Throws where an alert was lost, or came once more under another id. */
async function lookoutKilled(cwd: string, env: Record<string, string>): Promise<Restarted> {
  await answer("begin");
  const first = startNotifier("notify", cwd, env);
  await came(GROUPS / 2);
  first.process.kill("SIGKILL");
  await first.ended().catch(() => {});
  const second = startNotifier("notify", cwd, env);
  await complete();
  second.process.kill();
  await second.ended();
  const { again, renamed } = await answer("how many");
  if (renamed > 0) throw new Error(`${renamed} alerts came under two ids`);
  return { lost: 0, again };
}

interface Notifier {
  process: ChildProcess;
  /** What it used; rejects where it failed or was killed. */
  ended(): Promise<Omit<Measured, "received">>;
}

function startNotifier(mode: "fill" | "notify", cwd: string, env: Record<string, string>): Notifier {
  const script = join(import.meta.dirname, "storm-notifier.ts");
  const usage = join(import.meta.dirname, "usage.ts");
  const memory = ["--import", join(import.meta.dirname, "../bin/heap.js")];
  const profile = mode === "notify" ? (process.env["STORM_FLAGS"]?.split(" ") ?? []) : [];
  const options = [...memory, ...profile, "--import", usage];
  const child = spawn(process.execPath, [...options, script, mode, String(GROUPS)], {
    cwd,
    env: { ...process.env, NO_COLOR: "1", ...env },
    stdio: ["ignore", "inherit", "pipe", "pipe"],
  });
  const [, , errors, usageOf] = child.stdio as unknown as Readable[];
  // Its log is written, and read, as in life.
  let tail = "";
  errors!.setEncoding("utf8").on("data", (chunk: string) => {
    tail = (tail + chunk).slice(-2_000);
  });
  let used = "";
  usageOf!.setEncoding("utf8").on("data", (chunk: string) => {
    used += chunk;
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
  const closed = once(child, "close");
  return {
    process: child,
    async ended() {
      const [code] = await closed;
      clearTimeout(timer);
      if (code !== 0) throw new Error(`storm-notifier ${mode} ended with exit code ${code}: ${tail}`);
      return JSON.parse(used);
    },
  };
}

async function alertmanager(): Promise<{ storm: Measured; restart: Restarted } | undefined> {
  const start = (name: string) =>
    startAlertmanager(
      folder,
      `
route: { receiver: ops, group_by: ['...'], group_wait: 0s, group_interval: 5m, repeat_interval: 4h }
receivers: [{ name: ops, webhook_configs: [{ url: "${url}" }] }]
`,
      name,
    );
  const one = await start("storm-am");
  if (one === undefined) return undefined;
  let storm: Measured;
  try {
    const before = usageOf(one.process);
    await answer("begin");
    await postAll(one);
    const received = await complete();
    const { cpuMs, peakBytes } = usageOf(one.process);
    storm = { received, cpuMs: cpuMs - before.cpuMs, peakBytes };
  } finally {
    one.process.kill();
  }
  return { storm, restart: await alertmanagerKilled(() => start("restart-am")) };
}

/** Killed once it has taken all alerts. Nobody posts them again, as nobody asks a cloud again for what was read. */
async function alertmanagerKilled(start: () => Promise<Alertmanager | undefined>): Promise<Restarted> {
  const first = (await start())!;
  const closed = once(first.process, "close");
  await answer("begin");
  await postAll(first);
  await came(GROUPS / 2);
  first.process.kill("SIGKILL");
  await closed;
  const second = (await start())!;
  try {
    const { alerts, again } = await quiet();
    return { lost: GROUPS - alerts, again };
  } finally {
    second.process.kill();
  }
}

async function postAll(one: Alertmanager): Promise<void> {
  for (let from = 0; from < GROUPS; from += BATCH) await postAlerts(one, alertsFrom(from));
}

function alertsFrom(from: number): object[] {
  const startsAt = new Date().toISOString();
  return Array.from({ length: Math.min(BATCH, GROUPS - from) }, (_, at) => ({
    labels: { alertname: "broken", severity: "error", resource: "recommender", id: String(from + at) },
    annotations: { summary: `recommender: Failed to pull image ${from + at}` },
    startsAt,
  }));
}

/** Processor time so far and the peak of resident memory. */
function usageOf({ pid }: ChildProcess): Omit<Measured, "received"> {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ");
  const peak = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))!;
  return { cpuMs: ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1_000, peakBytes: Number(peak[1]) * 1_024 };
}

async function answer(question: "begin" | "how many"): Promise<Received> {
  const answered = once(receiver, "message");
  receiver.send(question);
  const [received] = (await answered) as [Received];
  return received;
}

/** What the receiver has got once it has every alert. */
function complete(): Promise<Received> {
  return came(GROUPS);
}

/** Likewise once it has so many. */
async function came(alerts: number): Promise<Received> {
  for (const until = Date.now() + PATIENCE_MS; ; await wallClock.sleep(ASK_MS)) {
    const received = await answer("how many");
    if (received.alerts >= alerts) return received;
    if (Date.now() > until) throw new Error(`only ${received.alerts} of ${alerts} alerts came`);
  }
}

/** What it has got once nothing more comes. */
async function quiet(): Promise<Received> {
  for (const since = Date.now(); ; await wallClock.sleep(ASK_MS)) {
    const received = await answer("how many");
    if (Date.now() - Math.max(since, received.lastAt) > QUIET_MS) return received;
  }
}
