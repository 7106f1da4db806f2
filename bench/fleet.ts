// Three daemons on one PostgreSQL database poll 1,000 and 10,000 services, with --full 30,000 and 100,000, too, or as
// many as the arguments say, of a simulated cloud that answers at once; every 20 s one of them is killed with -9 and
// started again. How long a round of all targets takes, and what it costs. Fails where an event is missed or notified
// twice.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { wallClock } from "../lib/app/clock.ts";
import type { Notification } from "../lib/model/notification.ts";
import { type Simulator, startSimulator } from "../lib/simulator/server.ts";
import { postgresPrograms, startPostgres } from "../test/support/postgres-server.ts";
import { startReceiver } from "../test/support/receiver.ts";
import { figure, median, printTable } from "./print.ts";

const COMMAND = join(import.meta.dirname, "../bin/lookout.js");
const DAEMONS = 3;
const KILL_EVERY_MS = 20_000;
const EVENT_EVERY_MS = 1_000;
/** After the first: idle ones, but for an event a second. */
const ROUNDS = 3;
const KILLS = 2;
/** What was not notified so long after it was read counts as missed; ms. */
const PATIENCE_MS = 180_000;
/** What the kernel counts a process's time in; ms. */
const TICK_MS = 10;
const asked = process.argv.slice(2).filter((word) => /^\d+$/.test(word));
const full = process.argv.includes("--full") ? [30_000, 100_000] : [];
const sizes = asked.length > 0 ? asked.map(Number) : [1_000, 10_000, ...full];

const programs = postgresPrograms();
if (programs === undefined) {
  console.log("Skipped: this needs PostgreSQL's server (Debian: postgresql).");
  process.exit(0);
}

const results = [];
for (const size of sizes) results.push(await run(size, programs));
printTable(
  [`${DAEMONS} daemons on one database`, ...results.map(({ targets }) => `${figure(targets)} targets`)],
  [
    ["first round, s", ...results.map(({ firstMs }) => figure(firstMs / 1_000))],
    ["an idle round, median, s", ...results.map(({ roundMs }) => figure(roundMs / 1_000))],
    ["its slowest, s", ...results.map(({ slowestMs }) => figure(slowestMs / 1_000))],
    ["targets a second", ...results.map(({ targets, roundMs }) => figure(targets / (roundMs / 1_000)))],
    ["CPU of the daemons for a target, µs", ...results.map(({ cpuMs }) => figure(cpuMs * 1_000))],
    ["requests for a target and round", ...results.map(({ requests }) => figure(requests))],
    ["daemons killed", ...results.map(({ kills }) => figure(kills))],
    ["events", ...results.map(({ events }) => figure(events))],
    ["missed", ...results.map(({ missed }) => figure(missed))],
    ["notified twice", ...results.map(({ doubled }) => figure(doubled))],
    ["sent once more, under the same id", ...results.map(({ repeated }) => figure(repeated))],
  ],
);
if (results.some(({ missed, doubled }) => missed + doubled > 0)) process.exitCode = 1;

interface Result {
  targets: number;
  firstMs: number;
  roundMs: number;
  slowestMs: number;
  cpuMs: number;
  requests: number;
  kills: number;
  events: number;
  missed: number;
  doubled: number;
  repeated: number;
}

async function run(targets: number, programs: string): Promise<Result> {
  const stage = await openStage(targets, programs);
  const { coverage, notified } = stage;
  try {
    const firstMs = await coverage.round();
    const before = stage.used();
    const turns = new AbortController();
    const failing = every(EVENT_EVERY_MS, turns.signal, stage.fail);
    const killing = every(KILL_EVERY_MS, turns.signal, stage.killOne);
    const rounds: number[] = [];
    while (rounds.length < ROUNDS || stage.kills() < KILLS) rounds.push(await coverage.round());
    const after = stage.used();
    turns.abort();
    await Promise.all([failing, killing]);
    // What happened last is read in the next round, and sent soon after.
    await coverage.round();
    const events = stage.events();
    const patience = Date.now() + PATIENCE_MS;
    while (notified.texts.size < events && Date.now() < patience) await sleep(100);
    return {
      targets,
      firstMs,
      roundMs: median(rounds),
      slowestMs: Math.max(...rounds),
      cpuMs: (after.cpuMs - before.cpuMs) / targets / rounds.length,
      requests: (after.requests - before.requests) / targets / rounds.length,
      kills: stage.kills(),
      events,
      missed: events - notified.texts.size,
      doubled: [...notified.texts.values()].filter((under) => under.size > 1).length,
      repeated: notified.repeated(),
    };
  } finally {
    await stage.close();
  }
}

