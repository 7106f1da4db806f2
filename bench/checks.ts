// A thousand endpoints that answer within 20 ms, asked each minute, and a thousand services whose states do not change:
// what one look costs in processor, requests and store accesses, and how late an endpoint is asked. What
// answers is this process, what looks (idle-poller.ts) one of its own.
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { wallClock } from "../lib/app/clock.ts";
import { connectionOf } from "../lib/simulator/describe.ts";
import { startSimulator } from "../lib/simulator/server.ts";
import type { Poll } from "./idle-poller.ts";
import { figure, median, printTable } from "./print.ts";

const TARGETS = 1_000;
const LATENCY_MS = 20;
const EVERY_MS = 60_000;
/** As lib/sources/checks/http.ts spreads them. */
const SPACING_MS = 10;
const ROUNDS = 5;
/** What is promised, on a core of its own. */
const MOST_AT_ONCE = 50;
const MOST_LATE_MS = 1_000;
const MOST_CPU = 0.05;
const REST =
  "rules: [{ include: health/endpoints }, { include: health/services }]\nchannels: { ops: { type: console } }\n";

await endpoints();
await services();

async function endpoints(): Promise<void> {
  let busy = 0;
  let most = 0;
  const arrivals: number[] = [];
  const server = createServer(async (_, response) => {
    arrivals.push(performance.now());
    most = Math.max(most, ++busy);
    await sleep(LATENCY_MS);
    busy--;
    response.end("ok");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const targets = Array.from({ length: TARGETS }, (_, index) => ({
    id: `endpoint-${index}`,
    url: `http://127.0.0.1:${port}/health?of=${index}`,
  }));
  const config = `sources: [{ kind: http, targets: ${JSON.stringify(targets)} }]\n${REST}`;
  try {
    const idle = idleOf(await looks(config, {}));
    const late = Array.from({ length: ROUNDS + 1 }, (_, round) => {
      const own = arrivals.slice(round * TARGETS, (round + 1) * TARGETS);
      return Math.max(...own.map((arrival, nth) => arrival - own[0]! - nth * SPACING_MS));
    });
    const cpu = median(idle.map(({ cpuMs }) => cpuMs / EVERY_MS));
    printTable(
      ["1,000 endpoints each minute", "median", "of all"],
      [
        ["share of a core, %", figure(cpu * 100), range(idle.map(({ cpuMs }) => (cpuMs / EVERY_MS) * 100))],
        ["late at most, ms", figure(median(late)), range(late)],
        ["at once, at most", figure(most), ""],
        ...accesses(idle),
      ],
    );
    if (arrivals.length !== TARGETS * (ROUNDS + 1)) throw new Error("an endpoint was asked too often, or not at all");
    if (most > MOST_AT_ONCE || Math.max(...late) > MOST_LATE_MS || cpu > MOST_CPU) throw new Error("not as promised");
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

async function services(): Promise<void> {
  const simulator = await startSimulator({ clock: wallClock, scenario: "empty" });
  const { world, credentials, url, requests } = simulator;
  for (let index = 0; index < TARGETS; index++) {
    world.addService({ service_id: `service-${index}`, service_name: `service-${index}` });
  }
  const config = `${connectionOf({ url, credentials })}sources: [{ kind: service-status }]\n${REST}`;
  try {
    const env = { HW_ACCESS_KEY: credentials.accessKey, HW_SECRET_KEY: credentials.secretKey };
    const idle = idleOf(await looks(config, env));
    printTable(
      ["1,000 services that do not change", "median", "of all"],
      [
        ["requests a look", figure(requests.services / (ROUNDS + 1)), ""],
        ["CPU a look, ms", figure(median(idle.map(({ cpuMs }) => cpuMs))), range(idle.map(({ cpuMs }) => cpuMs))],
        ...accesses(idle),
      ],
    );
    if (requests.services > 10 * (ROUNDS + 1)) throw new Error("a look asks too often");
  } finally {
    await simulator.close();
  }
}

/** What each look of a process of its own cost, the first one included. */
async function looks(config: string, env: Record<string, string>): Promise<Poll[]> {
  const cwd = await mkdtemp(join(tmpdir(), "lookout-bench-"));
  await writeFile(join(cwd, "lookout.yml"), config);
  const poller = fork(join(import.meta.dirname, "idle-poller.ts"), [String(ROUNDS)], {
    cwd,
    env: { ...process.env, ...env },
  });
  try {
    const failure = once(poller, "exit").then(([code]) => {
      throw new Error(`the poller ended with exit code ${code}`);
    });
    const [polls] = (await Promise.race([once(poller, "message"), failure])) as [Poll[]];
    failure.catch(() => {});
    return polls;
  } finally {
    poller.kill();
    await rm(cwd, { recursive: true, force: true });
  }
}

function idleOf([first, ...idle]: readonly Poll[]): Poll[] {
  const isIdle = idle.every(({ found, targetReads, targetWrites }) => found + targetWrites === 0 && targetReads === 1);
  if (first?.found !== TARGETS || !isIdle) throw new Error("a look found, read or wrote what it should not");
  return idle;
}

function accesses(idle: readonly Poll[]): [string, string, string][] {
  const of = (value: (poll: Poll) => number) => figure(median(idle.map(value)));
  return [
    ["reads of the state", of(({ targetReads }) => targetReads), ""],
    ["writes of the state", of(({ targetWrites }) => targetWrites), ""],
    ["reads, and writes, of the source's row", of(({ sourceReads, sourceWrites }) => sourceReads + sourceWrites), ""],
    ["any other access to the store", of(({ otherAccesses }) => otherAccesses), ""],
  ];
}

function range(values: readonly number[]): string {
  return `${figure(Math.min(...values))}–${figure(Math.max(...values))}`;
}
