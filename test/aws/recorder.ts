// Stands between the functions and AWS, and notes what each of them does there as its role has to allow it: the action,
// and the resource by its ARN.
import { startHttpServer } from "../support/http-server.ts";

/** What a function did. */
export interface Call {
  function: string;
  action: string;
  resource: string;
}

export interface Recorder {
  /** Each once. */
  calls(): Call[];
  /** What makes a function's clients ask here. */
  envOf(name: string): Record<string, string>;
  close(): Promise<void>;
}

type Body = Record<string, unknown>;
/** What was asked for: the action, and the resource without what all ARNs begin with. */
type Asked = [action: string, service: string, resource: string];

/** Of one connection. */
const OWN = new Set(["host", "connection", "content-length", "transfer-encoding", "content-encoding", "keep-alive"]);
export const ACCOUNT = "123456789012";

/** `targets`: DynamoDB, and everything else. */
export async function startRecorder(targets: { dynamo: string; aws: string }, region: string): Promise<Recorder> {
  const calls = new Map<string, Call>();

  function note(name: string, [action, service, resource]: Asked): void {
    const place = service === "s3" ? ":" : `${region}:${ACCOUNT}`;
    const call = { function: name, action, resource: `arn:aws:${service}:${place}:${resource}` };
    calls.set(JSON.stringify(call), call);
  }

  const server = await startHttpServer(async (request, response) => {
    const [, name = "", target = "aws", ...path] = (request.url ?? "").split("/");
    const body = Buffer.concat(await request.toArray());
    const headers = others(Object.entries(request.headers) as [string, string][]);
    const to = target === "dynamo" ? targets.dynamo : targets.aws;
    for (const asked of askedOf(String(headers["x-amz-target"] ?? path.join("/")), body.toString())) note(name, asked);
    try {
      const answer = await fetch(`${to}/${path.join("/")}`, {
        method: request.method ?? "POST",
        headers,
        ...(body.length > 0 && { body }),
      });
      // A queue is asked at its own address.
      const text = (await answer.text()).replaceAll(to, server.url);
      response.writeHead(answer.status, others([...answer.headers])).end(text);
    } catch {
      request.socket.destroy();
    }
  });

  return {
    calls: () => [...calls.values()],
    envOf: (name) => ({
      AWS_ENDPOINT_URL_DYNAMODB: `${server.url}/${name}/dynamo`,
      ...Object.fromEntries(
        ["EVENTBRIDGE", "SSM", "SQS", "SNS", "SESV2", "SECRETS_MANAGER"].map((service) => {
          return [`AWS_ENDPOINT_URL_${service}`, `${server.url}/${name}/aws`];
        }),
      ),
    }),
    close: server.close,
  };
}

function others(headers: readonly [string, string][]): Record<string, string> {
  return Object.fromEntries(headers.filter(([name]) => !OWN.has(name.toLowerCase())));
}

/** `what`: the target of a JSON protocol, or a path. */
function askedOf(what: string, text: string): Asked[] {
  const [target = "", operation = ""] = what.split(".");
  if (target.startsWith("DynamoDB")) return tablesOf(operation, JSON.parse(text));
  if (target === "AmazonSQS") {
    const { QueueUrl, QueueName } = JSON.parse(text) as { QueueUrl?: string; QueueName?: string };
    const queue = QueueName ?? QueueUrl!.slice(QueueUrl!.lastIndexOf("/") + 1);
    return [[`sqs:${operation.replace(/Batch$/, "")}`, "sqs", queue]];
  }
  if (target === "AWSEvents") {
    const { Entries } = JSON.parse(text) as { Entries: { EventBusName: string }[] };
    return Entries.map(({ EventBusName }) => [`events:${operation}`, "events", `event-bus/${EventBusName}`]);
  }
  if (target === "AmazonSSM") {
    const { Name } = JSON.parse(text) as { Name: string };
    return [[`ssm:${operation}`, "ssm", `parameter/${Name.replace(/^\//, "").replace(/:.*$/, "")}`]];
  }
  if (target === "secretsmanager") {
    const { SecretId } = JSON.parse(text) as { SecretId: string };
    return [[`secretsmanager:${operation}`, "secretsmanager", `secret:${SecretId}-AbCdEf`]];
  }
  if (what === "v2/email/outbound-emails") {
    const { FromEmailAddress, Content } = JSON.parse(text) as { FromEmailAddress: string; Content: object };
    const [, domain = ""] = /@([\w.-]+)/.exec(FromEmailAddress) ?? [];
    return [[`ses:Send${"Raw" in Content ? "Raw" : ""}Email`, "ses", `identity/${domain}`]];
  }
  const form = new URLSearchParams(text);
  if (form.get("Action") === "Publish") return [["sns:Publish", "sns", form.get("TopicArn")!.split(":").at(-1)!]];
  throw new Error(`${what} is not known: say in ${import.meta.filename} which action it is`);
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html */
function tablesOf(operation: string, body: Body): Asked[] {
  const asked = (action: string, table: unknown): Asked => [`dynamodb:${action}`, "dynamodb", `table/${table}`];
  if (operation === "BatchGetItem")
    return Object.keys(body["RequestItems"] as Body).map((one) => asked(operation, one));
  if (operation === "TransactWriteItems") {
    return (body["TransactItems"] as Record<string, Body>[]).flatMap((item) => {
      return Object.entries(item).map(([kind, one]) => {
        return asked(kind === "ConditionCheck" ? "ConditionCheckItem" : `${kind}Item`, one["TableName"]);
      });
    });
  }
  const index = body["IndexName"] === undefined ? "" : `/index/${body["IndexName"]}`;
  return [asked(operation, `${body["TableName"]}${index}`)];
}
