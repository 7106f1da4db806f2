// Ten writers, one group: they are hardly ever in each other's way, and nothing is lost where they are. `npm run bench --
// fan-out` does the same with 200 targets.
import { expect, test } from "vitest";
import { folderWith } from "../support/cli.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../support/dynamodb.ts";
import { contend } from "./contention.ts";

const TARGETS = 60;
/** Each transaction takes one of many such rows by chance. */
const BY_CHANCE = /^(generation$|keys\/)/;

test.skipIf(dynamoEndpoint === null)(
  "ten writers whose new alerts join one group are in each other's way by chance alone, and each alert is notified once",
  async () => {
    const { table, client } = await freshTable();
    client.destroy();
    const result = await contend({ writers: 10, targets: TARGETS }, dynamoConnection, table, await folderWith({}));
    expect(result.notified.toSorted()).toEqual(Array.from({ length: TARGETS }, (_, at) => `svc-${at}`).toSorted());
    expect(result.contended.filter((partition) => !BY_CHANCE.test(partition))).toEqual([]);
    expect(result.transactions).toBeGreaterThanOrEqual(TARGETS);
    expect(result.cancelled / result.transactions).toBeLessThan(0.1);
  },
);