/** The cloud, the receiver, the database, and the daemons between them. */
async function openStage(targets: number, programs: string) {
  const coverage = createCoverage(targets);
  const simulator = await startSimulator({
    clock: wallClock,
    scenario: "empty",
    watch: ({ url }) => coverage.asked(url),
  });
  const ids = Array.from({ length: targets }, (_, index) => `service-${String(index).padStart(6, "0")}`);
  for (const id of ids) simulator.world.addService({ service_id: id, service_name: id });
  const notified = createNotified();
  const hook = await startReceiver(({ body }) => notified.take(JSON.parse(body)));
  const database = await startPostgres(programs);
  await database.start();
  const cwd = await mkdtemp(join(tmpdir(), "lookout-bench-"));
  await writeFile(join(cwd, "lookout.yml"), configOf(simulator, hook.url));
  const env = {
    HW_ACCESS_KEY: simulator.credentials.accessKey,
    HW_SECRET_KEY: simulator.credentials.secretKey,
    OPS_SECRET: `whsec_${Buffer.from("a secret of the benchmark").toString("base64")}`,
    DATABASE_URL: `${database.url}?sslmode=disable`,
  };
  const daemons = Array.from({ length: DAEMONS }, () => startDaemon(cwd, env));
  let ofTheDeadMs = 0;
  let kills = 0;
  let events = 0;
  return {
    coverage,
    notified,
    kills: () => kills,
    events: () => events,
    /** So far: the daemons' processor time, and requests for events. */
    used: () => ({
      cpuMs: daemons.reduce((total, one) => total + one.cpuMs(), ofTheDeadMs),
      requests: simulator.requests["service-events"],
    }),
    fail() {
      const id = ids[(events * 7_919) % targets]!;
      const event_info = `Failed ${events++}`;
      simulator.world.addServiceEvents(id, [{ occur_time: Date.now(), event_type: "abnormal", event_info }]);
    },
    killOne() {
      const at = kills++ % DAEMONS;
      ofTheDeadMs += daemons[at]!.cpuMs();
      daemons[at]!.kill();
      daemons[at] = startDaemon(cwd, env);
    },
    async close() {
      for (const daemon of daemons) daemon.kill();
      database.stop("fast");
      database.remove();
      await Promise.all([simulator.close(), hook.close(), rm(cwd, { recursive: true, force: true })]);
    },
  };
}

function configOf({ url, credentials }: Pick<Simulator, "url" | "credentials">, hook: string): string {
  return `
connections:
  prod:
    cloud: custom
    region: eu-de
    projectId: "${credentials.projectId}"
    requestsPerSecond: 1000000
    endpoints: { modelarts: "${url}", ces: "${url}", iam: "${url}" }
sources: [{ kind: service-events, every: 5s }]
route: { groupBy: ["..."] }
rules: [{ id: broken, when: { level: [error] }, by: [id] }]
channels: { ops: { type: webhook, url: "${hook}", secret: "\${env:OPS_SECRET}" } }
store: { type: postgres, url: "\${env:DATABASE_URL}" }
`;
}

/** Which services were asked since the round began. */
function createCoverage(targets: number) {
  const asked = new Set<string>();
  let all = Promise.withResolvers<void>();
  return {
    asked(url: string): void {
      const id = /\/services\/([^/]+)\/events/.exec(url)?.[1];
      if (id !== undefined && asked.add(id).size === targets) all.resolve();
    },
    /** How long it takes until every one is asked (again); ms. */
    async round(): Promise<number> {
      const began = performance.now();
      asked.clear();
      all = Promise.withResolvers();
      await all.promise;
      return performance.now() - began;
    },
  };
}

/** Under which ids of notifications each text came as news. */
function createNotified() {
  const texts = new Map<string, Set<string>>();
  let posts = 0;
  const ids = new Set<string>();
  return {
    texts,
    repeated: () => posts - ids.size,
    take({ id, alerts }: Notification): undefined {
      posts++;
      ids.add(id);
      for (const { summary, newCount } of alerts) {
        if (newCount > 0) texts.set(summary, (texts.get(summary) ?? new Set()).add(id));
      }
    },
  };
}

interface Daemon {
  /** Processor time so far. */
  cpuMs(): number;
  /** With -9. */
  kill(): void;
}

function startDaemon(cwd: string, env: Record<string, string>): Daemon {
  const child: ChildProcess = spawn(process.execPath, [COMMAND, "run"], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let last = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => {
    last = text;
  });
  void once(child, "exit").then(([code]) => {
    if (code !== null) console.error(`a daemon ended with exit code ${code}: ${last}`);
  });
  return {
    cpuMs() {
      const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
    },
    kill: () => void child.kill("SIGKILL"),
  };
}

async function every(ms: number, signal: AbortSignal, work: () => void): Promise<void> {
  while (!signal.aborted) {
    await sleep(ms, undefined, { signal }).catch(() => {});
    if (!signal.aborted) work();
  }
}
