// Once per run: starts DynamoDB Local and PostgreSQL where a chosen test file asks for them, and hands their addresses to
// the tests.
import { readFileSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { canRunDynamoDb, startDynamoDb } from "./dynamodb-local.ts";
import { postgresPrograms, startPostgres } from "./postgres-server.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** Address of a DynamoDB for tests; null where this machine cannot run one. */
    dynamodb: string | null;
    /** Likewise of a PostgreSQL. */
    postgres: string | null;
  }
}

export async function setup(project: TestProject): Promise<() => void> {
  const [stopDynamoDb, stopPostgres] = await Promise.all([provideDynamoDb(project), providePostgres(project)]);
  return () => {
    stopDynamoDb?.();
    stopPostgres?.();
  };
}

async function provideDynamoDb(project: TestProject): Promise<(() => void) | undefined> {
  project.provide("dynamodb", null);
  if (!(await isAskedFor(project, "support/dynamodb.ts"))) return;
  if (!(await canRunDynamoDb())) {
    missing("the DynamoDB tests need a JDK of 17 or newer and Maven (Debian: openjdk-17-jdk-headless maven)");
    return;
  }
  const { endpoint, stop } = await startDynamoDb();
  project.provide("dynamodb", endpoint);
  return stop;
}

async function providePostgres(project: TestProject): Promise<(() => void) | undefined> {
  project.provide("postgres", null);
  if (!(await isAskedFor(project, "support/postgres.ts"))) return;
  const programs = postgresPrograms();
  if (programs === undefined) {
    missing("the PostgreSQL tests need its server (Debian: apt-get install postgresql)");
    return;
  }
  const { url, remove } = await startPostgres(programs);
  project.provide("postgres", url);
  return remove;
}

function missing(wanted: string): void {
  if (process.env["CI"]) throw new Error(wanted);
  console.warn(`Skipped: ${wanted}.`);
}

/** A server takes seconds of two cores: runs of other rooms do without. */
async function isAskedFor(project: TestProject, support: string): Promise<boolean> {
  const { filenamePattern } = project.vitest as unknown as { filenamePattern?: string[] };
  const { testFiles } = await project.globTestFiles(filenamePattern);
  return testFiles.some((file) => readFileSync(file, "utf8").includes(support));
}
