// A deployment for tests: the simulated cloud, a table, a bus with a queue that gets what `notify` would, a receiver of
// webhooks, and the built functions to call.
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { parse } from "yaml";
import { wallClock } from "../../lib/app/clock.ts";
import type { Clock } from "../../lib/model/clock.ts";
import { type Simulator, startSimulator } from "../../lib/simulator/server.ts";
import { bundle, readConfig } from "../../scripts/bundle.ts";
import { type DynamoConnection, makeTable } from "../support/dynamodb-tables.ts";
import { type Answer, type Sent, startReceiver } from "../support/receiver.ts";
import { type Recorder, startRecorder } from "./recorder.ts";

const ROOT = join(import.meta.dirname, "../..");
export const WEBHOOK_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
export const CONSOLE_TOKEN = "the-token-of-the-configuration-1";
const QUEUE = "rung";

// biome-ignore lint/suspicious/noExplicitAny: a template is looked into field by field
export type Form = Record<"environment" | "functions" | "resources", Record<string, any>>;

export interface Invocation {
  /** What the handler returned; undefined where it failed. */
  // biome-ignore lint/suspicious/noExplicitAny: results are looked into field by field
  result: any;
  /** The lines it logged, and the metrics among them. */
  lines: Record<string, unknown>[];
  metrics: Record<string, unknown>[];
  stderr: string;
}

export interface InvokeOptions {
  /** Until Lambda would end it; ms. */
  remaining?: number;
  /** By how much its clock is ahead; ms. */
  ahead?: number;
  env?: Record<string, string>;
}

export interface Stage {
  /** The name of the table, and of the bus. */
  name: string;
  cloud: Simulator;
  received: Sent[];
  /** How the receiver answers; default: 204, at once. */
  answer: (sent: Sent) => Answer | undefined | Promise<Answer>;
  /** A configuration of this stage's cloud and receiver. */
  textOf(configOf: ConfigOf): string;
  /** Writes another configuration beside the built functions; returns its path. */
  write(name: string, config: string): Promise<string>;
  invoke(name: string, event: unknown, options?: InvokeOptions): Promise<Invocation>;
  /** There where it is noted what each function does. */
  recorder: Recorder | undefined;
  /** Of a built function. */
  fileOf(name: string): string;
  /** What the functions get. */
  env: Readonly<Record<string, string>>;
  /** What the bus has passed on for `notify` since the last call. */
  rung(): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** Where AWS is: moto's address, and a DynamoDB. */
export interface Engines {
  aws: string;
  dynamo: DynamoConnection;
}

/** Writes the configuration, given where the cloud and the receiver are. */
export type ConfigOf = (cloud: Simulator, receiver: string) => string;

export interface StageOptions {
  /** That of the cloud. */
  clock?: Clock;
  /** A folder with the built functions; default: they are built. */
  built?: string;
  /** Whether it is noted what each function does on AWS. */
  recorded?: boolean;
}

export async function openStage(
  { aws, dynamo }: Engines,
  configOf: ConfigOf,
  { clock = wallClock, built, recorded = false }: StageOptions = {},
): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "lookout-aws-"));
  const cloud = await startSimulator({ clock, scenario: "empty" });
  const received: Sent[] = [];
  const receiver = await startReceiver((sent) => {
    received.push(sent);
    return stage.answer(sent);
  });
  const { table, client } = await makeTable(dynamo);
  const config = join(folder, "lookout.yml");
  const build = built ?? join(folder, ".build");
  await writeFile(config, configOf(cloud, receiver.url));
  const packaged = join(built === undefined ? build : folder, "lookout.json");
  if (built === undefined) await bundle({ outdir: build, config });
  const queue = await openBus(aws, dynamo, table);
  const failures = `${table}-failures`;
  await sqs(aws, dynamo, "CreateQueue", { QueueName: failures });
  const { accessKeyId, secretAccessKey } = dynamo.credentials;
  const env = {
    PATH: process.env["PATH"] ?? "",
    // Each invocation but the first finds the code compiled.
    NODE_COMPILE_CACHE: join(build, "../compiled"),
    AWS_REGION: dynamo.region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamo.endpoint,
    AWS_ENDPOINT_URL_EVENTBRIDGE: aws,
    AWS_ENDPOINT_URL_SSM: aws,
    AWS_ENDPOINT_URL_SQS: aws,
    LOOKOUT_CONFIG: packaged,
    LOOKOUT_TABLE: table,
    LOOKOUT_BUS: table,
    LOOKOUT_FAILURES_QUEUE: failures,
    HW_ACCESS_KEY: cloud.credentials.accessKey,
    HW_SECRET_KEY: cloud.credentials.secretKey,
    OPS_SECRET: WEBHOOK_SECRET,
    CONSOLE_TOKEN,
  };
  if (built !== undefined) await writeFile(packaged, JSON.stringify(await readConfig(config, env)));
  const recorder = recorded ? await startRecorder({ dynamo: dynamo.endpoint, aws }, dynamo.region) : undefined;
  const fileOf = (name: string) => join(build, `${name}.js`);
  const stage: Stage = {
    answer: () => undefined,
    name: table,
    recorder,
    cloud,
    fileOf,
    env,
    textOf: (configOf) => configOf(cloud, receiver.url),
    async write(name, text) {
      const path = join(folder, `${name}.yml`);
      await writeFile(path, text);
      const packaged = join(build, `${name}.json`);
      await writeFile(packaged, JSON.stringify(await readConfig(path, env)));
      return packaged;
    },
    received,
    invoke: (name, event, options = {}) =>
      invoke(fileOf(name), event, options.remaining ?? 55_000, {
        ...env,
        ...recorder?.envOf(roleOf(name, event)),
        AHEAD: String(options.ahead ?? 0),
        ...options.env,
      }),
    rung: () => receive(aws, dynamo, queue),
    async close() {
      client.destroy();
      await Promise.all([cloud.close(), receiver.close(), recorder?.close(), rm(folder, { recursive: true })]);
    },
  };
  return stage;
}

