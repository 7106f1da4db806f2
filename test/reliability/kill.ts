// The real command, killed with SIGKILL again and again while events keep coming: as a daemon, once, and both at a time
// on one state file. Afterwards everything that happened was evaluated once and notified once, and
// the counts are exact.

import { spawn } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../../lib/app/clock.ts";
import type { Status } from "../../lib/app/queries/status.ts";
import type { Alert } from "../../lib/model/alert.ts";
import type { Event } from "../../lib/model/event.ts";
import type { Notification } from "../../lib/model/notification.ts";
import { connectionOf } from "../../lib/simulator/describe.ts";
import { createRandom, type Random } from "../../lib/simulator/random.ts";
import { type Simulator, startSimulator } from "../../lib/simulator/server.ts";
import { commandFile } from "../support/built-command.ts";
import { startReceiver } from "../support/receiver.ts";
import { startStream } from "./kill-stream.ts";
import { keyOf, nameOf, type Truth } from "./simulation-truth.ts";

const PATIENCE_MS = 180_000;

export interface KillReport {
  kills: number;
  events: number;
  notifications: number;
  /** Taken again under the same id. */
  repeats: number;
  violations: string[];
}

export interface KillOptions {
  kills: number;
  seed?: number;
  say(line: string): void;
}

export async function runKills({ kills, seed = 1, say }: KillOptions): Promise<KillReport> {
  const random = createRandom(seed);
  const sim = await startSimulator({ clock: wallClock, scenario: "empty" });
  const hook = await startHook(random.fork("hook"));
  const cwd = await mkdtemp(join(tmpdir(), "lookout-kill-"));
  await writeFile(join(cwd, "lookout.yml"), configOf(sim, hook.url));
  const env = { HW_ACCESS_KEY: sim.credentials.accessKey, HW_SECRET_KEY: sim.credentials.secretKey };
  const stream = startStream(sim, random.fork("stream"));
  try {
    let done = 0;
    for (let next = 20; done < kills; ) {
      const delays = Array.from({ length: random.chance(0.2) ? 2 : 1 }, () => random.int(300, 2_500));
      const ends = await Promise.all(delays.map((delay) => killed(cwd, env, random.chance(0.5), delay)));
      done += ends.filter((end) => end).length;
      if (done < next) continue;
      say(`${done} of ${kills} kills, ${stream.truth.occurrences.length} occurrences so far`);
      next += 20;
    }
    stream.stop();
    await finish(cwd, env, stream.truth);
    const events = await list<Event>(cwd, env, "events");
    const alerts = await list<Alert>(cwd, env, "alerts");
    const violations = judge(stream.truth, events, alerts, hook.taken);
    const notifications = hook.taken.size;
    return { kills: done, events: events.length, notifications, repeats: hook.repeats(), violations };
  } finally {
    stream.stop();
    await Promise.all([sim.close(), hook.close()]);
    await rm(cwd, { recursive: true, force: true });
  }
}

function configOf({ url, credentials }: Simulator, hook: string): string {
  return `
${connectionOf({ url, credentials })}sources:
  - { kind: service-events, every: 1s }
  - { kind: service-updates, every: 1s }
  - { kind: pool-events, every: 1s }
  - { kind: training-events, every: 1s }
  - { kind: cloud-eye-events, every: 1s }
rules:
  - { id: each, when: { time: [{ exists: true }] }, by: [id] }
  - { id: total, when: { time: [{ exists: true }] }, by: [source] }
route:
  channels: [rest]
  groupInterval: 5s
  routes: [{ match: { rule: [each] }, channels: [ops], groupBy: ["..."] }]
channels:
  ops: { type: webhook, url: "${hook}/ops" }
  rest: { type: webhook, url: "${hook}/rest" }
`;
}

/** Starts the command and kills it after so many ms; false where it had ended by itself before. */
async function killed(cwd: string, env: Record<string, string>, once: boolean, delay: number): Promise<boolean> {
  const child = spawn(process.execPath, [commandFile(), "run", ...(once ? ["--once"] : [])], {
    cwd,
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), delay);
  await new Promise((resolve) => child.on("close", resolve));
  clearTimeout(timer);
  return child.signalCode === "SIGKILL";
}

