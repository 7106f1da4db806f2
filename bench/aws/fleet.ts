// The fanned-out form for some minutes of real time: the built functions in processes of their own, over DynamoDB Local
// behind a proxy that makes each call as slow as the service's, queues as moto speaks them, and the simulated cloud.
// A tenth of 8,000 services and of 200 requests a second, and a twentieth with far too few; with `--full` all of them,
// with 200 and with 20, which takes twenty minutes of two cores that nobody else uses.

import { wallClock } from "../../lib/app/clock.ts";
import { connectionOf } from "../../lib/simulator/describe.ts";
import { createRandom } from "../../lib/simulator/random.ts";
import { type FanStage, openFanStage } from "../../test/aws/fan-stage.ts";
import { startDynamoDb } from "../../test/support/dynamodb-local.ts";
import { connectionTo } from "../../test/support/dynamodb-tables.ts";
import { startMoto } from "../../test/support/moto.ts";
import { figure, median, printTable } from "../print.ts";
import { startDynamoProxy } from "./dynamo-proxy.ts";

interface Fleet {
  targets: number;
  /** Requests a second. */
  budget: number;
  minutes: number;
  /** Services that fail in the course of each minute. */
  failing: number;
}

const FLEETS: Fleet[] = [
  { targets: 800, budget: 20, minutes: 3, failing: 6 },
  { targets: 400, budget: 4, minutes: 4, failing: 0 },
];
const FULL: Fleet[] = [
  { targets: 8_000, budget: 200, minutes: 4, failing: 6 },
  { targets: 8_000, budget: 20, minutes: 11, failing: 0 },
];
const BEAT_MS = 60_000;
/** Queues are asked so often: what stands in for them shares the cores. */
const LOOK_MS = 200;
/** Calls of each function at once. */
const AT_ONCE = { poll: 8, notify: 3, deliver: 3 };

interface Watched {
  /** Of each minute, the services that were asked for. */
  minutes: Set<string>[];
  requests: number[];
  lastRead: Map<string, number>;
  longest: number;
  /** From the end of the poll that found an event to its post; ms. */
  afterPoll: number[];
}

const moto = await startMoto();
if (moto === null) process.exit(1);
const dynamo = await startDynamoDb();
const random = createRandom(1);
const proxy = await startDynamoProxy(dynamo.endpoint, () => random.int(5, 10));
try {
  for (const fleet of process.argv.includes("--full") ? FULL : FLEETS) {
    printTable(
      ["targets", "budget, 1/s", "read in each minute, %", "longest unread, s", "requests/s", "post after the poll, s"],
      [rowOf(fleet, await run(fleet))],
    );
    console.log();
  }
} finally {
  await proxy.close();
  dynamo.stop();
  moto.stop();
}

async function run(fleet: Fleet): Promise<Watched> {
  const stage = await openFanStage(
    { aws: moto!.endpoint, dynamo: connectionTo(proxy.url) },
    (cloud, receiver) => `
${connectionOf(cloud).trimEnd()}
    requestsPerSecond: ${fleet.budget}
sources: [{ kind: service-events }]
rules: [{ id: broken, when: { level: [error] }, severity: error, by: [id] }]
route: { channels: [ops], groupBy: [id] }
channels: { ops: { type: webhook, url: "${receiver}/ops" } }
`,
  );
  const ended = new AbortController();
  try {
    const ids = Array.from({ length: fleet.targets }, (_, at) => `service-${at}`);
    for (const id of ids) stage.cloud.world.addService({ service_id: id, service_name: id });
    const running = (["poll", "notify", "deliver"] as const).flatMap((queue) =>
      Array.from({ length: AT_ONCE[queue] }, async () => {
        while (!ended.signal.aborted) if (!(await stage.handle(queue))) await pause(LOOK_MS);
      }),
    );
    // The first polls discover the targets, divide them and begin with each.
    for (let minute = 0; minute < 2; minute++) await Promise.all([stage.call("plan"), pause(BEAT_MS)]);
    const watched = await watch(stage, fleet, ids);
    ended.abort();
    await Promise.all(running);
    return watched;
  } finally {
    await stage.close();
  }
}

async function watch(stage: FanStage, fleet: Fleet, ids: readonly string[]): Promise<Watched> {
  const watched: Watched = { minutes: [], requests: [], lastRead: new Map(), longest: 0, afterPoll: [] };
  const posts: number[] = [];
  stage.answer = () => {
    posts.push(Date.now());
    return undefined;
  };
  stage.cloud.seen.splice(0);
  const began = Date.now();
  for (const id of ids) watched.lastRead.set(id, began);
  for (let minute = 0; minute < fleet.minutes; minute++) {
    const start = Date.now();
    watched.minutes.push(new Set());
    watched.requests.push(0);
    const planned = stage.call("plan");
    for (let second = 0; Date.now() < start + BEAT_MS; second++) {
      if (second % 10 === 0 && second / 10 < fleet.failing) fail(stage, ids, minute * 10 + second / 10);
      await pause(1_000);
      look(stage, watched, minute);
    }
    await planned;
  }
  for (const at of watched.lastRead.values()) watched.longest = Math.max(watched.longest, Date.now() - at);
  const polls = stage.lines.filter((line) => line.message === "batch" && line.function === "poll");
  const ends = polls.map((line) => Date.parse(String(line["time"])));
  for (const at of posts) watched.afterPoll.push(at - Math.max(...ends.filter((end) => end <= at)));
  return watched;
}

function fail(stage: FanStage, ids: readonly string[], at: number): void {
  const events = [{ occur_time: Date.now(), event_type: "abnormal" as const, event_info: "Deploy failed." }];
  stage.cloud.world.addServiceEvents(ids[(at * 37) % ids.length]!, events);
}

/** The simulated cloud keeps the newest thousand requests. */
function look(stage: FanStage, watched: Watched, minute: number): void {
  const { minutes, requests, lastRead } = watched;
  const now = Date.now();
  for (const { url, status } of stage.cloud.seen.splice(0)) {
    const [, id] = /\/services\/([^/?]+)\/events/.exec(url) ?? [];
    if (id === undefined || status !== 200) continue;
    requests[minute]! += 1;
    minutes[minute]!.add(id);
    watched.longest = Math.max(watched.longest, now - lastRead.get(id)!);
    lastRead.set(id, now);
  }
}

function rowOf(fleet: Fleet, { minutes, requests, longest, afterPoll }: Watched): string[] {
  return [
    figure(fleet.targets),
    figure(fleet.budget),
    minutes.map(({ size }) => figure((100 * size) / fleet.targets)).join(", "),
    figure(longest / 1_000),
    requests.map((count) => figure(count / 60)).join(", "),
    afterPoll.length === 0 ? "" : `${figure(median(afterPoll) / 1_000)} (${afterPoll.length})`,
  ];
}

function pause(ms: number): Promise<void> {
  return wallClock.sleep(ms);
}
