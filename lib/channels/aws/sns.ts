// Amazon SNS: a message to a topic, whose subscribers get it as mail, SMS or JSON, or an SMS to one phone.
import * as z from "zod";
import { hashOf } from "../../model/hash.ts";
import type { Notification } from "../../model/notification.ts";
import { countsText } from "../message/news.ts";
import { bytes, characters, cut } from "../message/plain.ts";
import { plainText } from "../message/plain-text.ts";
import type { RenderContext, SendingChannel } from "../port.ts";
import { AWS_OPTIONS, clientsOf, refusedByAws } from "./client.ts";

const TopicArn = z
  .string()
  .refine(
    (text) => text.includes("${") || ARN.test(text),
    'a topic\'s ARN, such as "arn:aws:sns:eu-central-1:123456789012:ops"',
  );
const Phone = z
  .string()
  .refine(
    (text) => text.includes("${") || /^\+[1-9]\d{5,14}$/.test(text),
    'a phone number with its country: "+4915112345678"',
  );
const ARN = /^arn:[a-z-]{3,20}:sns:([a-z0-9-]{2,40}):\d{12}:[\w-]{1,256}(\.fifo)?$/;

const Options = z
  .strictObject({ topicArn: TopicArn.optional(), phone: Phone.optional(), ...AWS_OPTIONS })
  .refine(({ topicArn, phone }) => (topicArn === undefined) !== (phone === undefined), {
    error: 'give either "topicArn" or "phone"',
    path: ["topicArn"],
  });
type Options = z.infer<typeof Options>;

/** A message may have 256 KB with all its forms; one by SMS 1,600 characters; a subject 100 of ASCII. */
const TEXT_BYTES = 60_000;
const SMS_CHARACTERS = 1_600;
const SUBJECT_CHARACTERS = 99;

const ADVICE = {
  NotFound: 'check "topicArn" and "region"',
  InvalidParameter: 'check "topicArn" and "phone", and that both are of this region',
  EndpointDisabled: "the phone or endpoint is disabled in SNS",
  OptedOut: "the phone's owner has opted out of messages",
};

const client = clientsOf(async (config) => {
  const { SNSClient } = await import("@aws-sdk/client-sns");
  return new SNSClient(config);
});

export const sns: SendingChannel<Options> = {
  type: "sns",
  options: Options,
  incident: false,
  template: "words",
  concurrency: 4,
  async send(notification, options, context) {
    const { PublishCommand } = await import("@aws-sdk/client-sns");
    const { topicArn, phone, endpoint } = options;
    const region = options.region ?? ARN.exec(topicArn ?? "")?.[1];
    const sms = plainText(notification, context, SMS_CHARACTERS, characters).text;
    const command =
      topicArn === undefined
        ? new PublishCommand({ PhoneNumber: phone, Message: sms })
        : new PublishCommand({
            TopicArn: topicArn,
            ...topicMessage(notification, context, sms),
            ...ordered(topicArn, notification),
          });
    try {
      const service = await client({ region, endpoint });
      const { MessageId } = await service.send(command, { abortSignal: context.signal });
      return MessageId === undefined ? { kind: "delivered" } : { kind: "delivered", receipt: MessageId };
    } catch (error) {
      return refusedByAws(error, "sns:Publish", ADVICE);
    }
  },
};

function topicMessage(
  notification: Notification,
  context: RenderContext,
  sms: string,
): { Subject: string; Message: string; MessageStructure: string } {
  const { title, text } = plainText(notification, context, TEXT_BYTES, bytes);
  return {
    Subject: subjectOf(title, notification),
    Message: JSON.stringify({ default: text, sms }),
    MessageStructure: "json",
  };
}

/** What a topic takes as a subject: ASCII that begins with a letter, a digit or a sign. */
function subjectOf(title: string, { alerts, test }: Notification): string {
  const ascii = title
    .replaceAll("…", "...")
    .replace(/[^\x20-\x7e]+/g, " ")
    .replace(/ {2,}/g, " ")
    .trim();
  const own = /[A-Za-z].*[a-z]/.test(ascii) ? ascii : `${test ? "TEST: " : ""}Lookout: ${countsText(alerts)}`;
  // Of ASCII alone, which the sign of a cut is not.
  return cut(own, SUBJECT_CHARACTERS - 2, characters).replace("…", "...");
}

/** A FIFO topic keeps the order of a group, and drops what it has had within five minutes. */
function ordered(topicArn: string, { id, channel, group }: Notification): Record<string, string> {
  if (!topicArn.endsWith(".fifo")) return {};
  return { MessageGroupId: hashOf([channel, group]), MessageDeduplicationId: id };
}
