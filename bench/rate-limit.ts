// A service that takes one message a second: 300 alerts, each a group by itself, happen within ten seconds of real
// time, and the daemon polls them each second and sends them to a receiver that answers what comes sooner with 429. It
// fails unless every alert is through within 15 s, in at most 12 messages.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../lib/app/clock.ts";
import { readStatus } from "../lib/app/queries/status.ts";
import { assemble, openStore, readConfig } from "../lib/cli/open.ts";
import { createLocalBus, runDaemon } from "../lib/local/daemon.ts";
import { connectionOf } from "../lib/simulator/describe.ts";
import { startSimulator } from "../lib/simulator/server.ts";
import { ioTo } from "../test/support/io.ts";
import { startReceiver } from "../test/support/receiver.ts";
import { figure, printTable } from "./print.ts";

const ALERTS = 300;
const WITHIN_MS = 10_000;
const MESSAGES = 12;
const THROUGH_MS = 15_000;
const PATIENCE_MS = 60_000;
const STEP_MS = 50;
const SERVICE = "recommender";

interface Measured {
  messages: number;
  refused: number;
  /** From the first alert to the last message; ms. */
  lastedMs: number;
}

const folder = await mkdtemp(join(tmpdir(), "lookout-bench-"));
const measured: [type: string, Measured][] = [];
try {
  for (const type of ["slack", "webhook"]) measured.push([type, await storm(type)]);
} finally {
  await rm(folder, { recursive: true, force: true });
}
printTable(
  ["channel", "alerts", "messages", "refused", "last after s"],
  measured.map(([type, { messages, refused, lastedMs }]) => {
    return [type, figure(ALERTS), figure(messages), figure(refused), figure(lastedMs / 1_000)];
  }),
);
if (measured.some(([, { messages, lastedMs }]) => messages > MESSAGES || lastedMs > THROUGH_MS)) process.exitCode = 1;

async function storm(type: string): Promise<Measured> {
  const simulator = await startSimulator({ clock: wallClock, scenario: "empty" });
  const took: number[] = [];
  let refused = 0;
  const receiver = await startReceiver(() => {
    const now = performance.now();
    if (now - (took.at(-1) ?? Number.NEGATIVE_INFINITY) < 1_000) {
      refused++;
      return { status: 429, headers: { "retry-after": "1" } };
    }
    took.push(now);
    return { status: 200, body: "ok" };
  });
  const { world, credentials } = simulator;
  world.addService({ service_id: SERVICE, service_name: SERVICE });
  const file = join(folder, `${type}.yml`);
  await writeFile(
    file,
    `
${connectionOf({ url: simulator.url, credentials })}sources: [{ kind: service-events, every: 1s, targets: [${SERVICE}] }]
rules: [{ id: broken, when: { level: [error] }, severity: error, by: [id] }]
route: { channels: [ops], groupBy: ["..."], groupWait: 0s }
channels: { ops: { type: ${type}, url: "${receiver.url}/hook" } }
store: { type: sqlite, path: ${join(folder, `${type}.db`)} }
`,
  );
  Object.assign(process.env, { HW_ACCESS_KEY: credentials.accessKey, HW_SECRET_KEY: credentials.secretKey });
  const io = ioTo(
    () => {},
    () => {},
  );
  const config = await readConfig(file);
  const store = await openStore(io, config, undefined);
  const bus = createLocalBus(wallClock.sleep);
  const { app } = assemble(io, config, store, bus);
  const stop = new AbortController();
  const daemon = runDaemon(app, bus, stop.signal);
  try {
    const began = performance.now();
    for (let made = 0; made < ALERTS; await wallClock.sleep(STEP_MS)) {
      const wanted = Math.min(ALERTS, Math.ceil(((performance.now() - began) / WITHIN_MS) * ALERTS));
      for (; made < wanted; made++) {
        const event_info = `Failed to pull image ${made}`;
        world.addServiceEvents(SERVICE, [{ occur_time: Date.now(), event_type: "abnormal", event_info }]);
      }
    }
    for (const until = began + PATIENCE_MS; ; await wallClock.sleep(STEP_MS)) {
      const counts = (await readStatus(app)).channels["ops"]!;
      if (counts.notified === ALERTS && counts.dead === 0) break;
      if (performance.now() > until) throw new Error(`not all of ${ALERTS} are notified: ${JSON.stringify(counts)}`);
    }
    return { messages: took.length, refused, lastedMs: took.at(-1)! - began };
  } finally {
    stop.abort();
    await daemon;
    await store.close();
    await receiver.close();
    await simulator.close();
  }
}
