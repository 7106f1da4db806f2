// Mail through Amazon SES: the same mail as over SMTP, handed over whole.
import * as z from "zod";
import { ASCII_MAIL_OPTIONS, mailOf } from "../mail/mail.ts";
import type { SendingChannel } from "../port.ts";
import { AWS_OPTIONS, clientsOf, refusedByAws } from "./client.ts";

const Options = z.strictObject({ ...ASCII_MAIL_OPTIONS, ...AWS_OPTIONS });

const VERIFY = 'verify "from" in SES, and "to" as well while the account is in the sandbox';
const ADVICE = { MessageRejected: VERIFY, MailFromDomainNotVerified: VERIFY, AccountSuspended: "ask AWS to lift it" };

const client = clientsOf(async (config) => {
  const { SESv2Client } = await import("@aws-sdk/client-sesv2");
  return new SESv2Client(config);
});

export const ses: SendingChannel<z.infer<typeof Options>> = {
  type: "ses",
  options: Options,
  incident: false,
  template: "words",
  async send(notification, options, context) {
    const { from, to, raw } = await mailOf(notification, options, context);
    const { SendEmailCommand } = await import("@aws-sdk/client-sesv2");
    const command = new SendEmailCommand({
      FromEmailAddress: from.address,
      Destination: { ToAddresses: to.map(({ address }) => address) },
      Content: { Raw: { Data: raw } },
    });
    try {
      const service = await client(options);
      const { MessageId } = await service.send(command, { abortSignal: context.signal });
      if (MessageId === undefined) return { kind: "delivered" };
      // SES gives every mail a Message-ID of its own.
      const region = await service.config.region();
      const domain = `${region === "us-east-1" ? "email" : region}.amazonses.com`;
      return { kind: "delivered", receipt: `<${MessageId}@${domain}>` };
    } catch (error) {
      return refusedByAws(error, "ses:SendEmail", ADVICE);
    }
  },
};
