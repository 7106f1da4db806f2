// Amazon SQS: the notification as JSON, as webhooks have it, in a queue.
import * as z from "zod";
import { hashOf } from "../../model/hash.ts";
import { Address } from "../http/address.ts";
import { bodyParts, wireForm } from "../message/parts.ts";
import { bytes } from "../message/plain.ts";
import type { SendingChannel } from "../port.ts";
import { AWS_OPTIONS, clientsOf, refusedByAws } from "./client.ts";

const Options = z.strictObject({ queueUrl: Address, ...AWS_OPTIONS });

/** Of 256 KB, which every queue takes. */
const BODY_BYTES = 250_000;
const REGION = /^https:\/\/sqs\.([a-z0-9-]{2,40})\.amazonaws\./;

const QUEUE = 'check "queueUrl" and "region"';
const ADVICE = {
  QueueDoesNotExist: QUEUE,
  "AWS.SimpleQueueService": QUEUE,
  InvalidAddress: QUEUE,
  KMSAccessDenied: "allow the queue's key",
};

const client = clientsOf(async (config) => {
  const { SQSClient } = await import("@aws-sdk/client-sqs");
  return new SQSClient(config);
});

export const sqs: SendingChannel<z.infer<typeof Options>> = {
  type: "sqs",
  options: Options,
  incident: false,
  concurrency: 8,
  split: (notification) => bodyParts(notification, BODY_BYTES, (value) => bytes(safeJson(value)) + 1),
  async send(notification, { queueUrl, endpoint, region = REGION.exec(queueUrl)?.[1] }, context) {
    const { SendMessageCommand } = await import("@aws-sdk/client-sqs");
    const { id, channel, group, status } = notification;
    const command = new SendMessageCommand({
      QueueUrl: queueUrl,
      MessageBody: safeJson(wireForm(notification)),
      MessageAttributes: { status: { DataType: "String", StringValue: status } },
      // The order of a group is kept, and what came within five minutes before is dropped.
      ...(queueUrl.endsWith(".fifo") ? { MessageGroupId: hashOf([channel, group]), MessageDeduplicationId: id } : {}),
    });
    try {
      const service = await client({ region, endpoint });
      await service.send(command, { abortSignal: context.signal });
      return { kind: "delivered" };
    } catch (error) {
      return refusedByAws(error, "sqs:SendMessage", ADVICE);
    }
  },
};

/**
 * JSON without the two characters that SQS would replace by another, or refuse:
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
 */
function safeJson(value: unknown): string {
  return JSON.stringify(value).replaceAll("\ufffe", "\\ufffe").replaceAll("\uffff", "\\uffff");
}
