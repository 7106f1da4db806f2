// The application of one Lambda container: opened with the first request, kept for all that follow.
import { randomUUID } from "node:crypto";
import { dirname, join } from "node:path";
import { EventBridgeClient } from "@aws-sdk/client-eventbridge";
import { createApp } from "../app/app.ts";
import { wallClock } from "../app/clock.ts";
import type { App } from "../app/deps.ts";
import { reconcileRules } from "../app/evaluation/registry.ts";
import { openConfig } from "../app/open-config.ts";
import { type Environment, processEnvironment } from "../config/environment.ts";
import { createRedactor } from "../config/secrets/redactor.ts";
import { shareOfKind } from "../model/budget.ts";
import type { Config } from "../model/config.ts";
import { printable } from "../model/printable.ts";
import { type DynamoOptions, openDynamoStore } from "../store/dynamodb/dynamodb.ts";
import { builtAt } from "./build.ts";
import { createEventBridgeBus } from "./bus.ts";
import { createLambdaLog } from "./log.ts";
import { type Queues, queuesOf } from "./queues.ts";
import { createQueueBus } from "./rings.ts";
import { createAwsSecrets } from "./secrets.ts";
import { createSlots } from "./slots.ts";

const redactor = createRedactor();
export const { redact } = redactor;
// On standard error: what `serverless invoke local` prints on standard output is the result alone.
export const log = createLambdaLog((line) => process.stderr.write(line), wallClock, redact);
/** A bus that does not answer must not hold up a poll. */
const BUS_TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

/** Nobody knows whether another container is gone: its claims run out. */
const identity = { id: randomUUID(), isGone: () => false };

/** The queues of a stack that is fanned out; undefined where it has its direct schedules. */
export const fanned = queuesOf(processEnvironment(), log);
export const slots = createSlots();

let opened: Promise<App> | undefined;

/**
 * The container's application, its rules brought in line with the table. Rejects with ConfigError, StoreError or an
 * Error that names the missing variable; the next call then tries anew.
 */
export async function openApp(): Promise<App> {
  opened ??= open(processEnvironment());
  try {
    return await opened;
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
  await (await closing)?.store.close();
}

/**
 * LOOKOUT_CONFIG: path of the configuration, the packs beside it in `packs/`. LOOKOUT_TABLE: the table, unless the
 * configuration names one. LOOKOUT_BUS: the event bus. The SDK reads region, credentials and AWS_ENDPOINT_URL_* itself.
 */
async function open(env: Environment): Promise<App> {
  log.info("opening", { builtAt: timeOf(builtAt()) });
  const path = env["LOOKOUT_CONFIG"] ?? "lookout.yml";
  const packsDir = join(dirname(path), "packs");
  const options = { packsDir, env, clock: wallClock, redactor, aws: createAwsSecrets() };
  const { config, secrets } = await openConfig(path, options);
  const client = new EventBridgeClient({ maxAttempts: 2, requestHandler: BUS_TIMEOUTS });
  const events = createEventBridgeBus({ client, name: required(env, "LOOKOUT_BUS"), clock: wallClock, log });
  const bus = fanned ? createQueueBus(events, fanned.notify, wallClock) : events;
  const store = await openDynamoStore({ ...tableOf(config, env), clock: wallClock });
  const print = async (text: string) => void process.stderr.write(`${printable(redact(text))}\n`);
  try {
    const ports = { store, clock: wallClock, random: Math.random, identity, log, bus, secrets, print };
    // Every kind has a function of its own, or every slot an invocation.
    const share = (name: string) => (fanned ? slots.shareOf(config, name) : shareOfKind(config, name));
    const app = createApp(config, { ...ports, stamp: builtAt(), share });
    await reconcileRules(app);
    return app;
  } catch (error) {
    await store.close();
    throw error;
  }
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
