// A state of a release that kept all targets of a source in one row, on each store: everything goes on from where it
// was, once, also where the source has several shards from now on.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { openAlerts, seenEvents } from "../../../lib/app/queries/lists.ts";
import { readStatus } from "../../../lib/app/queries/status.ts";
import type { Clock } from "../../../lib/model/clock.ts";
import { openDynamoStore } from "../../../lib/store/dynamodb/dynamodb.ts";
import type { Op, Put, Store } from "../../../lib/store/port.ts";
import { openPostgresStore } from "../../../lib/store/postgres/postgres.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../../support/dynamodb.ts";
import { freshSchema, postgresUrl } from "../../support/postgres.ts";
import { bench, line, MINUTE, T0 } from "../support.ts";

/**
 * The rows of state version 2, a line each, written by the application of the bench in its fifth minute: svc-1 and
 * many-007 failed and were notified, svc-1 is acknowledged; svc-2 failed, and waits for the group's interval; many-009
 * could never be read, for the API refuses it.
 */
const ROWS = gunzipSync(readFileSync(join(import.meta.dirname, "state-2.jsonl.gz")))
  .toString()
  .split("\n");
const SOME = ["svc-1", "svc-2", "svc-3"];
const MANY = Array.from({ length: 300 }, (_, number) => `many-${String(number).padStart(3, "0")}`);
const YAML = `
sources:
  - { id: named, kind: service-events, targets: [svc-1, svc-2, svc-3], lookback: 1m }
  - { id: found, kind: service-events, lookback: 1m }
rules:
  - { id: broken, when: { level: [error] }, by: [resource.id], resolve: { when: { level: [normal] } } }
route: { channels: [ops], groupInterval: 5m }
channels: { ops: { type: webhook, url: "HOOK/ops" } }
`;

type Open = (clock: Clock) => Promise<Store | undefined>;

const onPostgres: Open = async (clock) => {
  const { url, drop } = await freshSchema();
  const store = await openPostgresStore({ url, clock });
  onTestFinished(async () => {
    await store.close();
    await drop();
  });
  return store;
};

const onDynamo: Open = async (clock) => {
  const { table, client } = await freshTable();
  onTestFinished(() => client.destroy());
  return openDynamoStore({ ...dynamoConnection, table, clock });
};

/** The first two were notified before. */
function notified(service: string): string {
  const isKnown = service === "svc-1" || service === "many-007";
  return `${service} firing ×1(+${isKnown ? 0 : 1})`;
}

async function load(store: Store): Promise<void> {
  const ops = ROWS.map((text): Op => ({ op: "put", ...(JSON.parse(text) as Omit<Put, "op">), expect: 0 }));
  for (let from = 0; from < ops.length; from += 25) await store.commit(ops.slice(from, from + 25));
}

describe.each<[string, Open, boolean]>([
  ["SQLite", async () => undefined, false],
  ["PostgreSQL", onPostgres, postgresUrl === null],
  ["DynamoDB", onDynamo, dynamoEndpoint === null],
])("a state of the version before, on %s", (_, open, isMissing) => {
  test.skipIf(isMissing)("goes on where it was, and each event is found and notified once", async () => {
    let now = T0;
    const store = await open({ now: () => now, sleep: async () => {} });
    const b = await bench({
      yaml: YAML,
      services: [...SOME, ...MANY],
      requestsPerSecond: 1e6,
      ...(store && { wrapStore: () => store }),
    });
    async function beat(at: number) {
      now = T0 + at * MINUTE;
      b.to(at);
      await b.beat();
    }
    await load(b.store);
    // What the API still shows of what was read before, and what is new.
    b.fail(0.5, "one", "svc-1");
    b.fail(0.6, "seven", "many-007");
    b.fail(4.5, "two", "svc-2");
    b.fail(0.2, "never read", "many-009");
    b.fail(5.5, "new", "many-100");
    await beat(6);
    expect(await b.store.list("shard/found")).toHaveLength(2);
    b.fail(6.5, "newer", "many-200");
    await beat(7);
    const events = (await seenEvents(b.app)).map(({ message }) => message.split(": ").at(-1));
    expect(events.sort()).toEqual(["never read", "new", "newer", "one", "seven", "two"].sort());
    const alerts = await openAlerts(b.app);
    expect(alerts.map(({ resource, count }) => [resource?.id, count]).sort()).toEqual([
      ["many-007", 1],
      ["many-009", 1],
      ["many-100", 1],
      ["many-200", 1],
      ["svc-1", 1],
      ["svc-2", 1],
    ]);
    expect(alerts.find(({ resource }) => resource?.id === "svc-1")?.acknowledgedBy).toBe("ada");
    expect(b.messages.map(line)).toEqual([
      `6 /ops new firing: ${["many-009", "svc-1", "many-007", "svc-2", "many-100"].map(notified).join(", ")}`,
    ]);
    const { targets, ledger } = await readStatus(b.app);
    expect(targets.map(({ target }) => target).sort()).toEqual([...MANY, ...SOME].sort());
    expect(targets.filter(({ lagSeconds, error }) => lagSeconds !== 0 || error !== null)).toEqual([]);
    expect(ledger["found"]?.["2026-11-20"]).toMatchObject({ new: 4, matched: 4 });
  });
});
