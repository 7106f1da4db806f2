// The channels of AWS against moto: what was sent is there, as another client of AWS sees it.
import {
  CreateEventBusCommand,
  EventBridgeClient,
  PutRuleCommand,
  PutTargetsCommand,
} from "@aws-sdk/client-eventbridge";
import { CreateEmailIdentityCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { CreateTopicCommand, SNSClient, SubscribeCommand } from "@aws-sdk/client-sns";
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { afterAll, describe, expect, test } from "vitest";
import { startMoto } from "../support/moto.ts";
import { withAwsCredentials } from "./aws-service.ts";
import { aNotification } from "./samples.ts";
import { sent } from "./sending-contract.ts";

withAwsCredentials();
const moto = await startMoto();
afterAll(() => moto?.stop());

const place = { region: "eu-central-1", endpoint: moto?.endpoint ?? "" };
const sqs = new SQSClient(place);

/** A queue and how to read its first message. */
async function aQueue(name: string): Promise<{ url: string; arn: string; first(wait?: number): Promise<string> }> {
  const Attributes = name.endsWith(".fifo") ? { FifoQueue: "true" } : {};
  const { QueueUrl: url = "" } = await sqs.send(new CreateQueueCommand({ QueueName: name, Attributes }));
  const found = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ["QueueArn"] }));
  return {
    url,
    arn: found.Attributes?.["QueueArn"] ?? "",
    first: async (wait = 5) => {
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl: url, WaitTimeSeconds: wait }));
      return Messages?.[0]?.Body ?? "";
    },
  };
}

describe.skipIf(moto === null)("against moto", () => {
  test("sqs: the queue holds the notification; a FIFO queue holds a delivery once", async () => {
    for (const name of ["plain", "ordered.fifo"]) {
      const { url, first } = await aQueue(name);
      const options = { ...place, queueUrl: url };
      for (const _ of [1, 2]) expect(await sent("sqs", options, aNotification())).toEqual({ kind: "delivered" });
      expect(JSON.parse(await first())).toEqual(aNotification());
      if (name.endsWith(".fifo")) expect(await first(0)).toBe("");
    }
  });

  test("sqs: a queue that is not there is for good", async () => {
    const queueUrl = `${place.endpoint}/123456789012/nowhere`;
    expect(await sent("sqs", { ...place, queueUrl }, aNotification())).toMatchObject({
      kind: "permanent",
      reason: expect.stringMatching(/"queueUrl"/),
    });
  });

  test("sns: a topic's subscriber gets the text, with its subject", async () => {
    const service = new SNSClient(place);
    const { arn, first } = await aQueue("subscriber");
    const { TopicArn } = await service.send(new CreateTopicCommand({ Name: "ops" }));
    await service.send(new SubscribeCommand({ TopicArn, Protocol: "sqs", Endpoint: arn }));
    expect(await sent("sns", { ...place, topicArn: TopicArn }, aNotification())).toMatchObject({ kind: "delivered" });
    const { Subject, Message } = JSON.parse(await first());
    expect(Subject).toBe("CRITICAL Deployment of zcjtest-07085 failed");
    expect(Message).toContain("team=ml, env=prod");
    const gone = { ...place, topicArn: `${TopicArn}-gone` };
    expect(await sent("sns", gone, aNotification())).toMatchObject({
      kind: "permanent",
      reason: expect.stringMatching(/topicArn/),
    });
  });

  test("sns: a phone gets it, too", async () => {
    const options = { ...place, phone: "+4915112345678" };
    expect(await sent("sns", options, aNotification())).toMatchObject({ kind: "delivered" });
  });

  test("eventbridge: a rule of the bus matches the event", async () => {
    const service = new EventBridgeClient(place);
    const { arn, first } = await aQueue("matched");
    await service.send(new CreateEventBusCommand({ Name: "ops" }));
    const pattern = JSON.stringify({ source: ["lookout"], detail: { status: ["firing"] } });
    await service.send(new PutRuleCommand({ Name: "all", EventBusName: "ops", EventPattern: pattern }));
    await service.send(new PutTargetsCommand({ Rule: "all", EventBusName: "ops", Targets: [{ Id: "q", Arn: arn }] }));
    const options = { ...place, bus: "ops", source: "lookout", detailType: "Lookout Notification" };
    expect(await sent("eventbridge", options, aNotification())).toEqual({ kind: "delivered" });
    expect(JSON.parse(await first())).toMatchObject({ "detail-type": "Lookout Notification", detail: aNotification() });
  });

  test("ses: a mail from a verified address is taken, any other refused with what to do", async () => {
    const options = { ...place, from: "lookout@example.com", to: ["oncall@example.com"] };
    expect(await sent("ses", options, aNotification())).toMatchObject({
      kind: "permanent",
      reason: expect.stringMatching(/verify "from"/),
    });
    await new SESv2Client(place).send(new CreateEmailIdentityCommand({ EmailIdentity: "lookout@example.com" }));
    expect(await sent("ses", options, aNotification())).toMatchObject({
      kind: "delivered",
      receipt: expect.stringMatching(/^<.*@eu-central-1\.amazonses\.com>$/),
    });
  });
});
