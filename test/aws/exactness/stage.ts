// A deployment whose functions run in containers that can be frozen, thawed and killed at any of their calls, on a clock
// that the run sets: what the cloud, the functions and the queues take for the time.
import { closeSync, openSync, writeSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { createApp } from "../../../lib/app/app.ts";
import { wallClock } from "../../../lib/app/clock.ts";
import type { App } from "../../../lib/app/deps.ts";
import { openConfig } from "../../../lib/app/open-config.ts";
import { createRedactor } from "../../../lib/config/secrets/redactor.ts";
import type { Clock } from "../../../lib/model/clock.ts";
import { DEMO_CREDENTIALS } from "../../../lib/simulator/auth.ts";
import { openDynamoStore } from "../../../lib/store/dynamodb/dynamodb.ts";
import { bundle } from "../../../scripts/bundle.ts";
import { type ConfigOf, type Engines, openStage, type Stage } from "../stage.ts";
import { type Containers, createContainers, type Release } from "./containers.ts";
import { type Gateway, startProxy } from "./proxy.ts";
import { configOf } from "./story.ts";

const PACKS = join(import.meta.dirname, "../../../rules");

export interface ExactStage {
  stage: Stage;
  clock: Clock;
  advance(ms: number): void;
  /** Looks at the state and decides nothing. */
  observer: App;
  containers: Containers;
  outside: Gateway["outside"];
  /** What the functions say went wrong. */
  lines: Record<string, unknown>[];
  close(): Promise<void>;
}

/** A folder with the built functions in `.build`. */
export async function makeHome(): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), "lookout-exact-home-"));
  const config = join(home, "lookout.yml");
  await writeFile(config, configOf({ url: "http://127.0.0.1", credentials: DEMO_CREDENTIALS }, "http://127.0.0.1", 2));
  await bundle({ outdir: join(home, ".build"), config });
  return home;
}

/**
 * `home`: a folder with the package in `.build`, as Lambda has it; `env`: what the functions get beside what all have.
 * The newer release is the same package with the configuration of a parameter in SSM.
 */
export async function openExactStage(
  engines: Engines,
  home: string,
  configs: Record<Release, ConfigOf>,
  env: (name: string) => Record<string, string>,
): Promise<ExactStage> {
  const folder = await mkdtemp(join(tmpdir(), "lookout-exact-"));
  const clockPath = join(folder, "clock");
  const clockFile = openSync(clockPath, "w");
  const ahead = new Float64Array(1);
  const advance = (ms: number) => {
    ahead[0]! += ms;
    writeSync(clockFile, ahead, 0, 8, 0);
  };
  advance(0);
  const clock: Clock = { now: () => Date.now() + ahead[0]!, sleep: wallClock.sleep };
  let receiver = "";
  const older: ConfigOf = (cloud, url) => {
    receiver = url;
    return configs.older(cloud, url);
  };
  const stage = await openStage(engines, older, { clock, built: join(home, ".build") });
  const path = join(folder, "lookout.yml");
  await writeFile(path, configs.newer(stage.cloud, receiver));
  const parameter = `/${stage.name}`;
  await putParameter(engines, parameter, configs.newer(stage.cloud, receiver));
  const gateway = await startProxy({ dynamo: engines.dynamo.endpoint, aws: engines.aws });
  const observer = await observe(path, stage, engines, clock);
  const lines: Record<string, unknown>[] = [];
  const containers = createContainers({
    gateway,
    fileOf: stage.fileOf,
    cwd: home,
    envOf: (number, release) => ({
      ...stage.env,
      ...env(stage.name),
      ...(release === "newer" && { LOOKOUT_CONFIG: `ssm:${parameter}` }),
      CLOCK: clockPath,
      AWS_ENDPOINT_URL_DYNAMODB: gateway.urlOf(number, "dynamo"),
      AWS_ENDPOINT_URL_SQS: gateway.urlOf(number, "aws"),
      AWS_ENDPOINT_URL_EVENTBRIDGE: gateway.urlOf(number, "aws"),
      AWS_ENDPOINT_URL_SSM: gateway.urlOf(number, "aws"),
    }),
    log(line) {
      if (line["level"] === "warn" || line["level"] === "error") lines.push(line);
    },
  });
  return {
    stage,
    clock,
    advance,
    observer,
    containers,
    outside: gateway.outside,
    lines,
    async close() {
      containers.close();
      await observer.store.close();
      closeSync(clockFile);
      await Promise.all([gateway.close(), stage.close(), rm(folder, { recursive: true })]);
    },
  };
}

async function putParameter({ aws, dynamo }: Engines, Name: string, Value: string): Promise<void> {
  const { region, credentials } = dynamo;
  const client = new SSMClient({ endpoint: aws, region, credentials });
  await client.send(new PutParameterCommand({ Name, Value, Type: "String" }));
  client.destroy();
}

async function observe(path: string, stage: Stage, { dynamo }: Engines, clock: Clock): Promise<App> {
  const options = { packsDir: PACKS, env: stage.env, clock, redactor: createRedactor() };
  const { config, secrets } = await openConfig(path, options);
  const store = await openDynamoStore({ ...dynamo, table: stage.name, clock });
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  const identity = { id: "observer", isGone: () => false };
  const bus = { publish: async () => {} };
  return createApp(config, { store, clock, random: Math.random, identity, log, bus, secrets, print: async () => {} });
}
