// Ten writers, one group: they are hardly ever in each other's way, and nothing is lost where they are.
import { expect, test } from "vitest";
import { folderWith } from "../support/cli.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../support/dynamodb.ts";
import { contend } from "./contention.ts";

test.skipIf(dynamoEndpoint === null)(
  "under 5 % of the transactions of ten writers are in vain where 200 new alerts join one group",
  async () => {
    const { table, client } = await freshTable();
    client.destroy();
    const result = await contend({ writers: 10, targets: 200 }, dynamoConnection, table, await folderWith({}));
    expect(result.notified.toSorted()).toEqual(Array.from({ length: 200 }, (_, at) => `svc-${at}`).toSorted());
    expect(result.cancelled / result.transactions).toBeLessThan(0.05);
  },
);
