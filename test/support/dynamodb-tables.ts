// Tables in a DynamoDB for tests and benchmarks.
import { CreateTableCommand, DynamoDBClient, waitUntilTableExists } from "@aws-sdk/client-dynamodb";
import { TABLE } from "../../lib/store/dynamodb/table.ts";

/** What `openDynamoStore` and a client of one's own need to reach it. */
export interface DynamoConnection {
  region: string;
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
}

export function connectionTo(endpoint: string): DynamoConnection {
  return { region: "eu-central-1", endpoint, credentials: { accessKeyId: "local", secretAccessKey: "local" } };
}

let tables = 0;

/**
 * Makes an empty table as it is deployed, but for the removal of expired rows: that goes by the wall's clock, which is
 * not that of the tests. Returns its name and a client.
 */
export async function makeTable(connection: DynamoConnection): Promise<{ table: string; client: DynamoDBClient }> {
  const client = new DynamoDBClient(connection);
  const table = `lookout-${process.pid}-${++tables}`;
  await client.send(new CreateTableCommand({ TableName: table, ...TABLE }));
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: table });
  return { table, client };
}
