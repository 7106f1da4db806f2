// A DynamoDB for tests: its address (null where this machine cannot run one) and tables of one's own in it.
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { inject } from "vitest";
import { TABLE } from "../../lib/store/dynamodb/table.ts";
import "./global-setup.ts";

export const dynamoEndpoint = inject("dynamodb");

/** What `openDynamoStore` and a client of one's own need to reach it. */
export const dynamoConnection = {
  region: "eu-central-1",
  endpoint: dynamoEndpoint ?? "http://127.0.0.1:1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
};

let tables = 0;

/**
 * Makes an empty table as it is deployed, but for the removal of expired rows: that goes by the wall's clock, which is
 * not that of the tests. Returns its name and a client.
 */
export async function freshTable(): Promise<{ table: string; client: DynamoDBClient }> {
  const client = new DynamoDBClient(dynamoConnection);
  const table = `lookout-${process.pid}-${++tables}`;
  await client.send(new CreateTableCommand({ TableName: table, ...TABLE }));
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: table });
  return { table, client };
}
