// A role for each function: what it does with the table, and what it may ring, read and send. Nothing else is allowed.
import type { Grant, Needs } from "./needs.ts";
import { arn, att, pascal, type Resources, type StackFunction, type Value } from "./template.ts";

/**
 * `rows`: reads and writes rows. `due`: looks up what is due. `ring`: rings the bus, and the queue of `notify`. `plan`:
 * puts polls into their queue. `send`: sends deliveries and looks up which are due, or puts them into their queue where
 * there is one. `deliver`: sends what that queue says. `secrets`: reads all that the configuration names; `token`: that
 * of channels and of the console. `bury`: takes what failed out of the queues of dead letters.
 */
type May = "rows" | "due" | "ring" | "plan" | "send" | "deliver" | "secrets" | "token" | "bury";

/** By function; those of one kind of source have the name `poll-KIND`. */
const MAY: Readonly<Record<string, readonly May[]>> = {
  plan: ["rows", "plan"],
  poll: ["rows", "ring", "secrets"],
  notify: ["rows", "send"],
  deliver: ["rows", "due", "send", "deliver"],
  sweep: ["rows", "due", "ring", "send"],
  health: ["rows", "due", "ring", "send", "secrets", "bury"],
  console: ["rows", "due", "ring", "token"],
};

/**
 * What TransactWriteItems needs as well
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html).
 */
const ROWS = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"];
const SENDING = ["sqs:GetQueueUrl", "sqs:SendMessage"];
const RECEIVING = ["sqs:GetQueueUrl", "sqs:ReceiveMessage", "sqs:DeleteMessage"];
/** What Lambda does with a queue in a function's name, and how long a message that failed waits. */
const CONSUMING = [...RECEIVING, "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"];

/** The queue of invocations that failed. */
export const FAILURES = "Failures";

/** What a role is made of beside the function itself. */
export interface Roles {
  needs: Needs;
  /** Logical ids of the stack's own queues; those of the fanned-out form may be missing. */
  queues: readonly string[];
  /** ARN of the key that the parameters and secrets are encrypted with, where it is one's own. */
  key: string;
}

export function roleId({ key }: Pick<StackFunction, "key">): string {
  return `${pascal(key)}Role`;
}

/** Throws Error for a function of which it is not known what it may do. */
export function roles(functions: readonly StackFunction[], given: Roles): Resources {
  return Object.fromEntries(
    functions.map((one) => {
      const Policies = [{ PolicyName: "function", PolicyDocument: policy(statements(one, given)) }];
      const Properties = { AssumeRolePolicyDocument: trust("lambda.amazonaws.com"), Policies };
      return [roleId(one), { Type: "AWS::IAM::Role", Properties }];
    }),
  );
}

/** May invoke these functions by the alias, and hand what fails to the queue of failures. */
export function schedulesRole(functions: readonly Pick<StackFunction, "name">[], alias: string): Resources {
  const invoked = functions.map(({ name }) => arn("lambda", `function:${name}:${alias}`));
  const grants = [
    { Action: ["lambda:InvokeFunction"], Resource: invoked },
    { Action: ["sqs:SendMessage"], Resource: [att(FAILURES)] },
  ];
  const Policies = [{ PolicyName: "schedules", PolicyDocument: policy(grants) }];
  // Nobody else's schedule uses it by way of the service.
  const Condition = { StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } } };
  const Properties = { AssumeRolePolicyDocument: trust("scheduler.amazonaws.com", { Condition }), Policies };
  return { SchedulesRole: { Type: "AWS::IAM::Role", Properties } };
}

function statements({ key, logGroup, queues: consumed }: StackFunction, { needs, queues, key: kms }: Roles): Grant[] {
  const kind = key.replace(/^poll-.*/, "poll");
  const may = MAY[kind];
  if (!may)
    throw new Error(
      `serverless.yml has a function "${key}" of which scripts/stack/roles.ts does not know what it may do`,
    );
  const [table, index] = tableOf(needs);
  const into = (queue: string): Grant[] =>
    queues.includes(queue) ? [{ Action: SENDING, Resource: [att(queue)] }] : [];
  const dead = queues.filter(hasFailed).map((queue) => att(queue));
  const deliver = () => [...withKey(needs.sendingSecrets, kms), ...needs.channels];
  const grants: Record<May, () => Grant[]> = {
    rows: () => [{ Action: ROWS.map((action) => `dynamodb:${action}`), Resource: [table] }],
    due: () => [{ Action: ["dynamodb:Query"], Resource: [index] }],
    ring: () => [{ Action: ["events:PutEvents"], Resource: [att("Bus")] }, ...into("NotifyQueue")],
    plan: () => into("PollQueue"),
    send: () => {
      if (queues.includes("DeliverQueue")) return into("DeliverQueue");
      return [...(may.includes("due") ? [] : grants.due()), ...deliver()];
    },
    deliver,
    secrets: () => withKey(needs.secrets, kms),
    token: () => withKey(needs.sendingSecrets, kms),
    bury: () => [{ Action: RECEIVING, Resource: dead }],
  };
  return [
    { Action: ["logs:CreateLogStream", "logs:PutLogEvents"], Resource: [att(logGroup)] },
    { Action: ["sqs:SendMessage"], Resource: [att(FAILURES)] },
    ...consumed.map((queue) => ({ Action: CONSUMING, Resource: [att(queue)] })),
    ...withKey(needs.configuration, kms),
    ...may.flatMap((one) => grants[one]()),
  ];
}

/** Whether a queue holds what failed for good. */
export function hasFailed(queue: string): boolean {
  return queue === FAILURES || queue.endsWith("DeadLetters");
}

function tableOf({ table }: Needs): [table: Value, index: Value] {
  if (table === undefined) return [att("Table"), { "Fn::Sub": "${Table.Arn}/index/due" }];
  const name = (table as { "Fn::Sub": string })["Fn::Sub"];
  return [table, { "Fn::Sub": `${name}/index/due` }];
}

function withKey(grants: readonly Grant[], key: string): Grant[] {
  if (grants.length === 0 || key === "") return [...grants];
  return [...grants, { Action: ["kms:Decrypt"], Resource: [key] }];
}

function policy(grants: readonly Grant[]): object {
  return { Version: "2012-10-17", Statement: grants.map((grant) => ({ Effect: "Allow", ...grant })) };
}

function trust(service: string, conditions: { Condition?: object } = {}): object {
  const Statement = [{ Effect: "Allow", Principal: { Service: service }, Action: "sts:AssumeRole", ...conditions }];
  return { Version: "2012-10-17", Statement };
}
