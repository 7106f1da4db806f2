// The fanned-out form on AWS: how many transactions of writers that write side by side are in vain, and how long it
// takes from a poll's message to the post, through the built functions and their queues. Needs DynamoDB Local and moto.
import { mkdtempSync, rmSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { connectionOf } from "../lib/simulator/describe.ts";
import { type Contention, contend } from "../test/aws/contention.ts";
import { type FanStage, openFanStage, type Queue } from "../test/aws/fan-stage.ts";
import { startDynamoDb } from "../test/support/dynamodb-local.ts";
import { connectionTo, makeTable } from "../test/support/dynamodb-tables.ts";
import { startMoto } from "../test/support/moto.ts";
import { figure, median, printTable } from "./print.ts";

const CASES: Contention[] = [
  { writers: 1, targets: 200 },
  { writers: 10, targets: 200 },
];
const MOST_WASTED = 0.05;
const POSTS = 20;
const GOAL_S = 2;
/** Lambda asks a queue again at once; ms. */
const PAUSE_MS = 10;

const folder = mkdtempSync(join(tmpdir(), "lookout-bench-"));
const dynamodb = await startDynamoDb();
const dynamo = connectionTo(dynamodb.endpoint);
try {
  await writers();
  await latency();
  console.log(`\nThe load of the machine is ${figure(loadavg()[0]!)}.`);
} finally {
  dynamodb.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function writers(): Promise<void> {
  const rows: string[][] = [];
  for (const one of CASES) {
    const { table, client } = await makeTable(dynamo);
    client.destroy();
    const { transactions, cancelled, notified } = await contend(one, dynamo, table, folder);
    if (new Set(notified).size !== one.targets || notified.length !== one.targets) {
      throw new Error(`${notified.length} of ${one.targets} alerts were notified`);
    }
    const share = cancelled / transactions;
    rows.push([...[one.writers, one.targets, transactions, cancelled].map(figure), `${figure(share * 100)} %`]);
    if (share >= MOST_WASTED) failed(`${figure(share * 100)} % of the transactions were in vain`);
  }
  printTable(["writers", "new alerts", "transactions", "cancelled", "in vain"], rows);
  console.log("");
}

async function latency(): Promise<void> {
  const moto = await startMoto();
  if (moto === null) return;
  const stage = await openFanStage({ aws: moto.endpoint, dynamo }, (cloud, receiver) => {
    return `${connectionOf(cloud)}sources: [{ kind: service-events, targets: [svc] }]
rules: [{ id: broken, when: { level: [error] }, by: [id] }]
route: { channels: [ops], groupBy: [id], urgent: [error] }
channels: { ops: { type: webhook, url: "${receiver}/ops" } }
`;
  });
  try {
    stage.cloud.world.addService({ service_id: "svc", service_name: "svc" });
    const over = new AbortController();
    const loops = (["poll", "notify", "deliver"] as const).map((queue) => serve(stage, queue, over.signal));
    const seconds: number[] = [];
    // The first one starts the containers.
    for (let at = 0; at <= POSTS; at++) seconds.push(await onePost(stage, at));
    over.abort();
    await Promise.all(loops);
    const [cold, ...warm] = seconds;
    const sorted = warm.toSorted((a, b) => a - b);
    printTable(
      ["from a poll's message to the post", "s"],
      [
        ["with new containers", figure(cold!)],
        ["median", figure(median(warm))],
        [`slowest of ${POSTS}`, figure(sorted.at(-1)!)],
      ],
    );
    if (median(warm) > GOAL_S) failed(`the median is ${figure(median(warm))} s, the goal is ${GOAL_S} s`);
  } finally {
    await stage.close();
    moto.stop();
  }
}

/** As Lambda's poller of the queue. */
async function serve(stage: FanStage, queue: Queue, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) if ((await stage.handle(queue)) === undefined) await sleep(PAUSE_MS);
}

/** Seconds from the message to the post of what the poll finds. */
async function onePost(stage: FanStage, at: number): Promise<number> {
  const posted = Promise.withResolvers<number>();
  stage.answer = () => {
    posted.resolve(performance.now());
    return undefined;
  };
  const now = Date.now();
  stage.cloud.world.addServiceEvents("svc", [
    { occur_time: now, event_type: "abnormal", event_info: `Failed: number ${at}` },
  ]);
  const began = performance.now();
  const body = { source: "service-events", shard: { index: 0, of: 1 }, at: now };
  await stage.put("poll", { group: "prod/0", body });
  return ((await posted.promise) - began) / 1_000;
}

function failed(message: string): void {
  console.error(`bench: ${message}`);
  process.exitCode = 1;
}
