// What the fanned-out form takes for one thing at a time: the built functions, each in a process of its own as in a
// container, over DynamoDB Local with its units counted, queues as moto speaks them, and the simulated cloud.
import { shardsFor } from "../../lib/app/persistence/shard-rows.ts";
import { connectionOf } from "../../lib/simulator/describe.ts";
import type { Simulator } from "../../lib/simulator/server.ts";
import { type FanStage, openFanStage, type Queue } from "../../test/aws/fan-stage.ts";
import { startDynamoDb } from "../../test/support/dynamodb-local.ts";
import { connectionTo } from "../../test/support/dynamodb-tables.ts";
import { startMoto } from "../../test/support/moto.ts";
import { figure, median, printTable } from "../print.ts";
import { type Consumed, startDynamoProxy } from "./dynamo-proxy.ts";

/** Two shards of 250 targets, less what their hash leaves free; or as many as are asked for, such as 3,700. */
const TARGETS = Number(process.argv[2] ?? 460);
const IDS = Array.from({ length: TARGETS }, (_, at) => `service-${at}`);
const SHARDS = shardsFor(IDS, 1);
const ROUNDS = 3;

interface Measured extends Consumed {
  requests: number;
  cpuMs: number;
}

const moto = await startMoto();
if (moto === null) process.exit(1);
const dynamo = await startDynamoDb();
const proxy = await startDynamoProxy(dynamo.endpoint, () => 0);
/** By how much the machine's time is ahead; ms. */
let ahead = 0;
try {
  const stage = await openFanStage({ aws: moto.endpoint, dynamo: connectionTo(proxy.url) }, configOf);
  try {
    await measureAll(stage);
  } finally {
    await stage.close();
  }
} finally {
  await proxy.close();
  dynamo.stop();
  moto.stop();
}

function configOf(cloud: Simulator, receiver: string): string {
  return `
${connectionOf(cloud).trimEnd()}
    requestsPerSecond: 1000
sources: [{ kind: service-events }]
rules: [{ include: modelarts/services }]
route: { channels: [ops], groupBy: [id] }
channels: { ops: { type: webhook, url: "${receiver}/ops" } }
`;
}

async function measureAll(stage: FanStage): Promise<void> {
  for (const id of IDS) {
    stage.cloud.world.addService({ service_id: id, service_name: id });
    happen(stage, id, -3_600_000, "normal", "Service started.");
  }
  // The first polls discover the targets and divide them.
  for (let minute = 0; minute < 3; minute++) {
    await planNext(stage);
    await stage.settle({ ahead });
  }
  const plans: Measured[] = [];
  const polls: Measured[] = [];
  const sweeps: Measured[] = [];
  const healths: Measured[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    plans.push(await measure(stage, () => planNext(stage)));
    polls.push(await measure(stage, () => drain(stage, "poll")));
    sweeps.push(await measure(stage, () => stage.call("sweep", {}, { ahead })));
    healths.push(await measure(stage, () => stage.call("health", {}, { ahead })));
  }
  const busy = { poll: [] as Measured[], notify: [] as Measured[], deliver: [] as Measured[] };
  for (let round = 0; round < ROUNDS; round++) {
    await planNext(stage);
    happen(stage, `service-${round}`, ahead - 1_000, "abnormal", "Deploy failed.");
    for (const queue of ["poll", "notify", "deliver"] as const) {
      busy[queue].push(await measure(stage, () => drain(stage, queue)));
    }
  }
  if (stage.received.length !== ROUNDS) throw new Error(`${stage.received.length} posts for ${ROUNDS} alerts`);
  const idle = middle(polls);
  const rows: [string, Measured][] = [
    [`plan, of a source with ${SHARDS} shards`, middle(plans)],
    [`poll of ${TARGETS} idle targets in ${SHARDS} shards`, idle],
    ["sweep, nothing due", middle(sweeps)],
    ["health, nothing wrong", middle(healths)],
    ["an event that opens an alert: more in the poll", less(middle(busy.poll), idle)],
    ["… notify", middle(busy.notify)],
    ["… deliver", middle(busy.deliver)],
  ];
  printTable(
    ["measured", "calls", "read units", "write units", "API requests", "CPU ms"],
    rows.map(([name, { calls, readUnits, writeUnits, requests, cpuMs }]) => {
      return [name, ...[calls, readUnits, writeUnits, requests, cpuMs].map(figure)];
    }),
  );
  console.log();
  for (const [name, { byOperation }] of rows) console.log(`${name}: ${JSON.stringify(byOperation)}`);
}

function happen(stage: FanStage, id: string, after: number, event_type: "normal" | "abnormal", event_info: string) {
  stage.cloud.world.addServiceEvents(id, [{ occur_time: Date.now() + after, event_type, event_info }]);
}

/** A minute later. */
async function planNext(stage: FanStage): Promise<void> {
  ahead += 60_000;
  await stage.call("plan", {}, { ahead });
}

async function drain(stage: FanStage, queue: Queue): Promise<void> {
  while (await stage.handle(queue, { ahead })) {}
}

async function measure(stage: FanStage, work: () => Promise<unknown>): Promise<Measured> {
  const before = requestsOf(stage);
  proxy.take();
  stage.used.splice(0);
  await work();
  const cpuMs = stage.used.reduce((sum, one) => sum + one.cpuMs, 0);
  return { ...proxy.take(), requests: requestsOf(stage) - before, cpuMs };
}

function requestsOf({ cloud }: FanStage): number {
  return Object.values(cloud.requests).reduce((sum, one) => sum + one, 0);
}

function middle(all: readonly Measured[]): Measured {
  const of = (value: (one: Measured) => number) => median(all.map(value));
  return {
    calls: of(({ calls }) => calls),
    readUnits: of(({ readUnits }) => readUnits),
    writeUnits: of(({ writeUnits }) => writeUnits),
    requests: of(({ requests }) => requests),
    cpuMs: of(({ cpuMs }) => cpuMs),
    byOperation: all.at(-1)!.byOperation,
  };
}

function less(one: Measured, other: Measured): Measured {
  return {
    calls: one.calls - other.calls,
    readUnits: one.readUnits - other.readUnits,
    writeUnits: one.writeUnits - other.writeUnits,
    requests: one.requests - other.requests,
    cpuMs: Math.max(0, one.cpuMs - other.cpuMs),
    byOperation: one.byOperation,
  };
}
