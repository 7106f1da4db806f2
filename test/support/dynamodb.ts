// A DynamoDB for tests: its address (null where this machine cannot run one) and tables of one's own in it.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { inject } from "vitest";
import { createTable } from "../../lib/store/dynamodb-table.ts";
import "./global-setup.ts";

export const dynamoEndpoint = inject("dynamodb");

/** What `openDynamoStore` and a client of one's own need to reach it. */
export const dynamoConnection = {
  region: "eu-central-1",
  endpoint: dynamoEndpoint ?? "http://127.0.0.1:1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
};

let tables = 0;

/** Makes an empty table as it is deployed; returns its name and a client. */
export async function freshTable(): Promise<{ table: string; client: DynamoDBClient }> {
  const client = new DynamoDBClient(dynamoConnection);
  const table = `lookout-${process.pid}-${++tables}`;
  await createTable(client, table);
  return { table, client };
}
