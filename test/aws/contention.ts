// Ten processes that write at the same time, as ten containers of `poll` do: each reads some of the targets of one
// project, every target has a new alert, and all of these join one group. Counts the transactions that were in vain.
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createApp } from "../../lib/app/app.ts";
import { wallClock } from "../../lib/app/clock.ts";
import type { App, Bus } from "../../lib/app/deps.ts";
import { reconcileRules } from "../../lib/app/evaluation/registry.ts";
import { openConfig } from "../../lib/app/open-config.ts";
import { pollSource } from "../../lib/app/polling/poll.ts";
import { ringOf, tick } from "../../lib/app/tick.ts";
import { createRedactor } from "../../lib/config/secrets/redactor.ts";
import type { Notification } from "../../lib/model/notification.ts";
import { connectionOf } from "../../lib/simulator/describe.ts";
import { startSimulator } from "../../lib/simulator/server.ts";
import { openDynamoStore } from "../../lib/store/dynamodb/dynamodb.ts";
import type { DynamoConnection } from "../support/dynamodb-tables.ts";
import { startHttpServer } from "../support/http-server.ts";
import { startReceiver } from "../support/receiver.ts";

/** A transaction on the service itself takes about so long; ms. */
const TRANSACTION_MS = 10;

export interface Contention {
  writers: number;
  targets: number;
}

export interface Contended {
  /** Transactions that were sent, and those among them that were cancelled. */
  transactions: number;
  cancelled: number;
  /** Partitions of the rows that were in the way: they had changed, or another transaction was at work on them. */
  contended: string[];
  /** Names of the targets in what was notified, each as often as it was. */
  notified: string[];
}

/** `table` stands at `dynamo`, `folder` is there to write into. */
export async function contend(
  { writers, targets }: Contention,
  dynamo: DynamoConnection,
  table: string,
  folder: string,
): Promise<Contended> {
  const cloud = await startSimulator({ clock: wallClock, scenario: "empty" });
  const notified: string[] = [];
  const receiver = await startReceiver(({ body }) => {
    const { alerts } = JSON.parse(body) as Notification;
    notified.push(...alerts.map(({ resource }) => resource?.name ?? ""));
    return undefined;
  });
  const service = await startService(dynamo.endpoint);
  const ids = Array.from({ length: targets }, (_, at) => `svc-${at}`);
  for (const id of ids) {
    cloud.world.addService({ service_id: id, service_name: id });
    cloud.world.addServiceEvents(id, [{ occur_time: Date.now(), event_type: "abnormal", event_info: "Failed" }]);
  }
  const sources = Array.from({ length: writers }, (_, at) => {
    const own = ids.filter((_id, index) => index % writers === at);
    return `{ id: part-${at}, kind: service-events, targets: [${own.join(", ")}] }`;
  });
  const config = join(folder, "lookout.yml");
  await writeFile(
    config,
    `${connectionOf(cloud).trimEnd()}
    requestsPerSecond: 1000
sources: [${sources.join(", ")}]
rules: [{ id: broken, when: { level: [error] }, by: [id] }]
route: { channels: [ops], groupBy: [rule] }
channels: { ops: { type: webhook, url: "${receiver.url}/ops" } }
`,
  );
  const apps: App[] = [];
  const open = async (id: string, bus: Bus): Promise<App> => {
    const env = { HW_ACCESS_KEY: cloud.credentials.accessKey, HW_SECRET_KEY: cloud.credentials.secretKey };
    const packsDir = join(import.meta.dirname, "../../rules");
    const opened = await openConfig(config, { packsDir, env, clock: wallClock, redactor: createRedactor() });
    const store = await openDynamoStore({ ...dynamo, endpoint: service.url, table, clock: wallClock });
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const ports = { store, clock: wallClock, random: Math.random, log, bus, print: async () => {}, stamp: 1 };
    const app = createApp(opened.config, {
      ...ports,
      identity: { id, isGone: () => false },
      secrets: opened.secrets,
    });
    await reconcileRules(app);
    apps.push(app);
    return app;
  };
  try {
    const { signal } = new AbortController();
    const notifier = await open("notify", { publish: async () => {} });
    // Whoever decides does so while the others still write, as `notify` does once it is rung.
    let deciding: Promise<unknown> = Promise.resolve();
    const bus: Bus = {
      async publish(_transitions, groups, round) {
        deciding = deciding.then(() => tick(notifier, signal, { rung: () => ringOf(groups, round) }));
      },
    };
    const pollers: App[] = [];
    for (let at = 0; at < writers; at++) pollers.push(await open(`poll-${at}`, bus));
    service.reset();
    await Promise.all(pollers.map((app, at) => pollSource(app, app.config.sources[at]!, signal)));
    await deciding;
    return { ...service.counts(), notified };
  } finally {
    await Promise.all(apps.map((app) => app.store.close()));
    await Promise.all([cloud.close(), receiver.close(), service.close()]);
  }
}

