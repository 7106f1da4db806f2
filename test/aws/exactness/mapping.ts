// What Lambda's event source mappings and EventBridge do between the queues and the functions, on the run's clock:
// batches, one invocation for a message group at a time, a time until a message is given out again, tries.
import {
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  type Message,
  ReceiveMessageCommand,
  type SQSClient,
} from "@aws-sdk/client-sqs";
import type { Clock } from "../../../lib/model/clock.ts";
import { QUEUES, type Queue, recordOf } from "../fan-stage.ts";
import type { Outcome } from "./containers.ts";

export interface Batch {
  queue: Queue;
  event: { Records: object[] };
  /** Until then nobody else is given its messages, however late its invocation begins; ms. */
  until: number;
  /** Deletes what was handled. An answer that came too late changes nothing. */
  end(outcome: Outcome): Promise<void>;
}

export interface Mapping {
  /** Makes what nobody has handled in time visible again. */
  expire(): Promise<void>;
  receive(queue: Queue): Promise<Batch | undefined>;
  /** How many messages there are, those in hand too; without those of dead letters. */
  left(): Promise<number>;
}

export function createMapping(
  sqs: SQSClient,
  urls: ReadonlyMap<string, string>,
  sizes: Record<Queue, number>,
  /** Of each queue, how long messages that are given out are not given out again; seconds. */
  visibility: Record<Queue, number>,
  clock: Clock,
): Mapping {
  const inHand = new Map<Message, { QueueUrl: string; until: number }>();

  async function drop(QueueUrl: string, messages: readonly Message[]): Promise<void> {
    for (const message of messages) inHand.delete(message);
    if (messages.length === 0) return;
    const Entries = messages.map(({ MessageId, ReceiptHandle }) => ({ Id: MessageId!, ReceiptHandle: ReceiptHandle! }));
    await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
  }

  return {
    async expire() {
      const now = clock.now();
      for (const [message, { QueueUrl, until }] of inHand) {
        if (until > now) continue;
        inHand.delete(message);
        const command = { QueueUrl, ReceiptHandle: message.ReceiptHandle!, VisibilityTimeout: 0 };
        // It was given out again already, where its function has released it.
        await sqs.send(new ChangeMessageVisibilityCommand(command)).catch(() => {});
      }
    },
    async receive(queue) {
      const QueueUrl = urls.get(queue)!;
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({
          QueueUrl,
          MaxNumberOfMessages: sizes[queue],
          MessageSystemAttributeNames: ["All"],
        }),
      );
      if (Messages.length === 0) return undefined;
      const until = clock.now() + visibility[queue] * 1_000;
      for (const message of Messages) inHand.set(message, { QueueUrl, until });
      return {
        queue,
        event: { Records: Messages.map(recordOf) },
        until,
        async end(outcome) {
          if (outcome.kind !== "done") return;
          const { batchItemFailures = [] } = outcome.result as { batchItemFailures?: { itemIdentifier: string }[] };
          const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
          const done = Messages.filter((message) => inHand.has(message) && !failed.has(message.MessageId!));
          await drop(QueueUrl, done);
        },
      };
    },
    async left() {
      const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
      let sum = 0;
      for (const queue of QUEUES) {
        const command = new GetQueueAttributesCommand({ QueueUrl: urls.get(queue)!, AttributeNames: [...names] });
        const { Attributes = {} } = await sqs.send(command);
        for (const name of names) sum += Number(Attributes[name]);
      }
      return sum;
    },
  };
}
