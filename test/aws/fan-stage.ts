// A deployment of the fanned-out form for tests: the queues of deploy/aws/fanout-on.yml, containers that keep what they
// have opened, and Lambda's event source mappings: batches, one invocation for a message group at a time, retries.
import { type ChildProcess, fork } from "node:child_process";
import { dirname, join } from "node:path";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import type { Answered, Asked } from "./container.ts";
import { type ConfigOf, type Engines, formOf, openStage, type Stage, type StageOptions } from "./stage.ts";

export const QUEUES = ["poll", "notify", "deliver"] as const;
export type Queue = (typeof QUEUES)[number];
const REMAINING = 55_000;

/** What became of one invocation by a queue. */
export interface Handled {
  messages: number;
  failed: number;
}

interface CallOptions {
  /** By how much its clock is ahead; ms. */
  ahead?: number;
  /** Another release, by its variables: its containers are those that began with the same object. */
  release?: Readonly<Record<string, string>>;
}

export interface FanStage extends Stage {
  /** Calls a function in a container of its own, which the next call finds again. Rejects where it fails. */
  // biome-ignore lint/suspicious/noExplicitAny: results are looked into field by field
  call(name: string, event?: unknown, options?: CallOptions): Promise<any>;
  /** Puts a message into a queue. */
  put(queue: Queue, message: { group: string; body: unknown }): Promise<void>;
  /** How many messages a queue, or that of its dead letters, holds, those in hand too. */
  count(queue: Queue | `${Queue}-dead`): Promise<number>;
  /** Hands one batch of the queue to its function; undefined where there is none now. */
  handle(queue: Queue, options?: CallOptions): Promise<Handled | undefined>;
  /** Hands on what the queues hold, until they hold nothing more that may be handed on now. */
  settle(options?: CallOptions): Promise<void>;
  /** The queue loses what it holds. */
  lose(queue: Queue): Promise<void>;
  /** The lines that the functions have logged. */
  lines: { function: string; level: string; message: string; [field: string]: unknown }[];
  /** What the invocations used of the processor, in the order in which they ended. */
  used: { function: string; cpuMs: number }[];
  env: Record<string, string>;
}

/** As openStage, whose options it takes. */
export async function openFanStage(
  engines: Engines,
  configOf: ConfigOf,
  options: StageOptions = {},
): Promise<FanStage> {
  const stage = await openStage(engines, configOf, options);
  const { region, credentials } = engines.dynamo;
  const sqs = new SQSClient({ endpoint: engines.aws, region, credentials });
  const { functions, resources } = await formOf("on");
  const urls = await makeQueues(sqs, stage.name, region, resources["Resources"]);
  const nameOf = (queue: Queue) => `${stage.name}-${queue}.fifo`;
  const env: Record<string, string> = {
    ...stage.env,
    LOOKOUT_POLL_QUEUE: nameOf("poll"),
    LOOKOUT_NOTIFY_QUEUE: nameOf("notify"),
    LOOKOUT_DELIVER_QUEUE: nameOf("deliver"),
  };
  const lines: FanStage["lines"] = [];
  const used: FanStage["used"] = [];
  const containers: { container: Container; release: CallOptions["release"] }[] = [];

  async function call(
    name: string,
    event: unknown = {},
    { ahead = 0, release }: CallOptions = {},
  ): Promise<Record<string, unknown>> {
    let held = containers.find((one) => one.container.name === name && one.release === release && !one.container.busy);
    if (held === undefined) {
      const file = stage.fileOf(name);
      const log = (line: FanStage["lines"][number]) => void lines.push({ ...line, function: name });
      const home = join(dirname(file), "..");
      held = {
        container: startContainer(name, file, { ...env, ...stage.recorder?.envOf(name), ...release }, log, home),
        release,
      };
      containers.push(held);
    }
    const answer = await held.container.ask({ event, remaining: REMAINING, ahead });
    used.push({ function: name, cpuMs: answer.cpuMs });
    if ("error" in answer) throw new Error(answer.error);
    return answer.result as Record<string, unknown>;
  }

  async function handle(queue: Queue, options?: CallOptions): Promise<Handled | undefined> {
    const [{ sqs: mapping }] = functions[queue].events;
    const QueueUrl = urls.get(queue)!;
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: mapping.batchSize,
        MessageSystemAttributeNames: ["All"],
      }),
    );
    if (Messages.length === 0) return undefined;
    let failed: Set<string>;
    try {
      const answer = await call(queue, { Records: Messages.map(recordOf) }, options);
      // An answer that names none is a success of all, as Lambda has it.
      const { batchItemFailures = [] } = answer as { batchItemFailures?: { itemIdentifier: string }[] };
      failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    } catch {
      return { messages: Messages.length, failed: Messages.length };
    }
    const done = Messages.filter(({ MessageId }) => !failed.has(MessageId!));
    if (done.length > 0) {
      const Entries = done.map(({ MessageId, ReceiptHandle }) => ({ Id: MessageId!, ReceiptHandle: ReceiptHandle! }));
      await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
    }
    return { messages: Messages.length, failed: failed.size };
  }

  const { close } = stage;
  const own: Omit<FanStage, keyof Stage> & Pick<Stage, "env" | "close"> = {
    env,
    lines,
    used,
    call,
    handle,
    async put(queue, { group, body }) {
      await sqs.send(
        new SendMessageCommand({
          QueueUrl: urls.get(queue)!,
          MessageGroupId: group,
          MessageDeduplicationId: `${group}-${Math.random()}`,
          MessageBody: typeof body === "string" ? body : JSON.stringify(body),
        }),
      );
    },
    async count(queue) {
      const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
      const command = new GetQueueAttributesCommand({
        QueueUrl: urls.get(queue)!,
        AttributeNames: [...AttributeNames],
      });
      const { Attributes = {} } = await sqs.send(command);
      return AttributeNames.reduce((sum, name) => sum + Number(Attributes[name]), 0);
    },
    async lose(queue) {
      await sqs.send(new PurgeQueueCommand({ QueueUrl: urls.get(queue)! }));
    },
    async settle(options) {
      for (let busy = true; busy; ) {
        const handled = await Promise.all(QUEUES.map((queue) => handle(queue, options)));
        busy = handled.some((one) => one !== undefined);
      }
    },
    async close() {
      for (const { container } of containers) container.child.kill();
      sqs.destroy();
      await close();
    },
  };
  return Object.assign(stage, own);
}

