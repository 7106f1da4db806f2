// An incoming webhook of Slack: one request, to an address that is the secret. It tells nothing of what it posted.
import { postJson } from "../http/address.ts";
import type { HttpChannel } from "../port.ts";
import { judge } from "./answer.ts";
import { payloadOf } from "./payload.ts";

export const incomingWebhook: Pick<HttpChannel<{ url: string }>, "render" | "classify"> = {
  render: (notification, { url }, context) => postJson(url, payloadOf(notification, context)),
  classify: (response, { now }) => judge(response, now),
};
