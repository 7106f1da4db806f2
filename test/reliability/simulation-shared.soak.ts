// The simulation over the stores that several machines share, one call at a time. SHARED: how many seeds for each of them.
import { describe } from "vitest";
import { dynamoEndpoint } from "../support/dynamodb.ts";
import { postgresUrl } from "../support/postgres.ts";
import { SEED } from "../support/seed.ts";
import { dynamoTable } from "./backend-dynamodb.ts";
import { postgresSchema } from "./backend-postgres.ts";
import { nothingWrong } from "./simulation-seeds.ts";

const STEPS = 20;
const seeds = Array.from({ length: Number(process.env["SHARED"] ?? 10) }, (_, index) => SEED + index);

describe.skipIf(postgresUrl === null)("over PostgreSQL", () => nothingWrong(seeds, STEPS, postgresSchema));
describe.skipIf(dynamoEndpoint === null)("over DynamoDB", () => nothingWrong(seeds, STEPS, dynamoTable));
