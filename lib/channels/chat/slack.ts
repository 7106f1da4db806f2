// Slack: an incoming webhook, or an app's bot token with which messages of one group share a thread.
import * as z from "zod";
import type { Notification } from "../../model/notification.ts";
import { Address } from "../http/address.ts";
import { posted } from "../http/posted.ts";
import type { Outcome, SendContext, SendingChannel } from "../port.ts";
import { postAsBot } from "../slack/bot.ts";
import { incomingWebhook } from "../slack/webhook.ts";

const API = "https://slack.com/api";

const Options = z
  .strictObject({
    url: Address.optional().describe("Address of an incoming webhook; with a token that of the Web API."),
    token: z.string().min(1).optional().describe("An app's bot token; normally a reference."),
    channel: z.string().min(1).optional().describe("With a token: the id of the channel."),
  })
  .refine(({ url, token }) => url !== undefined || token !== undefined, 'set "url", or "token" and "channel"')
  .refine(({ token, channel }) => (token === undefined) === (channel === undefined), {
    error: '"token" and "channel" belong together',
  });

export const slack: SendingChannel<z.infer<typeof Options>> = {
  type: "slack",
  options: Options,
  incident: false,
  template: "words",
  // https://docs.slack.dev/apis/web-api/rate-limits
  rate: [{ messages: 1, per: 1_000 }],
  countedBy: ["token", "channel"],
  mention: { form: /^(?:[SUW][A-Z0-9]{5,20}|here|channel)$/, example: "S0ONCALL" },
  send: (notification, options, context) => posted(() => post(notification, options, context)),
};

async function post(
  notification: Notification,
  { url, token, channel }: z.infer<typeof Options>,
  context: SendContext,
): Promise<Outcome> {
  if (token !== undefined && channel !== undefined) {
    return postAsBot(notification, { token, channel, url: url ?? API }, context);
  }
  const response = await context.exchange(incomingWebhook.render(notification, { url: url! }, context)!);
  return incomingWebhook.classify(response, context);
}
