// The SQS channel: the notification as JSON, in the order of its group.
import { createHash } from "node:crypto";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Sent } from "../../support/receiver.ts";
import { AWS_SECRETS, jsonError, startAws, withAwsCredentials } from "../aws-service.ts";
import { aNotification, crowd } from "../samples.ts";
import { sendingContract, sent } from "../sending-contract.ts";

withAwsCredentials();

const commandOf = ({ body }: Sent): Record<string, string> => JSON.parse(body);
const start = (queue = "ops") =>
  startAws({
    options: (url) => ({ queueUrl: `${url}/123456789012/${queue}` }),
    // The client compares the hash with its own.
    accepted: (one) => {
      const hash = createHash("md5").update(commandOf(one)["MessageBody"]!).digest("hex");
      return { status: 200, body: JSON.stringify({ MessageId: "m-1", MD5OfMessageBody: hash }) };
    },
    message: (one) => commandOf(one)["MessageBody"]!,
  });
const missing = {
  ...jsonError(400, "com.amazonaws.sqs#QueueDoesNotExist", "The specified queue does not exist."),
  headers: {
    "content-type": "application/x-amz-json-1.0",
    "x-amzn-query-error": "AWS.SimpleQueueService.NonExistentQueue;Sender",
  },
};

sendingContract({
  type: "sqs",
  start,
  secrets: AWS_SECRETS,
  limit: 262_144,
  refusals: [
    ["no such queue", missing, "permanent", /does not exist.*"queueUrl"/],
    ["no permission", jsonError(403, "AccessDeniedException"), "permanent", /allow this role sqs:SendMessage/],
    ["a wrong key", jsonError(403, "SignatureDoesNotMatch"), "permanent", /check the AWS credentials/],
    ["too many at once", jsonError(403, "RequestThrottled"), "retry", /RequestThrottled/],
    ["a clock that is wrong", jsonError(403, "RequestExpired"), "retry", /RequestExpired/],
    ["a fault of its own", jsonError(500, "InternalError"), "retry", /Internal/],
  ],
});

describe("sqs", () => {
  const messagesTo = async (queue: string, notification = aNotification()) => {
    const service = await start(queue);
    onTestFinished(() => service.close());
    await sent("sqs", service.options, notification);
    return service.received.map(commandOf);
  };

  test("a message is the notification, as a webhook has it", async () => {
    const [message] = await messagesTo("ops");
    expect(JSON.parse(message!["MessageBody"]!)).toEqual(aNotification());
    expect(message).not.toHaveProperty("MessageDeduplicationId");
  });

  test.each(["\ufffe", "\uffff"])("what SQS would replace arrives as it is, and within the limit: %j", async (sign) => {
    const alerts = crowd(150, sign.repeat(800));
    const all = await messagesTo("ops", aNotification({ alerts, group: { [sign]: sign } }));
    for (const { MessageBody: body } of all) {
      expect(body!.includes(sign)).toBe(false);
      expect(Buffer.byteLength(body!)).toBeLessThanOrEqual(262_144);
    }
    const read = all.map(({ MessageBody: body }) => JSON.parse(body!));
    expect(read.flatMap((one) => one.alerts.map(({ summary }: { summary: string }) => summary))).toEqual(
      alerts.map(({ summary }) => summary),
    );
    expect(read[0].group).toEqual({ [sign]: sign });
  });

  test("a FIFO queue keeps a group's order, and drops a delivery that it has had", async () => {
    const [message] = await messagesTo("ops.fifo");
    expect(message).toMatchObject({
      MessageDeduplicationId: "dlv_1",
      MessageGroupId: expect.stringMatching(/^[0-9a-f]+$/),
    });
  });

  test("what does not fit in one message is several, each alert once", async () => {
    const alerts = crowd(800, "x".repeat(400));
    const all = await messagesTo("ops", aNotification({ alerts }));
    expect(all.length).toBeGreaterThan(1);
    const ids = all.flatMap((one) => JSON.parse(one["MessageBody"]!).alerts.map(({ id }: { id: string }) => id));
    expect(ids).toEqual(alerts.map(({ id }) => id));
  });
});
