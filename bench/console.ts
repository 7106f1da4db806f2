// The console under load: `lookout run` serves 200 open pages, some of whose readers never read or hang half up, while
// 10,000 alerts open. Measured from outside: how late polls are, the process's memory, and the first page.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { wallClock } from "../lib/app/clock.ts";
import { connectionOf } from "../lib/simulator/describe.ts";
import { startSimulator } from "../lib/simulator/server.ts";
import { startReceiver } from "../test/support/receiver.ts";
import { figure, median, megabytes, printTable } from "./print.ts";

const ALERTS = Number(process.env["CONSOLE_ALERTS"] ?? 10_000);
const READERS = Number(process.env["CONSOLE_READERS"] ?? 200);
/** Of each kind: those that never read, those that half-close, those that leave. */
const BROKEN = READERS / 10;
/** Alerts that open each second. */
const PER_SECOND = 500;
const EVERY_MS = 2_000;
const PATIENCE_MS = 180_000;
const LOADS = 20;
const BIN = join(import.meta.dirname, "../bin/lookout.js");

const folder = await mkdtemp(join(tmpdir(), "lookout-bench-"));
const simulator = await startSimulator({ clock: wallClock, scenario: "empty" });
const receiver = await startReceiver(() => undefined);
const over = new AbortController();
const sockets: Socket[] = [];
const streams: ClientRequest[] = [];
let child: ChildProcess | undefined;
try {
  await writeFile(
    join(folder, "lookout.yml"),
    `
${connectionOf({ url: simulator.url, credentials: simulator.credentials })}sources:
  - { kind: service-events, every: 2s, lookback: 1h }
  - { kind: pool-events, every: 2s }
rules: [{ id: broken, when: { level: [error] }, severity: error, by: [id], maxKeys: 100000 }]
route: { channels: [ops] }
channels: { ops: { type: webhook, url: "${receiver.url}/ops" } }
`,
  );
  simulator.world.addService({ service_id: "service", service_name: "recommender" });
  simulator.world.addPool({ id: "pool", name: "gpu" });
  const { process: started, url } = await start();
  child = started;
  let pages = 0;
  for (let reader = 0; reader < READERS; reader++) watch(url, () => pages++);
  for (let broken = 0; broken < BROKEN; broken++) sockets.push(...misbehave(url));
  const late = lateness();
  for (let opened = 0; opened < ALERTS; opened += PER_SECOND) {
    const failures = Array.from({ length: Math.min(PER_SECOND, ALERTS - opened) }, (_, at) => ({
      occur_time: Date.now(),
      event_type: "abnormal" as const,
      event_info: `Failed to pull image ${opened + at}`,
    }));
    simulator.world.addServiceEvents("service", failures);
    await wallClock.sleep(1_000);
  }
  await until(async () => (await read(url, "/api/alerts")).body.startsWith(`{"total":${ALERTS},`));
  await wallClock.sleep(3_000);
  const worst = late();
  const peak = peakOf(started);
  over.abort();
  for (const one of streams) one.destroy();
  for (const one of sockets) one.destroy();
  await wallClock.sleep(2_000);
  const loads: number[] = [];
  let bytes = 0;
  for (let load = 0; load < LOADS; load++) {
    const began = performance.now();
    bytes = Buffer.byteLength((await read(url, "/")).body);
    loads.push(performance.now() - began);
    await wallClock.sleep(300);
  }
  const head = [
    "open alerts",
    "open pages",
    "pages fetched",
    "polls late by ms",
    "peak MB",
    "page ms",
    "worst ms",
    "KB",
  ];
  printTable(head, [
    [
      figure(ALERTS),
      figure(READERS),
      figure(pages),
      figure(worst),
      megabytes(peak),
      figure(median(loads)),
      figure(Math.max(...loads)),
      figure(bytes / 1_024),
    ],
  ]);
  // How late polls are says as much of the machine: compare it with CONSOLE_READERS=0.
  const fails = peak > 300 * 1_048_576 || median(loads) > 300 || bytes > 100 * 1_024;
  if (fails) throw new Error("300 MB, 300 ms or 100 KB was exceeded");
} finally {
  over.abort();
  child?.kill("SIGTERM");
  if (child !== undefined && child.exitCode === null) await once(child, "exit");
  await Promise.all([simulator.close(), receiver.close()]);
  await rm(folder, { recursive: true, force: true });
}

