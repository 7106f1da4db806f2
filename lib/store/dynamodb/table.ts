// The one DynamoDB table: its definition (serverless.yml holds the same).
import type { CreateTableCommandInput } from "@aws-sdk/client-dynamodb";

/**
 * The sparse index of what is due. It holds keys alone: a row written anew with the same due time costs it no write.
 */
export const DUE_INDEX = "due";
/** Seconds since the epoch; DynamoDB removes rows some time after it, so that reads compare `e` (item.ts). */
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
