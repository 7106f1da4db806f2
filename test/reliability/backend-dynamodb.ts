// The processes' common state in a table of DynamoDB Local, as functions have it: nobody knows of another's death.
import { DeleteTableCommand } from "@aws-sdk/client-dynamodb";
import { openDynamoStore } from "../../lib/store/dynamodb/dynamodb.ts";
import { dynamoConnection, freshTable } from "../support/dynamodb.ts";
import type { Backend } from "./backends.ts";
import { T0 } from "./story.ts";

export async function dynamoTable(): Promise<Backend> {
  const { table, client } = await freshTable();
  let time = () => T0;
  // What the store waits for between its own tries is no part of the story.
  const clock = { now: () => time(), sleep: async () => {} };
  const store = await openDynamoStore({ ...dynamoConnection, table, clock });
  return {
    open(now) {
      time = now;
      return { ...store, close: async () => {} };
    },
    knowsDeaths: false,
    async close() {
      await store.close();
      await client.send(new DeleteTableCommand({ TableName: table }));
      client.destroy();
    },
  };
}
