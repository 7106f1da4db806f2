// The EventBridge channel: the notification as an event's detail; an entry may be refused in an answer of 200.
import { describe, expect, onTestFinished, test } from "vitest";
import type { Sent } from "../../support/receiver.ts";
import { AWS_SECRETS, jsonError, startAws, withAwsCredentials } from "../aws-service.ts";
import { aNotification, anAlert } from "../samples.ts";
import { sendingChannel, sendingContract, sent } from "../sending-contract.ts";

withAwsCredentials();

const entryOf = ({ body }: Sent): Record<string, string> => JSON.parse(body).Entries[0];
const start = () =>
  startAws({
    options: () => ({ bus: "ops", source: "lookout", detailType: "Lookout Notification" }),
    accepted: () => ({ status: 200, body: '{"FailedEntryCount":0,"Entries":[{"EventId":"e-1"}]}' }),
    message: (one) => entryOf(one)["Detail"]!,
    size: (one) => Object.values(entryOf(one)).reduce((sum, text) => sum + Buffer.byteLength(text), 0),
  });
const entryRefused = (code: string) => ({
  status: 200,
  body: JSON.stringify({ FailedEntryCount: 1, Entries: [{ ErrorCode: code, ErrorMessage: "no" }] }),
});

sendingContract({
  type: "eventbridge",
  start,
  secrets: AWS_SECRETS,
  limit: 262_144,
  refusals: [
    ["an entry refused for now", entryRefused("ThrottlingException"), "retry", /Throttling/],
    ["a fault of its own", entryRefused("InternalFailure"), "retry", /Internal/],
    ["an entry refused for good", entryRefused("NotAuthorizedForSourceException"), "permanent", /check "source"/],
    ["no such bus", jsonError(400, "ResourceNotFoundException", "Event bus ops does not exist."), "permanent", /"bus"/],
    ["no permission", jsonError(400, "AccessDeniedException"), "permanent", /allow this role events:PutEvents/],
    ["a wrong key", jsonError(400, "UnrecognizedClientException"), "permanent", /check the AWS credentials/],
    ["too many at once", jsonError(400, "ThrottlingException"), "retry", /Throttling/],
  ],
});

describe("eventbridge", () => {
  test("an event has the notification as its detail, under the configured names", async () => {
    const service = await start();
    onTestFinished(() => service.close());
    await sent("eventbridge", service.options, aNotification({ alerts: [anAlert({ id: "b" })] }));
    const { Detail, ...entry } = entryOf(service.received[0]!);
    expect(entry).toEqual({ EventBusName: "ops", Source: "lookout", DetailType: "Lookout Notification" });
    expect(JSON.parse(Detail!)).toEqual(aNotification({ alerts: [anAlert({ id: "b" })] }));
  });

  test("an empty source, which EventBridge refuses, is refused in the configuration", () => {
    expect(sendingChannel("eventbridge").options.safeParse({ source: "" }).error?.issues).toHaveLength(1);
  });

  test("a source of AWS's own is refused in the configuration", () => {
    expect(
      JSON.stringify(sendingChannel("eventbridge").options.safeParse({ source: "aws.ec2" }).error?.issues),
    ).toMatch(/aws\./);
  });
});
