// A DynamoDB for tests: its address (null where this machine cannot run one) and tables of one's own in it.
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { inject } from "vitest";
import { connectionTo, makeTable } from "./dynamodb-tables.ts";
import "./global-setup.ts";

export const dynamoEndpoint = inject("dynamodb");

export const dynamoConnection = connectionTo(dynamoEndpoint ?? "http://127.0.0.1:1");

/** As makeTable. */
export function freshTable(): Promise<{ table: string; client: DynamoDBClient }> {
  return makeTable(dynamoConnection);
}
