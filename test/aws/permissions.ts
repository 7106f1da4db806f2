// What the role of each function allows, as the Serverless plugin makes it, for a stack that has the stage's names; to
// be compared with what the functions did.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { parse, type ScalarTag } from "yaml";
import type { Config } from "../../lib/model/config.ts";
import { roleId } from "../../scripts/stack/roles.ts";
import { addStack, type Service } from "../../scripts/stack/stack.ts";
import { ACCOUNT, type Call } from "./recorder.ts";

const ROOT = join(import.meta.dirname, "../..");

export interface StackOf {
  fanout: "on" | "off";
  config: Config;
  /** Where the configuration is asked for; "": it comes with the package. */
  place: string;
  /** ARN of one's own key; default: there is none. */
  key?: string;
  /** That of the stack, and so of its table, bus and queues. */
  name: string;
  region: string;
}

/** What a role allows: a call whose resource matches. */
export type Permission = Call;

/** The stack as the Serverless plugin has it before it is compiled. */
export async function stackOf(given: Omit<StackOf, "region"> & { reserved?: string }) {
  const { fanout, config, place, key = "", name, reserved = "off" } = given;
  const [base, form] = await Promise.all(
    ["serverless.yml", `deploy/aws/fanout-${fanout}.yml`].map(async (file) => templateOf(file, name)),
  );
  const functions = { ...form.functions, ...base.functions[1] };
  for (const [key, one] of Object.entries<{ name?: string }>(functions)) one.name = `${name}-${key}`;
  const Resources = { ...form.resources.Resources, ...base.resources[1].Resources };
  const service: Service = { functions, resources: { Resources } };
  addStack(service, config, { name, config: place, alarmTopic: "", key, reserved }, (id) => `${id}Logs`);
  return { functions, Resources };
}

export async function permissionsOf({ region, ...stack }: StackOf): Promise<Permission[]> {
  const { functions, Resources } = await stackOf(stack);

  /** The ARN of one of the stack's own resources. */
  function arnOf(id: string): string {
    const { Type = "", Properties = {} } = Resources[id] ?? {};
    const own = (of: string, resource: string) => `arn:aws:${of}:${region}:${ACCOUNT}:${resource}`;
    if (Type === "AWS::DynamoDB::Table") return own("dynamodb", `table/${Properties.TableName}`);
    if (Type === "AWS::Events::EventBus") return own("events", `event-bus/${Properties.Name}`);
    if (Type === "AWS::SQS::Queue") return own("sqs", Properties.QueueName);
    return own("logs", id);
  }
  function textOf(resource: string | { "Fn::GetAtt"?: [string, string]; "Fn::Sub"?: string }): string {
    if (typeof resource === "string") return resource;
    if (resource["Fn::GetAtt"]) return arnOf(resource["Fn::GetAtt"][0]);
    const values: Record<string, string> = {
      "AWS::Partition": "aws",
      "AWS::Region": region,
      "AWS::AccountId": ACCOUNT,
      "Table.Arn": arnOf("Table"),
    };
    return resource["Fn::Sub"]!.replace(/\$\{([\w:.]+)\}/g, (_, key: string) => values[key]!);
  }

  return Object.keys(functions).flatMap((key) => {
    const [{ PolicyDocument }] = Resources[roleId({ key })].Properties.Policies;
    // biome-ignore lint/suspicious/noExplicitAny: a template is looked into field by field
    return PolicyDocument.Statement.flatMap(({ Action, Resource }: any) =>
      Action.flatMap((action: string) =>
        Resource.map((one: never) => ({ function: key, action, resource: textOf(one) })),
      ),
    );
  });
}

/** Why something is allowed that no test needs. */
const REASONS: readonly { action: RegExp; function?: RegExp; resource?: RegExp; why: string }[] = [
  { action: /^logs:/, why: "Lambda writes the log in the function's name" },
  { action: /^dynamodb:Query$/, function: /^plan$/, why: "a source with many targets has its rows by shard" },
  { action: /^sqs:SendMessage$/, resource: /-failures$/, why: "Lambda hands on what failed in the function's name" },
  {
    action: /^sqs:(ReceiveMessage|DeleteMessage|GetQueueAttributes)$/,
    function: /^(poll|notify|deliver)$/,
    why: "Lambda takes from the queue in the function's name",
  },
  {
    action: /^sqs:(GetQueueUrl|ChangeMessageVisibility)$/,
    function: /^(notify|deliver)$/,
    why: "a message that fails is given out again in a moment, as the messages of polls are here",
  },
  {
    action: /^sqs:DeleteMessage$/,
    function: /^health$/,
    resource: /-((notify|deliver)-dead\.fifo|failures)$/,
    why: "dead letters are removed, as those of polls are here",
  },
  {
    action: /^(events:PutEvents|sqs:(GetQueueUrl|SendMessage))$/,
    function: /^(sweep|health|console)$/,
    resource: /lookout-[\d-]+(-notify\.fifo)?$/,
    why: "what a deadline, a problem or a person changes rings as what a poll has found, which is seen here",
  },
  {
    action: /^(events:PutEvents|dynamodb:Query)$/,
    function: /^poll-(?!service-events)/,
    why: "the polls run the same code, and that of service events finds something here",
  },
  {
    action: /^dynamodb:ConditionCheckItem$/,
    function: /^health$/,
    why: "a problem is written down with a check of the generation, as everything is",
  },
  { action: /^dynamodb:PutItem$/, why: "whoever comes first to a table writes which version its state has" },
  { action: /^dynamodb:DeleteItem$/, why: "whoever starts first with a changed configuration removes rows of rules" },
  { action: /^ses:/, resource: /@/, why: "either the address or its domain is what AWS has verified" },
  { action: /^ses:/, resource: /example.com$/, why: "which of the two actions AWS asks for depends on the content" },
  { action: /^ssm:GetParameter$/, function: /^(plan|health)$/, why: "each function asks for its configuration" },
];

export function isAllowed(call: Call, permissions: readonly Permission[]): boolean {
  return permissions.some((one) => covers(one, call));
}

/** What was allowed to functions that did something, that none of them did, and for which there is no reason. */
export function unused(calls: readonly Call[], permissions: readonly Permission[]): Permission[] {
  const ran = new Set(calls.map((call) => call.function));
  return permissions.filter((one) => {
    return ran.has(one.function) && !calls.some((call) => covers(one, call)) && !REASONS.some((why) => fits(why, one));
  });
}

function fits(reason: (typeof REASONS)[number], one: Permission): boolean {
  const { action, function: name = ANY, resource = ANY } = reason;
  return action.test(one.action) && name.test(one.function) && resource.test(one.resource);
}
const ANY = /^/;

/** As IAM compares: a question mark is any one character. */
function covers(permission: Permission, call: Call): boolean {
  if (permission.function !== call.function || permission.action !== call.action) return false;
  const pattern = permission.resource.replace(/[.*+^${}()|[\]\\]/g, "\\$&").replaceAll("?", ".");
  return new RegExp(`^${pattern}$`).test(call.resource);
}

// biome-ignore lint/suspicious/noExplicitAny: a template is looked into field by field
async function templateOf(file: string, name: string): Promise<any> {
  const text = (await readFile(join(ROOT, file), "utf8")).replaceAll(/\$\{self:(custom\.name|service)\}/g, name);
  const attribute: ScalarTag = { tag: "!GetAtt", resolve: (of) => ({ "Fn::GetAtt": of.split(".") }) };
  return parse(text, { merge: true, logLevel: "silent", customTags: [attribute] });
}