/** Runs the daemon until everything is read and notified. */
async function finish(cwd: string, env: Record<string, string>, truth: Truth): Promise<void> {
  const child = spawn(process.execPath, [commandFile(), "run"], {
    cwd,
    env: { ...process.env, ...env },
    stdio: "ignore",
  });
  const until = Date.now() + PATIENCE_MS;
  try {
    for (;;) {
      await wallClock.sleep(2_000);
      // Before the status: what is evaluated between the two commands is not notified yet.
      const events = await list<Event>(cwd, env, "events");
      const evaluated = events.reduce((sum, { count }) => sum + count, 0);
      const { deliveries, channels } = JSON.parse((await output(cwd, env, "status")).trim()) as Status;
      // What a round that was killed had opened waits for its end, at most a minute.
      const waiting = Object.values(channels).reduce((sum, { pending }) => sum + pending, 0);
      if (deliveries.pending === 0 && waiting === 0 && evaluated >= truth.occurrences.length) return;
      // The judge says what is missing.
      if (Date.now() > until) return;
    }
  } finally {
    const ended = new Promise((resolve) => child.on("close", resolve));
    child.kill("SIGTERM");
    await ended;
  }
}

async function list<T>(cwd: string, env: Record<string, string>, command: string): Promise<T[]> {
  const text = await output(cwd, env, command);
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

async function output(cwd: string, env: Record<string, string>, command: string): Promise<string> {
  const child = spawn(process.execPath, [commandFile(), command, "--json"], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  for await (const chunk of child.stdout.setEncoding("utf8")) text += chunk;
  return text;
}

function judge(truth: Truth, events: Event[], alerts: Alert[], taken: ReadonlyMap<string, Notification>): string[] {
  return [...judgeEvaluated(truth, events), ...judgeNotified(events, taken), ...judgeTotals(events, alerts)];
}

/** What happened was evaluated, each as often as it happened. */
function judgeEvaluated(truth: Truth, events: Event[]): string[] {
  const evaluated = new Map<string, number>();
  for (const event of events) {
    const target = event.source === "cloud-eye-events" ? event.project : event.resource.id;
    const name = nameOf({ source: event.source, target, key: keyOf(event.source, event.data) });
    evaluated.set(name, (evaluated.get(name) ?? 0) + event.count);
  }
  return [...new Set([...truth.occurrences.map(nameOf), ...evaluated.keys()])].flatMap((name) => {
    const found = evaluated.get(name) ?? 0;
    return found === truth.countOf(name) ? [] : [`evaluated ${found} of ${truth.countOf(name)}: ${name}`];
  });
}

/** The receiver was notified of every event once. */
function judgeNotified(events: Event[], taken: ReadonlyMap<string, Notification>): string[] {
  const each = [...taken.values()].flatMap(({ alerts }) => alerts.filter(({ rule }) => rule === "each"));
  const notified = Map.groupBy(
    each.flatMap(({ events }) => events),
    ({ id }) => id,
  );
  return events.flatMap(({ id }) => {
    const times = notified.get(id)?.length ?? 0;
    return times === 1 ? [] : [`event ${id} was notified ${times} times`];
  });
}

/** The alert over each source counts what its events count. */
function judgeTotals(events: Event[], alerts: Alert[]): string[] {
  return [...Map.groupBy(events, (event) => event.source)].flatMap(([source, own]) => {
    const sum = own.reduce((total, { count }) => total + count, 0);
    const counted = alerts.find(({ rule, key }) => rule === "total" && key["source"] === source)?.count;
    return counted === sum ? [] : [`the alert over ${source} counts ${counted}, its events ${sum}`];
  });
}

async function startHook(random: Random) {
  const taken = new Map<string, Notification>();
  let repeats = 0;
  const receiver = await startReceiver(({ headers, body }) => {
    // Now and then it is out of order, so that retries are killed too.
    if (random.chance(0.05)) return { status: 503 };
    const id = headers["webhook-id"] ?? "";
    if (taken.has(id)) repeats++;
    taken.set(id, JSON.parse(body));
    return undefined;
  });
  return { ...receiver, taken, repeats: () => repeats };
}
