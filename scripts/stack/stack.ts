// What the Serverless plugin adds to the service beside its functions: a role for each, alarms and a dashboard, by what
// the configuration names.
import { remotePlaceOf } from "../../lib/aws/configuration/place.ts";
import { slotCount } from "../../lib/aws/slots.ts";
import type { Config } from "../../lib/model/config.ts";
import { alarms } from "./alarms.ts";
import { dashboard } from "./dashboard.ts";
import { type Needs, needsOf } from "./needs.ts";
import { hasFailed, roleId, roles, schedulesRole } from "./roles.ts";
import { att, type Resources, type StackFunction } from "./template.ts";
import { ALIAS } from "./versions.ts";

/** A function as serverless.yml has it. */
export interface ServiceFunction {
  name: string;
  role?: unknown;
  reservedConcurrency?: number;
  events?: readonly { sqs?: { arn?: unknown; maximumConcurrency?: number }; schedule?: { method?: string } }[];
}

/** As serverless.yml has it under `custom`. */
export interface StackOptions {
  name: string;
  /** Path of the configuration, or the place where it is asked for. */
  config: string;
  /** ARN of the topic that hears of alarms, and of one's own key of the secrets; "" where there is none. */
  alarmTopic: string;
  key: string;
  /** "on": concurrency is reserved where that protects. */
  reserved: string;
}

export interface Service {
  functions: Record<string, ServiceFunction>;
  resources: { Resources: Resources };
}

/** How many requests of the console are answered at a time. */
const CONSOLE_CONCURRENCY = 5;
/** Polls beside those of the slots: one of a killed invocation may still be counted. */
const ROOM = 2;
/** What a queue's polls may take, as AWS has it, and of an account with the usual 1,000: the others need some, too. */
const LEAST_POLLS = 2;
const MOST_POLLS = 900;
/** In an account that lets 10 functions run at a time, of which none can be reserved. */
const MOST_POLLS_UNRESERVED = 4;

/** Adds it; returns what the functions may not do though the configuration names it. */
export function addStack(
  service: Service,
  config: Config,
  options: StackOptions,
  logGroupOf: (key: string) => string,
): Needs["unknown"] {
  const functions = Object.entries(service.functions).map(([key, one]): StackFunction => {
    return { key, name: one.name, logGroup: logGroupOf(key), queues: queuesOf(one) };
  });
  const { Resources } = service.resources;
  const queues = Object.keys(Resources).filter((id) => Resources[id]!.Type === "AWS::SQS::Queue");
  const deadLetters = queues.filter(hasFailed);
  const needs = needsOf(config, remotePlaceOf(options.config));
  const every = Math.min(...config.sources.map((source) => source.every));
  const scheduled = functions.filter(({ key }) => isScheduled(service.functions[key]!));
  Object.assign(
    Resources,
    roles(functions, { needs, queues, key: options.key }),
    scheduled.length > 0 ? schedulesRole(scheduled, ALIAS) : {},
    alarms({ name: options.name, functions, deadLetters, every, topic: options.alarmTopic }),
    dashboard(
      options.name,
      functions,
      queues,
      config.sources.map(({ id }) => id),
    ),
  );
  for (const one of functions) service.functions[one.key]!.role = att(roleId(one));
  if (options.reserved === "on") reserve(service.functions);
  capPolls(service.functions, slotCount(config), options.reserved === "on" ? MOST_POLLS : MOST_POLLS_UNRESERVED);
  return needs.unknown;
}

/**
 * A poll that runs twice at once, as when its schedule fires twice, would ask the cloud's API for twice as much as it
 * may. And whoever floods the console's URL holds up no poll.
 */
function reserve(functions: Service["functions"]): void {
  for (const [key, one] of Object.entries(functions)) {
    if (key.startsWith("poll-")) one.reservedConcurrency = 1;
    if (key === "console") one.reservedConcurrency = CONSOLE_CONCURRENCY;
  }
}

/**
 * However many messages wait, polls leave room for whoever decides, sends and looks after them. What is above the cap
 * stays in the queue: it is not received, throttled and received again.
 */
function capPolls({ poll }: Service["functions"], slots: number, most: number): void {
  for (const { sqs } of poll?.events ?? []) {
    if (sqs) sqs.maximumConcurrency = Math.min(most, Math.max(LEAST_POLLS, slots + ROOM));
  }
}

function queuesOf({ events = [] }: ServiceFunction): string[] {
  return events.flatMap(({ sqs }) => {
    const arn = sqs?.arn as { "Fn::GetAtt"?: [string, string] } | undefined;
    return arn?.["Fn::GetAtt"]?.[0] ?? [];
  });
}

function isScheduled({ events = [] }: ServiceFunction): boolean {
  return events.some(({ schedule }) => schedule?.method === "scheduler");
}
