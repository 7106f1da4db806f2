// What the fanned-out form takes for one thing at a time: the built functions, each in a process of its own as in a
// container, over DynamoDB Local with its units counted, queues as moto speaks them, and the simulated cloud.
import { connectionOf } from "../lib/simulator/describe.ts";
import { type FanStage, openFanStage, type Queue } from "../test/aws/fan-stage.ts";
import { startDynamoDb } from "../test/support/dynamodb-local.ts";
import { connectionTo } from "../test/support/dynamodb-tables.ts";
import { startMoto } from "../test/support/moto.ts";
import { type Consumed, startDynamoProxy } from "./dynamo-proxy.ts";
import { figure, median, printTable } from "./print.ts";

/** Two shards of 250 targets, less what their hash leaves free. */
const TARGETS = 460;
const ROUNDS = 5;

interface Measured extends Consumed {
  requests: number;
  cpuMs: number;
}

const moto = await startMoto();
if (moto === null) process.exit(1);
const dynamo = await startDynamoDb();
const proxy = await startDynamoProxy(dynamo.endpoint, () => 0);
const stage = await openFanStage(
  { aws: moto.endpoint, dynamo: connectionTo(proxy.url) },
  (cloud, receiver) => `
${connectionOf(cloud).trimEnd()}
    requestsPerSecond: 1000
sources: [{ kind: service-events }]
rules: [{ include: modelarts/services }]
channels: { ops: { type: webhook, url: "${receiver}/ops" } }
`,
);
try {
  await measureAll();
} finally {
  await stage.close();
  await proxy.close();
  dynamo.stop();
  moto.stop();
}

async function measureAll(): Promise<void> {
  const ids = Array.from({ length: TARGETS }, (_, at) => `service-${at}`);
  for (const id of ids) {
    stage.cloud.world.addService({ service_id: id, service_name: id });
    fail(id, -3_600_000, "normal", "Service started.");
  }
  // The first polls discover the targets and divide them.
  for (let minute = 0; minute < 5; minute++) await beat(minute);
  const rows: [string, Measured][] = [];
  const plan = await repeated(() => measure(stage, () => stage.call("plan", {}, { ahead: next() })), false);
  rows.push(["plan, of a source with two shards", plan]);
  const idle = await repeated(async () => {
    const ahead = next();
    await stage.call("plan", {}, { ahead });
    return measure(stage, () => drain("poll", ahead));
  });
  rows.push([`poll of ${TARGETS} idle targets in two shards`, idle]);
  rows.push(["sweep, nothing due", await repeated(() => measure(stage, () => stage.call("sweep", {}, { ahead: now() })))]);
  rows.push(["health, nothing wrong", await repeated(() => measure(stage, () => stage.call("health", {}, { ahead: now() })))]);
  const busy = { poll: [] as Measured[], notify: [] as Measured[], deliver: [] as Measured[] };
  for (let round = 0; round < ROUNDS; round++) {
    const ahead = next();
    fail(`service-${round}`, ahead - 1_000, "abnormal", "Deploy failed.");
    await stage.call("plan", {}, { ahead });
    for (const queue of ["poll", "notify", "deliver"] as const) {
      busy[queue].push(await measure(stage, () => drain(queue, ahead)));
    }
  }
  if (stage.received.length !== ROUNDS) throw new Error(`${stage.received.length} posts for ${ROUNDS} alerts`);
  rows.push(["an event that opens an alert: more in the poll", less(middle(busy.poll), idle)]);
  rows.push(["… notify", middle(busy.notify)], ["… deliver", middle(busy.deliver)]);
  printTable(
    ["measured", "calls", "read units", "write units", "API requests", "CPU ms"],
    rows.map(([name, { calls, readUnits, writeUnits, requests, cpuMs }]) => {
      return [name, ...[calls, readUnits, writeUnits, requests, cpuMs].map(figure)];
    }),
  );
  console.log();
  for (const [name, { byOperation }] of rows) console.log(`${name}: ${JSON.stringify(byOperation)}`);
}

function fail(id: string, ahead: number, event_type: "normal" | "abnormal", event_info: string): void {
  stage.cloud.world.addServiceEvents(id, [{ occur_time: Date.now() + ahead, event_type, event_info }]);
}

let ahead = 0;
/** The time is that of the machine, so many ms ahead. */
function now(): number {
  return ahead;
}

function next(): number {
  ahead += 60_000;
  return ahead;
}

async function beat(_minute: number): Promise<void> {
  const ahead = next();
  await stage.call("plan", {}, { ahead });
  await stage.settle({ ahead });
}

async function drain(queue: Queue, ahead: number): Promise<void> {
  while (await stage.handle(queue, { ahead })) {}
}

async function repeated(once: () => Promise<Measured>, settle = true): Promise<Measured> {
  const all: Measured[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    all.push(await once());
    if (!settle) await stage.settle({ ahead: now() });
  }
  return middle(all);
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
