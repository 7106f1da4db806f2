// Of RUNS runs, each from a seed of its own and of the forms of the stack in turn: the functions under everything that AWS
// does to them. Real processes with the built functions, the simulated cloud, DynamoDB Local, SQS and EventBridge as moto
// speaks them, and a receiver.
import { rm } from "node:fs/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dynamoConnection } from "../../support/dynamodb.ts";
import { startMoto } from "../../support/moto.ts";
import { SEED } from "../../support/seed.ts";
import type { Form } from "./driver.ts";
import { describeResult, runExactness } from "./run.ts";
import { makeHome } from "./stage.ts";

const FORMS: readonly Form[] = ["direct", "fanned out"];
const RUNS = Number(process.env["RUNS"] ?? 40);
const cases = Array.from({ length: RUNS }, (_, at) => ({ seed: SEED + at, form: FORMS[(SEED + at) % 2]! }));

const moto = await startMoto();
let home: string;
beforeAll(async () => {
  home = await makeHome();
}, 600_000);
afterAll(async () => {
  moto?.stop();
  await rm(home, { recursive: true });
});

test.each(cases)("seed $seed, $form: every event is evaluated once and notified once", async ({ seed, form }) => {
  const engines = { aws: moto!.endpoint, dynamo: dynamoConnection };
  const result = await runExactness({ engines, home, form, seed, say: console.log });
  console.log(describeResult(result));
  expect(result.violations).toEqual([]);
});
