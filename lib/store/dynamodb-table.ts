// The one DynamoDB table: its definition (serverless.yml holds the same) and how to make it where nothing deploys it.
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  UpdateTimeToLiveCommand,
  waitUntilTableExists,
} from "@aws-sdk/client-dynamodb";

/** The sparse index of what is due. It holds keys alone: a row written anew with the same due time costs it no write. */
export const DUE_INDEX = "due";
/** Seconds since the epoch; DynamoDB removes rows some time after it, so that reads compare `e` (dynamodb-item.ts). */
export const TTL_ATTRIBUTE = "ttl";

/** The table's definition, without its name. */
export const TABLE = {
  BillingMode: "PAY_PER_REQUEST",
  AttributeDefinitions: [
    { AttributeName: "pk", AttributeType: "S" },
    { AttributeName: "sk", AttributeType: "S" },
    { AttributeName: "q", AttributeType: "S" },
    { AttributeName: "due", AttributeType: "N" },
  ],
  KeySchema: [
    { AttributeName: "pk", KeyType: "HASH" },
    { AttributeName: "sk", KeyType: "RANGE" },
  ],
  GlobalSecondaryIndexes: [
    {
      IndexName: DUE_INDEX,
      KeySchema: [
        { AttributeName: "q", KeyType: "HASH" },
        { AttributeName: "due", KeyType: "RANGE" },
      ],
      Projection: { ProjectionType: "KEYS_ONLY" },
    },
  ],
} satisfies Omit<CreateTableCommandInput, "TableName">;

/** Makes the table and waits until it can be used (at most 60 s); throws the SDK's error, also where it exists already. */
export async function createTable(client: DynamoDBClient, table: string): Promise<void> {
  await client.send(new CreateTableCommand({ TableName: table, ...TABLE }));
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName: table });
  const TimeToLiveSpecification = { AttributeName: TTL_ATTRIBUTE, Enabled: true };
  await client.send(new UpdateTimeToLiveCommand({ TableName: table, TimeToLiveSpecification }));
}
