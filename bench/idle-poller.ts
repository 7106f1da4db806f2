// Polls the configuration of its folder: once to find what is there, then idle, and sends what each
// poll cost to its parent.
import { wallClock } from "../lib/app/clock.ts";
import { createGate } from "../lib/app/connections/credentials.ts";
import type { App, Connection } from "../lib/app/deps.ts";
import { SOURCES } from "../lib/app/persistence/rows.ts";
import { pollSource } from "../lib/app/polling/poll.ts";
import { assemble, openStore, readConfig } from "../lib/cli/open.ts";
import { createCloudClient } from "../lib/sources/cloud/http.ts";
import type { Key, Store } from "../lib/store/port.ts";
import { ioTo } from "../test/support/io.ts";

export interface Poll {
  found: number;
  wallMs: number;
  cpuMs: number;
  targetReads: number;
  targetWrites: number;
  sourceReads: number;
  sourceWrites: number;
  otherAccesses: number;
}
type Counts = Omit<Poll, "found" | "wallMs" | "cpuMs">;

const rounds = Number(process.argv[2]);
const config = await readConfig("lookout.yml");
const counts = nothing();
const io = ioTo(
  () => {},
  (text) => console.error(text),
);
const store = counting(await openStore(io, config, "state.db"));
const app = withoutBudget(assemble(io, config, store, { async publish() {} }).app);
const source = app.config.sources[0]!;
const polls: Poll[] = [];
for (let round = 0; round <= rounds; round++) {
  Object.assign(counts, nothing());
  const cpu = process.cpuUsage();
  const began = performance.now();
  const { found, failing } = await pollSource(app, source, new AbortController().signal);
  const wallMs = performance.now() - began;
  const { user, system } = process.cpuUsage(cpu);
  const [target, failure] = Object.entries(failing)[0] ?? [];
  if (failure) throw new Error(`${target}: ${failure.error}`);
  polls.push({ found, wallMs, cpuMs: (user + system) / 1_000, ...counts });
}
process.send!(polls, () => process.disconnect());

function nothing(): Counts {
  return { targetReads: 0, targetWrites: 0, sourceReads: 0, sourceWrites: 0, otherAccesses: 0 };
}

/** The same connections without their rate budget, which the configuration cannot switch off. */
function withoutBudget(app: App): App {
  const connections = [...app.connections.values()].map((connection): [string, Connection] => {
    const { accessKey, secretKey } = {
      accessKey: process.env["HW_ACCESS_KEY"]!,
      secretKey: process.env["HW_SECRET_KEY"]!,
    };
    const client = createCloudClient({
      connection: { ...connection.config, auth: { accessKey, secretKey } },
      clock: wallClock,
      random: Math.random,
      redactor: config.secrets,
      gate: createGate(app, connection.name, "bench", async () => false),
      limits: { rate: 0 },
    });
    return [connection.name, { ...connection, client }];
  });
  return { ...app, connections: new Map(connections) };
}

function counting(inner: Store): Store {
  const kind = ({ pk }: Pick<Key, "pk">) =>
    pk.startsWith("target/") ? "target" : pk === SOURCES || pk.startsWith("shard/") ? "source" : undefined;
  function count(key: Pick<Key, "pk">, access: "Reads" | "Writes"): void {
    const of = kind(key);
    if (of === undefined) counts.otherAccesses++;
    else counts[`${of}${access}`]++;
  }
  return {
    ...inner,
    get(key) {
      count(key, "Reads");
      return inner.get(key);
    },
    getMany(keys) {
      for (const key of keys) count(key, "Reads");
      return inner.getMany(keys);
    },
    list(pk, options) {
      count({ pk }, "Reads");
      return inner.list(pk, options);
    },
    due(queue, now, limit, from) {
      counts.otherAccesses++;
      return inner.due(queue, now, limit, from);
    },
    commit(ops) {
      for (const op of ops) count(op, op.op === "check" ? "Reads" : "Writes");
      return inner.commit(ops);
    },
  };
}