async function start(): Promise<{ process: ChildProcess; url: string }> {
  const { accessKey, secretKey } = simulator.credentials;
  const env = { ...process.env, NO_COLOR: "1", HW_ACCESS_KEY: accessKey, HW_SECRET_KEY: secretKey };
  const args = [BIN, "run", "--console", "127.0.0.1:0"];
  const started = spawn(process.execPath, args, { cwd: folder, env, stdio: ["ignore", "ignore", "pipe"] });
  const lines = createInterface({ input: started.stderr! });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let last = "";
  // Its log is read to its end, as in life.
  lines.on("line", (line) => {
    last = line;
    const address = /served.*(http:\/\/127\.0\.0\.1:\d+)/.exec(line)?.[1];
    if (address !== undefined) resolve(address);
  });
  started.once("exit", () => reject(new Error(`lookout run ended: ${last}`)));
  return { process: started, url: await promise };
}

/** What an open page does: it listens, and fetches the page again where something changed. */
function watch(url: string, fetched: () => void): void {
  const stream = request(`${url}/api/stream`, { agent: false }, (answer) => {
    let known: string | undefined;
    let planned = false;
    const lines = createInterface({ input: answer }).on("error", () => {});
    lines.on("line", async (line) => {
      if (!line.startsWith("data: ")) return;
      const { version, within } = JSON.parse(line.slice(6));
      const isNew = known !== undefined && known !== version;
      known = version;
      if (!isNew || planned) return;
      planned = true;
      await wallClock.sleep(Math.random() * within, over.signal).catch(() => {});
      planned = false;
      if (over.signal.aborted) return;
      await read(url, "/").then(fetched, () => {});
    });
  });
  stream.on("error", () => {});
  stream.end();
  streams.push(stream);
}

/** One that never reads, one that half-closes after its question, one that leaves at once. */
function misbehave(url: string): Socket[] {
  const { hostname, port } = new URL(url);
  const ask = (path: string) => {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => {});
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`);
    return socket;
  };
  const never = ask("/api/stream").pause();
  const half = ask("/api/stream");
  half.end();
  const gone = ask("/api/stream");
  gone.once("connect", () => setImmediate(() => gone.destroy()));
  return [never, half, gone];
}

/** By how much polls of the idle source come later than their `every`: the worst so far; ms. */
function lateness(): () => number {
  let last: unknown;
  let at = Date.now();
  let worst = 0;
  const looking = (async () => {
    while (!over.signal.aborted) {
      const newest = simulator.seen.findLast(({ route }) => route === "pool-events");
      const now = Date.now();
      if (newest !== last) {
        if (last !== undefined) worst = Math.max(worst, now - at - EVERY_MS);
        [last, at] = [newest, now];
      }
      await wallClock.sleep(20);
    }
  })();
  void looking;
  return () => worst;
}

function read(url: string, path: string): Promise<{ status: number; body: string }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ status: number; body: string }>();
  const asked = request(`${url}${path}`, { agent: false }, async (answer: IncomingMessage) => {
    const chunks: Buffer[] = [];
    for await (const chunk of answer) chunks.push(chunk);
    resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
  });
  asked.on("error", reject);
  asked.end();
  return promise;
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await done()); ) {
    if (Date.now() > end) throw new Error(`not all of the ${ALERTS} alerts are open`);
    await wallClock.sleep(500);
  }
}

function peakOf({ pid }: ChildProcess): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "latin1"))![1]) * 1_024;
}