/**
 * DynamoDB Local behind what it lacks of the service: transactions last a while, and one that finds another at work on
 * a row of its own is cancelled
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-conflict-handling).
 */
async function startService(endpoint: string) {
  const busy = new Set<string>();
  const none = (): Pick<Contended, "transactions" | "cancelled" | "contended"> => {
    return { transactions: 0, cancelled: 0, contended: [] };
  };
  let counts = none();
  const cancel = (keys: readonly string[], reasons: readonly { Code: string }[]) => {
    counts.cancelled++;
    const inTheWay = keys.filter((_, at) => reasons[at]!.Code !== "None");
    counts.contended.push(...inTheWay.map((key) => JSON.parse(key)[0]));
  };
  const { url, close } = await startHttpServer(async (request, response) => {
    const body = Buffer.concat(await request.toArray()).toString();
    const isTransaction = String(request.headers["x-amz-target"]).endsWith(".TransactWriteItems");
    const rows = isTransaction ? rowsOf(body) : [];
    const conflicts = rows.map((row) => busy.has(row));
    if (isTransaction) counts.transactions++;
    if (conflicts.includes(true)) {
      const CancellationReasons = conflicts.map((is) => ({ Code: is ? "TransactionConflict" : "None" }));
      cancel(rows, CancellationReasons);
      const __type = "com.amazonaws.dynamodb.v20120810#TransactionCanceledException";
      response.writeHead(400, { "Content-Type": "application/x-amz-json-1.0" });
      return void response.end(JSON.stringify({ __type, CancellationReasons, message: "cancelled" }));
    }
    for (const row of rows) busy.add(row);
    try {
      const { host: _own, ...headers } = request.headers as Record<string, string>;
      if (isTransaction) await wallClock.sleep(TRANSACTION_MS);
      const answer = await fetch(endpoint, { method: "POST", headers, body });
      const text = await answer.text();
      if (isTransaction && answer.status === 400) cancel(rows, JSON.parse(text).CancellationReasons);
      response.writeHead(answer.status, { "Content-Type": "application/x-amz-json-1.0" }).end(text);
    } finally {
      for (const row of rows) busy.delete(row);
    }
  });
  return {
    url,
    close,
    counts: () => counts,
    reset() {
      counts = none();
    },
  };
}

interface Attribute {
  S: string;
}
type Keyed = Record<string, { Key?: Record<string, Attribute>; Item?: Record<string, Attribute> }>;

/** The key of each row that the transaction is about, as JSON. */
function rowsOf(body: string): string[] {
  const { TransactItems } = JSON.parse(body) as { TransactItems: Keyed[] };
  return TransactItems.map((item) => {
    const [{ Key, Item } = {}] = Object.values(item);
    const { pk, sk } = (Key ?? Item)!;
    return JSON.stringify([pk!.S, sk!.S]);
  });
}