/** Makes the queues of the template, those of dead letters first; returns their addresses by short name. */
export async function makeQueues(
  sqs: SQSClient,
  name: string,
  region: string,
  resources: Record<string, { Type: string; Properties: Record<string, unknown> }>,
): Promise<Map<string, string>> {
  const urls = new Map<string, string>();
  const definitions = Object.values(resources).flatMap(({ Type, Properties }) => {
    return Type === "AWS::SQS::Queue" ? [Properties] : [];
  });
  const isSource = ({ RedrivePolicy }: Record<string, unknown>) => RedrivePolicy !== undefined;
  for (const given of definitions.toSorted((a, b) => Number(isSource(a)) - Number(isSource(b)))) {
    const { QueueName, RedrivePolicy, SqsManagedSseEnabled: _encryption, ...rest } = given;
    const [, short = ""] = /-([a-z-]+)\.fifo$/.exec(String(QueueName)) ?? [];
    const attributes = Object.entries(rest).map(([key, value]) => [key, String(value)]);
    const dead = `arn:aws:sqs:${region}:123456789012:${name}-${short}-dead.fifo`;
    const redrive = { ...(RedrivePolicy as object), deadLetterTargetArn: dead };
    if (RedrivePolicy !== undefined) attributes.push(["RedrivePolicy", JSON.stringify(redrive)]);
    const Attributes = Object.fromEntries(attributes);
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: `${name}-${short}.fifo`, Attributes }));
    urls.set(short, QueueUrl!);
  }
  return urls;
}

export function recordOf({ MessageId, ReceiptHandle, Body, Attributes }: Message): object {
  return {
    messageId: MessageId,
    receiptHandle: ReceiptHandle,
    body: Body,
    attributes: Attributes,
    messageAttributes: {},
    eventSource: "aws:sqs",
  };
}

export interface Container {
  name: string;
  busy: boolean;
  child: ChildProcess;
  ask(asked: Asked): Promise<Answered>;
}

export function startContainer(
  name: string,
  file: string,
  env: Record<string, string>,
  log: (line: FanStage["lines"][number]) => void,
  cwd?: string,
): Container {
  const child = fork(join(import.meta.dirname, "container.ts"), [file], { env, silent: true, cwd });
  let left = "";
  child.stderr!.setEncoding("utf8").on("data", (chunk: string) => {
    const lines = (left + chunk).split("\n");
    left = lines.pop()!;
    for (const line of lines) if (line.startsWith("{")) log(JSON.parse(line));
  });
  const container: Container = {
    name,
    busy: false,
    child,
    ask(asked) {
      container.busy = true;
      return new Promise<Answered>((resolve, reject) => {
        const ended = () => reject(new Error(`the container of ${name} ended: ${left}`));
        child.once("exit", ended);
        child.once("message", (answer) => {
          child.off("exit", ended);
          resolve(answer as Answered);
        });
        child.send(asked);
      }).finally(() => {
        container.busy = false;
      });
    },
  };
  return container;
}
