// The functions under everything that AWS does to them: real processes with the built functions, the simulated cloud,
// DynamoDB Local, SQS and EventBridge as moto speaks them, and a receiver. Without queues; exactness.soak.ts has both
// forms of the stack.
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dynamoConnection, dynamoEndpoint } from "../../support/dynamodb.ts";
import { startMoto } from "../../support/moto.ts";
import { SEED } from "../../support/seed.ts";
import { describeResult, runExactness } from "./run.ts";
import { makeHome } from "./stage.ts";

const moto = dynamoEndpoint === null ? null : await startMoto();

describe.skipIf(moto === null)("invocations that are doubled, late, frozen, killed, throttled, of two releases", () => {
  let home: string;
  beforeAll(async () => {
    home = await makeHome();
  }, 240_000);
  afterAll(async () => {
    moto!.stop();
    await rm(home, { recursive: true });
  });

  test("every event is evaluated once and notified once", async () => {
    const engines = { aws: moto!.endpoint, dynamo: dynamoConnection };
    const result = await runExactness({ engines, home, form: "direct", seed: SEED, say: console.log });
    expect(result.violations, describeResult(result)).toEqual([]);
  }, 300_000);
});
