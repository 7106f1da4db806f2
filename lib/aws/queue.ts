// A FIFO queue as the functions use it: messages of one message group follow each other, those of others wait for none.
import type { Log } from "../model/log.ts";

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const MAX_ENTRIES = 10;
const TRIES = 2;
const REQUESTS_AT_ONCE = 8;
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html */
const REASON = "ERROR_MESSAGE";
/** A queue that does not answer must not hold up a poll. */
const TIMEOUTS = { connectionTimeout: 1_000, requestTimeout: 3_000, throwOnRequestTimeout: true };

export interface Message {
  /** Its messages are handled one after the other; at most 128 characters. */
  messageGroup: string;
  /** A message that has the same as one of the last five minutes is not sent again. */
  deduplication: string;
  /** Any JSON value. */
  body: unknown;
}

/** A message that could not be handled. */
export interface DeadLetter {
  /** "" where the queue has none. */
  messageGroup: string;
  /** Why, where EventBridge could not hand it on. */
  reason: string | undefined;
  body: string;
  receipt: string;
}

export interface Queue {
  name: string;
  /** Resolves to how many messages were not taken; they are logged. Never rejects. */
  send(messages: readonly Message[]): Promise<number>;
  /** These messages of a batch that was received are given out again after so many seconds. Never rejects. */
  release(receipts: readonly string[], seconds: number): Promise<void>;
  /** Up to ten messages, which nobody else is given for a minute. */
  take(): Promise<DeadLetter[]>;
  remove(letters: readonly DeadLetter[]): Promise<void>;
}

/** Nothing is loaded or asked before the first use. */
export function createQueue(name: string, log: Log): Queue {
  const client = once(async () => {
    const { SQSClient } = await import("@aws-sdk/client-sqs");
    return new SQSClient({ maxAttempts: 2, requestHandler: TIMEOUTS });
  });
  const url = once(async () => {
    const { GetQueueUrlCommand } = await import("@aws-sdk/client-sqs");
    const { QueueUrl } = await (await client()).send(new GetQueueUrlCommand({ QueueName: name }));
    return QueueUrl!;
  });

  /** Puts one request's messages, and those that were refused once more; returns how many were not taken. */
  async function put(messages: readonly Message[]): Promise<number> {
    const { SendMessageBatchCommand } = await import("@aws-sdk/client-sqs");
    let left = messages.map(({ messageGroup, deduplication, body }, at) => ({
      Id: String(at),
      MessageGroupId: messageGroup,
      MessageDeduplicationId: deduplication,
      MessageBody: JSON.stringify(body),
    }));
    let reason = "";
    for (let attempt = 1; attempt <= TRIES && left.length > 0; attempt++) {
      try {
        const command = new SendMessageBatchCommand({ QueueUrl: await url(), Entries: left });
        const { Failed = [] } = await (await client()).send(command);
        reason = Failed[0]?.Code ?? reason;
        const refused = new Set(Failed.map(({ Id }) => Id));
        left = left.filter(({ Id }) => refused.has(Id));
      } catch (error) {
        // The SDK has tried again itself.
        reason = (error as Error).message;
        break;
      }
    }
    if (left.length > 0) log.warn("messages not put into a queue", { queue: name, messages: left.length, reason });
    return left.length;
  }

  return {
    name,
    async send(messages) {
      const requests = chunksOf(messages);
      let missing = 0;
      for (let from = 0; from < requests.length; from += REQUESTS_AT_ONCE) {
        const counts = await Promise.all(requests.slice(from, from + REQUESTS_AT_ONCE).map(put));
        for (const count of counts) missing += count;
      }
      return missing;
    },
    async release(receipts, seconds) {
      if (receipts.length === 0) return;
      try {
        const { ChangeMessageVisibilityBatchCommand } = await import("@aws-sdk/client-sqs");
        const Entries = receipts.map((ReceiptHandle, at) => {
          return { Id: String(at), ReceiptHandle, VisibilityTimeout: seconds };
        });
        await (await client()).send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: await url(), Entries }));
      } catch (error) {
        // They are given out again once they are visible anyway.
        log.warn("messages not released", { queue: name, reason: (error as Error).message });
      }
    },
    async take() {
      const { ReceiveMessageCommand } = await import("@aws-sdk/client-sqs");
      const command = new ReceiveMessageCommand({
        QueueUrl: await url(),
        MaxNumberOfMessages: MAX_ENTRIES,
        VisibilityTimeout: 60,
        MessageSystemAttributeNames: ["MessageGroupId"],
        MessageAttributeNames: [REASON],
      });
      const { Messages = [] } = await (await client()).send(command);
      return Messages.map(({ Attributes, MessageAttributes, Body = "", ReceiptHandle = "" }): DeadLetter => {
        const reason = MessageAttributes?.[REASON]?.StringValue;
        return { messageGroup: Attributes?.MessageGroupId ?? "", reason, body: Body, receipt: ReceiptHandle };
      });
    },
    async remove(letters) {
      const { DeleteMessageBatchCommand } = await import("@aws-sdk/client-sqs");
      for (const some of chunksOf(letters)) {
        const Entries = some.map(({ receipt }, at) => ({ Id: String(at), ReceiptHandle: receipt }));
        await (await client()).send(new DeleteMessageBatchCommand({ QueueUrl: await url(), Entries }));
      }
    },
  };
}

function chunksOf<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / MAX_ENTRIES);
  return Array.from({ length: count }, (_, at) => items.slice(at * MAX_ENTRIES, (at + 1) * MAX_ENTRIES));
}

/** What failed is tried anew by the next call. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
