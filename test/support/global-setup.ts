// Once per run: starts DynamoDB Local where a chosen test file asks for it, and hands its address to the tests.
import { readFileSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { canRunDynamoDb, startDynamoDb } from "./dynamodb-local.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of a DynamoDB for tests; null where this machine cannot run one. */
    dynamodb: string | null;
  }
}

export async function setup(project: TestProject): Promise<(() => void) | undefined> {
  project.provide("dynamodb", null);
  if (!(await isAskedFor(project))) return;
  if (!(await canRunDynamoDb())) {
    const wanted = "the DynamoDB tests need a JDK of 17 or newer and Maven (Debian: openjdk-17-jdk-headless maven)";
    if (process.env["CI"]) throw new Error(wanted);
    console.warn(`Skipped: ${wanted}.`);
    return;
  }
  const { endpoint, stop } = await startDynamoDb();
  project.provide("dynamodb", endpoint);
  return stop;
}

/** A JVM takes seconds of two cores: runs of other rooms do without. */
async function isAskedFor(project: TestProject): Promise<boolean> {
  const { filenamePattern } = project.vitest as unknown as { filenamePattern?: string[] };
  const { testFiles } = await project.globTestFiles(filenamePattern);
  return testFiles.some((file) => readFileSync(file, "utf8").includes("support/dynamodb.ts"));
}
