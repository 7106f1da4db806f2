// The store on DynamoDB, against Amazon's DynamoDB Local.

import { setTimeout } from "node:timers/promises";
import {
  type AttributeValue,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  paginateScan,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { openDynamoStore } from "../../../lib/store/dynamodb/dynamodb.ts";
import { type Put, StoreError } from "../../../lib/store/port.ts";
import { dynamoConnection, dynamoEndpoint, freshTable } from "../../support/dynamodb.ts";
import { lastingStoreContract } from "../contract.ts";
import { incompressible, START } from "../rows.ts";

const sleep = (ms: number) => setTimeout(ms);
const clock = { now: () => START, sleep };
const STATE_KEY = { pk: { S: "\u0000state" }, sk: { S: "version" } };

async function mark(table: string, client: DynamoDBClient, v: AttributeValue): Promise<void> {
  await client.send(new PutItemCommand({ TableName: table, Item: { ...STATE_KEY, v } }));
}

describe.skipIf(dynamoEndpoint === null)("the store on DynamoDB", () => {
  lastingStoreContract(async (now) => {
    const { table, client } = await freshTable();
    const options = { ...dynamoConnection, table, clock: { now, sleep } };
    const Key = STATE_KEY;
    return {
      stores: [await openDynamoStore(options), await openDynamoStore(options)],
      state: {
        async mark(version) {
          if (version !== undefined) return mark(table, client, { N: String(version) });
          await client.send(new DeleteItemCommand({ TableName: table, Key }));
        },
        async marked() {
          const { Item } = await client.send(new GetItemCommand({ TableName: table, Key, ConsistentRead: true }));
          return Item && Number(Item["v"]?.N);
        },
        async edit({ pk, sk }, change) {
          const row = { TableName: table, Key: { pk: { S: pk }, sk: { S: sk } } };
          const { Item } = await client.send(new GetItemCommand({ ...row, ConsistentRead: true }));
          await client.send(new PutItemCommand({ ...row, Item: { ...Item, d: { S: change(Item!["d"]!.S!) } } }));
        },
        reopen: () => openDynamoStore(options),
      },
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

  test("a missing table is reported with the command that makes it", async () => {
    const error = await openDynamoStore({ ...dynamoConnection, table: "nobody", clock }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(StoreError);
    expect((error as Error).message).toMatch(/nobody does not exist.*aws dynamodb create-table.*"TableName":"nobody"/s);
  });

  test.each([
    ["text", { S: "one" }],
    ["a fraction", { N: "1.5" }],
    ["nothing", { NULL: true }],
  ])("a table whose version is %s is refused as damaged", async (_, v) => {
    const { table, client } = await freshTable();
    await mark(table, client, v as AttributeValue);
    await expect(openDynamoStore({ ...dynamoConnection, table, clock })).rejects.toThrow(
      /the DynamoDB table lookout-\S+ is damaged: its state version is/,
    );
  });
});

test("an endpoint that cannot be reached is reported as such", async () => {
  const options = { ...dynamoConnection, endpoint: "http://127.0.0.1:1", table: "any-table", clock };
  await expect(openDynamoStore(options)).rejects.toThrow(/any-table cannot be reached\. Check store\.region/);
});
