// The SES channel: the mail as over SMTP, handed over whole.
import { expect, onTestFinished, test } from "vitest";
import { readMail } from "../../support/mime.ts";
import type { Sent } from "../../support/receiver.ts";
import { AWS_SECRETS, jsonError, startAws, withAwsCredentials } from "../aws-service.ts";
import { aNotification } from "../samples.ts";
import { sendingChannel, sendingContract, sent } from "../sending-contract.ts";

withAwsCredentials();

const mailIn = ({ body }: Sent) => readMail(Buffer.from(JSON.parse(body).Content.Raw.Data, "base64").toString("utf8"));
const start = () =>
  startAws({
    options: () => ({ from: "Lookout <lookout@example.com>", to: ["oncall@example.com"] }),
    accepted: () => ({ status: 200, body: '{"MessageId":"0100017f-1"}' }),
    message: (one) => `${mailIn(one).headers["subject"]}\n${mailIn(one).text}`,
    size: (one) => Buffer.byteLength(mailIn(one).html),
  });

sendingContract({
  type: "ses",
  start,
  secrets: AWS_SECRETS,
  limit: 102_000,
  refusals: [
    [
      "an address not verified",
      jsonError(400, "MessageRejected", "Email address is not verified."),
      "permanent",
      /verify "from"/,
    ],
    [
      "no permission",
      jsonError(403, "AccessDeniedException", "not authorized"),
      "permanent",
      /allow this role ses:SendEmail/,
    ],
    ["a wrong key", jsonError(403, "UnrecognizedClientException", "invalid"), "permanent", /check the AWS credentials/],
    ["an expired token", jsonError(403, "ExpiredTokenException", "expired"), "retry", /ExpiredToken/],
    ["too many mails", jsonError(429, "TooManyRequestsException", "slow down"), "retry", /TooManyRequests/],
    ["the daily quota", jsonError(400, "LimitExceededException", "quota"), "retry", /LimitExceeded/],
    ["a page of a proxy", { status: 200, body: "<html>Log in</html>" }, "retry", /no answer of AWS: check "endpoint"/],
    ["a service that is down", { status: 503 }, "retry", /./],
  ],
});

test("ses: its receipt is the Message-ID that SES gives the mail", async () => {
  const service = await start();
  onTestFinished(() => service.close());
  expect(await sent("ses", service.options, aNotification())).toEqual({
    kind: "delivered",
    receipt: "<0100017f-1@eu-central-1.amazonses.com>",
  });
});

test("ses: a domain of any script is sent as ASCII; a name of one is refused, for SES takes none", async () => {
  const service = await start();
  onTestFinished(() => service.close());
  const options = { ...service.options, from: "lookout@exämple.de", to: ["Jürgen <ops@bücher.example>"] };
  expect(sendingChannel("ses").options.safeParse(options).error).toBeUndefined();
  expect(await sent("ses", options, aNotification())).toMatchObject({ kind: "delivered" });
  expect(JSON.parse(service.received[0]!.body)).toMatchObject({
    FromEmailAddress: "lookout@xn--exmple-cua.de",
    Destination: { ToAddresses: ["ops@xn--bcher-kva.example"] },
  });
  const { error } = sendingChannel("ses").options.safeParse({ ...options, to: ["jürgen@example.com"] });
  expect(error?.issues).toMatchObject([{ path: ["to", 0], message: expect.stringMatching(/ASCII/) }]);
});

test("ses: without a region anywhere it says so", async () => {
  const before = process.env["AWS_REGION"];
  delete process.env["AWS_REGION"];
  onTestFinished(() => {
    if (before !== undefined) process.env["AWS_REGION"] = before;
  });
  const options = { from: "a@example.com", to: ["b@example.com"], endpoint: "http://127.0.0.1:9" };
  expect(sendingChannel("ses").options.safeParse(options).success).toBe(true);
  expect(await sent("ses", options, aNotification())).toMatchObject({
    kind: "permanent",
    reason: expect.stringMatching(/"region"/),
  });
});
