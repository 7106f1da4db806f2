// An incoming webhook of Slack: one request, to an address that is the secret. It tells nothing of what it posted.
import { postJson } from "../http/address.ts";
import type { HttpChannel } from "../port.ts";
import { type Advice, judge } from "./answer.ts";
import { payloadOf } from "./payload.ts";

const REMOVED = "the webhook was removed or disabled: make a new one and give its URL";
const AGAIN = "the URL is wrong: copy the webhook's URL again";
const ANOTHER = "make a webhook for a channel where the app may post";

/** https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks#handling_errors */
const ADVICE: Advice = {
  errors: new Map([
    ["no_service", REMOVED],
    ["no_service_id", REMOVED],
    ["no_active_hooks", REMOVED],
    ["no_team", `the workspace is gone, or ${AGAIN}`],
    ["team_disabled", "the workspace is disabled: make a webhook in another one"],
    ["invalid_token", AGAIN],
    ["channel_not_found", "the webhook's channel is gone: make a webhook for another one"],
    ["channel_is_archived", "unarchive the channel, or make a webhook for another one"],
    ["user_not_found", "whom the webhook writes to is gone: make a webhook for somebody else"],
    ["action_prohibited", `an administrator restricts posting there: ${ANOTHER}`],
    ["posting_to_general_channel_denied", `an administrator restricts posting there: ${ANOTHER}`],
  ]),
  elsewhere: 'check "url": a webhook\'s is https://hooks.slack.com/services/ with three parts behind it',
};

export const incomingWebhook: Pick<HttpChannel<{ url: string }>, "render" | "classify"> = {
  render: (notification, { url }, context) => postJson(url, payloadOf(notification, context)),
  classify: (response, { now }) => judge(response, now, ADVICE),
};
