// The store on DynamoDB, against Amazon's DynamoDB Local.

import { setTimeout } from "node:timers/promises";
import { PutItemCommand, paginateScan } from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { openDynamoStore } from "../../lib/store/dynamodb.ts";
import { type Put, StoreError } from "../../lib/store/port.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../support/dynamodb.ts";
import { storeContract } from "./contract.ts";
import { incompressible, START } from "./rows.ts";

const sleep = (ms: number) => setTimeout(ms);
const clock = { now: () => START, sleep };

describe.skipIf(dynamoEndpoint === null)("the store on DynamoDB", () => {
  storeContract(async (now) => {
    const { table, client } = await freshTable();
    const options = { ...dynamoConnection, table, clock: { now, sleep } };
    return {
      stores: [await openDynamoStore(options), await openDynamoStore(options)],
      clean: async () => client.destroy(),
    };
  });

  test("part items go with their row, however it shrinks, grows or is deleted", async () => {
    const { table, client } = await freshTable();
    const store = await openDynamoStore({ ...dynamoConnection, table, clock });
    const row = { pk: "p", sk: "row" };
    const items = async () => {
      let count = 0;
      for await (const page of paginateScan({ client }, { TableName: table })) count += page.Count ?? 0;
      return count;
    };
    const empty = await items();
    for (const size of [1_000_000, 400_000, 2_000_000, 10, 750_000]) {
      const put: Put = { op: "put", ...row, data: incompressible(size) };
      await store.commit([put]);
      expect((await items()) - empty).toBe(store.cost(put).items);
    }
    await store.commit([{ op: "delete", ...row }]);
    expect(await items()).toBe(empty);
  });

  test("a commit of as many bytes as the limit says is taken, and replaced by one as large", async () => {
    const { table } = await freshTable();
    const store = await openDynamoStore({ ...dynamoConnection, table, clock });
    for (let round = 0; round < 2; round++) {
      const ops: Put[] = [];
      for (let left = store.limits.bytes; ; ) {
        const op: Put = {
          op: "put",
          pk: "p",
          sk: `k${ops.length}`,
          data: incompressible(310_000 + 40_000 * (ops.length % 3)),
        };
        left -= store.cost(op).bytes;
        if (left < 0) break;
        ops.push(op);
      }
      await store.commit(ops);
      expect(await store.list("p")).toHaveLength(ops.length);
    }
  });

  test("a missing table is told with the command that makes it", async () => {
    const error = await openDynamoStore({ ...dynamoConnection, table: "nobody", clock }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StoreError);
    expect((error as Error).message).toMatch(/nobody does not exist.*aws dynamodb create-table.*"TableName":"nobody"/s);
  });

  test("a table of a newer Lookout is refused", async () => {
    const { table, client } = await freshTable();
    await (await openDynamoStore({ ...dynamoConnection, table, clock })).close();
    const Item = { pk: { S: "\u0000state" }, sk: { S: "version" }, v: { N: "2" } };
    await client.send(new PutItemCommand({ TableName: table, Item }));
    await expect(openDynamoStore({ ...dynamoConnection, table, clock })).rejects.toThrow(
      /newer Lookout \(state version 2/,
    );
  });
});

test("an endpoint that cannot be reached is told as such", async () => {
  const options = { ...dynamoConnection, endpoint: "http://127.0.0.1:1", table: "any-table", clock };
  await expect(openDynamoStore(options)).rejects.toThrow(/any-table cannot be reached\. Check store\.region/);
});
