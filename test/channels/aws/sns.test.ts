// The SNS channel: text for a topic and a shorter one for SMS, in the query protocol.
import { describe, expect, onTestFinished, test } from "vitest";
import type { Sent } from "../../support/receiver.ts";
import { AWS_SECRETS, startAws, withAwsCredentials } from "../aws-service.ts";
import { aNotification, anAlert, crowd } from "../samples.ts";
import { sendingChannel, sendingContract, sent } from "../sending-contract.ts";

withAwsCredentials();

const TOPIC = "arn:aws:sns:eu-central-1:123456789012:ops";
const fieldsOf = ({ body }: Sent) => Object.fromEntries(new URLSearchParams(body));
const messageOf = (one: Sent) => {
  const { Message = "", Subject = "", MessageStructure } = fieldsOf(one);
  return `${Subject}\n${MessageStructure === "json" ? JSON.parse(Message).default : Message}`;
};
const xml = (inner: string) => `<?xml version="1.0"?>${inner}`;
const error = (status: number, code: string, message = "no") => ({
  status,
  headers: { "content-type": "text/xml" },
  body: xml(`<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type>
<Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`),
});
const PUBLISHED = "<PublishResponse><PublishResult><MessageId>m-1</MessageId></PublishResult></PublishResponse>";
const start = (options: Record<string, unknown> = { topicArn: TOPIC }) =>
  startAws({
    options: () => options,
    accepted: () => ({ status: 200, headers: { "content-type": "text/xml" }, body: xml(PUBLISHED) }),
    message: messageOf,
    size: (one) => Buffer.byteLength(fieldsOf(one)["Message"] ?? ""),
  });

sendingContract({
  type: "sns",
  start,
  secrets: AWS_SECRETS,
  limit: 262_144,
  refusals: [
    ["no permission", error(403, "AuthorizationError"), "permanent", /allow this role sns:Publish/],
    ["no such topic", error(404, "NotFound", "Topic does not exist"), "permanent", /Topic does not exist.*"topicArn"/],
    ["a wrong key", error(403, "InvalidClientTokenId"), "permanent", /check the AWS credentials/],
    ["another region's topic", error(400, "InvalidParameter", "TopicArn"), "permanent", /"topicArn"/],
    ["too many at once", error(400, "Throttling", "Rate exceeded"), "retry", /Rate exceeded/],
    ["a fault of its own", error(500, "InternalFailure"), "retry", /Internal/],
  ],
});

/** The fields of what is published. */
async function published(
  options: Record<string, unknown>,
  notification = aNotification(),
): Promise<Record<string, string>> {
  const service = await start(options);
  onTestFinished(() => service.close());
  expect(await sent("sns", service.options, notification)).toEqual({ kind: "delivered", receipt: "m-1" });
  return fieldsOf(service.received[0]!);
}

describe("sns", () => {
  test("subscribers by SMS get a text of their own, of at most 1,600 characters", async () => {
    const { TopicArn, Message } = await published(
      { topicArn: TOPIC },
      aNotification({ alerts: crowd(50, "训练作业失败") }),
    );
    const forms = JSON.parse(Message!);
    expect(TopicArn).toBe(TOPIC);
    expect(forms.sms.length).toBeLessThanOrEqual(1_600);
    expect(forms.default.length).toBeGreaterThan(forms.sms.length);
  });

  test("a phone gets the short text alone", async () => {
    const fields = await published({ phone: "+4915112345678" }, aNotification({ alerts: crowd(200, "x".repeat(500)) }));
    expect(fields).toMatchObject({ PhoneNumber: "+4915112345678" });
    expect(fields["Message"]!.length).toBeLessThanOrEqual(1_600);
    expect(fields).not.toHaveProperty("Subject");
  });

  test.each([
    ["is ASCII without the sign", anAlert(), "CRITICAL Deployment of zcjtest-07085 failed"],
    ["is cut to less than 100 characters", anAlert({ summary: "x".repeat(300) }), `CRITICAL ${"x".repeat(87)}...`],
    ["keeps what of another script is ASCII", anAlert({ summary: "训练作业失败 job-7" }), "CRITICAL job-7"],
    ["says in ASCII what is left out", anAlert({ summary: "a… b" }), "CRITICAL a... b"],
    ["is one line", anAlert({ summary: "broken\r\nBcc: x" }), "CRITICAL broken Bcc: x"],
  ])("the subject %s", async (_name, alert, subject) => {
    expect((await published({ topicArn: TOPIC }, aNotification({ alerts: [alert] })))["Subject"]).toBe(subject);
  });

  test("a FIFO topic keeps a group's order, and drops a delivery that it has had", async () => {
    const [one, next, other] = await Promise.all([
      published({ topicArn: `${TOPIC}.fifo` }),
      published({ topicArn: `${TOPIC}.fifo` }, aNotification({ id: "dlv_2" })),
      published({ topicArn: `${TOPIC}.fifo` }, aNotification({ group: { rule: "another" } })),
    ]);
    expect(one["MessageDeduplicationId"]).toBe("dlv_1");
    expect(next["MessageDeduplicationId"]).toBe("dlv_2");
    expect(next["MessageGroupId"]).toBe(one["MessageGroupId"]);
    expect(other["MessageGroupId"]).not.toBe(one["MessageGroupId"]);
  });

  test("the topic's ARN says the region", async () => {
    const service = await start();
    onTestFinished(() => service.close());
    const { region: _, ...options } = service.options;
    expect((await sent("sns", options, aNotification())).kind).toBe("delivered");
    expect(service.received[0]!.headers["authorization"]).toContain("/eu-central-1/sns/");
  });

  test.each([
    ["neither topic nor phone", {}, /either/],
    ["both", { topicArn: TOPIC, phone: "+4915112345678" }, /either/],
    ["a queue's ARN", { topicArn: "arn:aws:sqs:eu-central-1:123456789012:ops" }, /topic's ARN/],
    ["a phone without its country", { phone: "0151 12345678" }, /country/],
  ])("refused in the configuration: %s", (_name, options, message) => {
    expect(JSON.stringify(sendingChannel("sns").options.safeParse(options).error?.issues)).toMatch(message);
  });
});
