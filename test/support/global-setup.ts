// Once per run: starts DynamoDB Local and PostgreSQL, and builds the command, where a chosen test file asks for them.
import { readFileSync } from "node:fs";
import type { TestProject } from "vitest/node";
import { provideCommand } from "./built-command.ts";
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
  const all = [provideDynamoDb(project), providePostgres(project), provideBuilt(project)];
  const stops = await Promise.all(all);
  return () => {
    for (const stop of stops) stop?.();
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

async function provideBuilt(project: TestProject): Promise<(() => void) | undefined> {
  const starters = ["support/cli.ts", "support/terminal.ts", "./suite.ts"];
  const asked = await Promise.all(starters.map((support) => isAskedFor(project, support)));
  return asked.includes(true) ? provideCommand() : undefined;
}

function missing(wanted: string): void {
  if (process.env["CI"]) throw new Error(wanted);
  console.warn(`Skipped: ${wanted}.`);
}

/** A server or a build takes seconds of two cores: runs of other rooms do without. */
async function isAskedFor(project: TestProject, support: string): Promise<boolean> {
  const { filenamePattern } = project.vitest as unknown as { filenamePattern?: string[] };
  const { testFiles } = await project.globTestFiles(filenamePattern);
  return testFiles.some((file) => readFileSync(file, "utf8").includes(support));
}
