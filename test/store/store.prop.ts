// Random commits and reads, in time that goes on: every store answers as a Map does.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import * as fc from "fast-check";
import { afterAll, test } from "vitest";
import { openDynamoStore } from "../../lib/store/dynamodb/dynamodb.ts";
import { openPostgresStore } from "../../lib/store/postgres/postgres.ts";
import { openSqliteStore } from "../../lib/store/sqlite/sqlite.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../support/dynamodb.ts";
import { freshSchema, postgresUrl } from "../support/postgres.ts";
import { compare, steps } from "./model.ts";

const folder = mkdtempSync(join(tmpdir(), "lookout-store-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("the store on SQLite answers as a Map does", async () => {
  let run = 0;
  const open = async (now: () => number) => openSqliteStore({ path: join(folder, `${++run}.db`), now });
  await fc.assert(
    fc.asyncProperty(steps, (taken) => compare(open, taken)),
    { numRuns: 30 },
  );
});

test.skipIf(dynamoEndpoint === null)("the store on DynamoDB answers as a Map does", async () => {
  const open = async (now: () => number) => {
    const { table, client } = await freshTable();
    client.destroy();
    return openDynamoStore({ ...dynamoConnection, table, clock: { now, sleep: (ms: number) => setTimeout(ms) } });
  };
  await fc.assert(
    fc.asyncProperty(steps, (taken) => compare(open, taken)),
    { numRuns: 8 },
  );
});

test.skipIf(postgresUrl === null)("the store on PostgreSQL answers as a Map does", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (taken) => {
      const { url, drop } = await freshSchema();
      const open = (now: () => number) =>
        openPostgresStore({ url, clock: { now, sleep: (ms: number) => setTimeout(ms) } });
      await compare(open, taken).finally(drop);
    }),
    { numRuns: 15 },
  );
});
