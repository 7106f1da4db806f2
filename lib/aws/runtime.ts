// The application of one Lambda container: opened with the first request, kept for all that follow.
import { randomUUID } from "node:crypto";
import { dirname } from "node:path";
import type { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { createApp } from "../app/app.ts";
import { wallClock } from "../app/clock.ts";
import type { App } from "../app/deps.ts";
import { reconcileRules } from "../app/evaluation/registry.ts";
import type { Problem } from "../app/health/problem.ts";
import { type Environment, processEnvironment } from "../config/environment.ts";
import { createRedactor } from "../config/secrets/redactor.ts";
import { createSecrets } from "../config/secrets/secrets.ts";
import { shareOfKind } from "../model/budget.ts";
import type { Config } from "../model/config.ts";
import { createCounters } from "../model/counters.ts";
import { printable } from "../model/printable.ts";
import { type DynamoOptions, openDynamoStore } from "../store/dynamodb/dynamodb.ts";
import { builtAt } from "./build.ts";
import { createEventBridgeBus } from "./bus.ts";
import { type Configured, openConfigured, packagedConfig } from "./configuration/configured.ts";
import { createLambdaLog } from "./log.ts";
import { createMetricsLog } from "./metrics/log.ts";
import { failuresOf, type Queues, queuesOf } from "./queues.ts";
import { createQueueBus } from "./rings.ts";
import { createAwsSecrets } from "./secrets.ts";
import { createSlots } from "./slots.ts";

const redactor = createRedactor();
export const { redact } = redactor;
// On standard error: what `serverless invoke local` prints on standard output is the result alone.
export const log = createLambdaLog((line) => process.stderr.write(line), wallClock, redact);
/** What the container has done so far, whichever configuration it ran. */
const counters = createCounters();
export const metrics = createMetricsLog(
  counters,
  processEnvironment()["POWERTOOLS_SERVICE_NAME"] ?? "lookout",
  log.raw,
);
/** A bus that does not answer must not hold up a poll. */
const BUS_TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

/** Nobody knows whether another container is gone: its claims run out. */
const identity = { id: randomUUID(), isGone: () => false };

/** The queues of a stack that is fanned out; undefined where it has its direct schedules. */
export const fanned = queuesOf(processEnvironment(), log);
export const failures = failuresOf(processEnvironment(), log);
export const slots = createSlots();

interface Opened {
  app: App;
  configured: Configured;
}
let opened: Promise<Opened> | undefined;

/**
 * The container's application, its rules brought in line with the table; opened anew where its configuration has
 * changed at its place. Rejects with StoreError or an Error that names what is missing; the next call then tries anew.
 */
export async function openApp(): Promise<App> {
  if (await (await opened)?.configured.renew()) await closeApp();
  opened ??= open(processEnvironment());
  try {
    return (await opened).app;
  } catch (error) {
    opened = undefined;
    throw error;
  }
}

/**
 * The next request opens the application anew: a newer configuration decides now, or did so until it was rolled back.
 */
export async function closeApp(): Promise<void> {
  const closing = opened;
  opened = undefined;
  await (await closing)?.app.store.close();
}

/** What is wrong with the configuration at its place, where this container runs another. */
export async function configProblems(): Promise<Problem[]> {
  return (await opened)?.configured.problems() ?? [];
}

/**
 * LOOKOUT_TABLE: the table, unless the configuration names one. LOOKOUT_BUS: the event bus. The SDK reads region,
 * credentials and AWS_ENDPOINT_URL_* itself.
 */
async function open(env: Environment): Promise<Opened> {
  log.info("opening", { builtAt: timeOf(builtAt()) });
  const packaged = await packagedConfig(env, wallClock);
  let made: Promise<EventBridgeClient> | undefined;
  const client = () => (made ??= openBus());
  const events = createEventBridgeBus({ client, name: required(env, "LOOKOUT_BUS"), clock: wallClock, log });
  const bus = fanned ? createQueueBus(events, fanned.notify, wallClock) : events;
  const store = await openDynamoStore({ ...tableOf(packaged.config, env), clock: wallClock });
  const print = async (text: string) => void process.stderr.write(`${printable(redact(text))}\n`);
  try {
    const configured = await openConfigured(packaged, { store, env, clock: wallClock, redactor, log });
    const { config, stamp } = configured.running;
    const resolving = { env, baseDir: dirname(config.file), now: wallClock.now, redactor, aws: createAwsSecrets() };
    const secrets = { ...createSecrets(resolving), ...redactor };
    const ports = { store, clock: wallClock, random: Math.random, identity, log, bus, secrets, print, counters };
    // Every kind has a function of its own, or every slot an invocation.
    const share = (name: string) => (fanned ? slots.shareOf(config, name) : shareOfKind(config, name));
    const app = createApp(config, { ...ports, stamp, share });
    await reconcileRules(app);
    return { app, configured };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function openBus(): Promise<EventBridgeClient> {
  const { EventBridgeClient } = await import("./eventbridge-client.ts");
  return new EventBridgeClient({ maxAttempts: 2, requestHandler: BUS_TIMEOUTS });
}

/** For the functions that a direct stack does not have. */
export function queues(): Queues {
  if (fanned) return fanned;
  throw new Error(
    "LOOKOUT_POLL_QUEUE, LOOKOUT_NOTIFY_QUEUE and LOOKOUT_DELIVER_QUEUE are not set: deploy with fanout=on",
  );
}

function timeOf(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

function tableOf({ store }: Config, env: Environment): Omit<DynamoOptions, "clock"> {
  return store.type === "dynamodb" ? store : { table: required(env, "LOOKOUT_TABLE") };
}

function required(env: Environment, name: string): string {
  const value = env[name];
  if (!value) throw new Error(`the environment variable ${name} is not set: serverless.yml sets it for every function`);
  return value;
}