/** What the function is called in the stack: each kind of source has a poll of its own. */
function roleOf(name: string, event: unknown): string {
  const { kind } = event as { kind?: string };
  return kind === undefined ? name : `${name}-${kind}`;
}

/** Calls the built handler in `file` as Lambda does. */
export function invoke(
  file: string,
  event: unknown,
  remaining: number,
  env: Record<string, string>,
): Promise<Invocation> {
  const args = [join(import.meta.dirname, "invoke.ts"), file, JSON.stringify(event), String(remaining)];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { env }, (_error, stdout, stderr) => {
      const written = stderr.split("\n").filter((line) => line.startsWith("{"));
      const all: Record<string, unknown>[] = written.map((line) => JSON.parse(line));
      resolve({
        result: stdout === "" ? undefined : JSON.parse(stdout),
        lines: all.filter((line) => !("_aws" in line)),
        metrics: all.filter((line) => "_aws" in line),
        stderr,
      });
    });
  });
}

/** A bus with the rule of serverless.yml, whose target here is a queue; returns the queue's URL. */
async function openBus(aws: string, dynamo: DynamoConnection, name: string): Promise<string> {
  const { QueueUrl } = await sqs(aws, dynamo, "CreateQueue", { QueueName: `${QUEUE}-${name}` });
  const { region, credentials } = dynamo;
  const client = new EventBridgeClient({ endpoint: aws, region, credentials });
  await client.send(new CreateEventBusCommand({ Name: name }));
  const EventPattern = JSON.stringify(await notifyPattern());
  await client.send(new PutRuleCommand({ Name: "notify", EventBusName: name, EventPattern }));
  const Arn = `arn:aws:sqs:${region}:123456789012:${QUEUE}-${name}`;
  await client.send(new PutTargetsCommand({ Rule: "notify", EventBusName: name, Targets: [{ Id: "queue", Arn }] }));
  client.destroy();
  return String(QueueUrl);
}

async function notifyPattern(): Promise<object> {
  return (await formOf("off")).functions["notify"].events[0].eventBridge.pattern;
}

/** What a form of the stack adds to serverless.yml. */
export async function formOf(fanout: "on" | "off"): Promise<Form> {
  const text = await readFile(join(ROOT, `deploy/aws/fanout-${fanout}.yml`), "utf8");
  return parse(text, { merge: true, logLevel: "silent" });
}

/** The functions that every stack has. */
export async function commonFunctions(): Promise<Form["functions"]> {
  const text = await readFile(join(ROOT, "serverless.yml"), "utf8");
  return parse(text, { merge: true, logLevel: "silent" }).functions[1];
}

async function receive(aws: string, dynamo: DynamoConnection, QueueUrl: string): Promise<Record<string, unknown>[]> {
  const answer = await sqs(aws, dynamo, "ReceiveMessage", {
    QueueUrl,
    MaxNumberOfMessages: 10,
    VisibilityTimeout: 600,
  });
  const messages = (answer["Messages"] ?? []) as { Body: string }[];
  return messages.map(({ Body }) => JSON.parse(Body));
}

async function sqs(
  aws: string,
  { region }: DynamoConnection,
  action: string,
  input: object,
): Promise<Record<string, unknown>> {
  const scope = `local/20260101/${region}/sqs/aws4_request`;
  const response = await fetch(aws, {
    method: "POST",
    headers: {
      "Content-Type": "application/x-amz-json-1.0",
      "X-Amz-Target": `AmazonSQS.${action}`,
      Authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=00`,
    },
    body: JSON.stringify(input),
  });
  return (await response.json()) as Record<string, unknown>;
}
