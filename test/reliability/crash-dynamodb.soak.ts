// Crashes and overlaps over DynamoDB, watched by functions: nobody knows of another's death, so that claims have to run
// out. crash.soak.ts tries every seventh point, rounds too, and overlaps with many seeds and deaths.
import { describe } from "vitest";
import { dynamoEndpoint } from "../support/dynamodb.ts";
import { dynamoTable } from "./backend-dynamodb.ts";
import { crashesOver } from "./crash-over.ts";

describe.skipIf(dynamoEndpoint === null)("functions over a table", () => {
  crashesOver("--config test/reliability/soak.config.ts test/reliability/crash-dynamodb.soak.ts", dynamoTable);
});
