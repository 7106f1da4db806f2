// Slack incoming webhooks: one mrkdwn text, since a block beyond its limits makes Slack refuse the whole message.
// https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks, limits: https://docs.slack.dev/messaging/formatting-message-text
import * as z from "zod";
import { Address, postJson } from "./address.ts";
import { jsonObject, refused, retry, retryAfter, wait } from "./answer.ts";
import { type Markup, writeText } from "./markdown.ts";
import { characters } from "./plain.ts";
import type { ChannelType } from "./port.ts";
import { receiverWords } from "./redact.ts";

const Options = z.strictObject({ url: Address });

/** Slack cuts at 40,000 characters. */
const MARKUP: Markup = {
  limit: 39_000,
  measure: characters,
  escape: (raw) => raw.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  strong: (written) => `*${written}*`,
  link: (written, address) => `<${address.replaceAll("&", "&amp;")}|${written}>`,
  newline: "\n",
  gap: "\n\n",
};

/** Errors Slack gives in a body and that pass by themselves. */
const PASSING = new Set([
  "rate_limited",
  "ratelimited",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
]);

export const slack: ChannelType<z.infer<typeof Options>> = {
  type: "slack",
  options: Options,
  incident: false,
  render(notification, options, { timezone }) {
    const { text } = writeText(notification, timezone, MARKUP);
    return postJson(options.url, { text, link_names: false, unfurl_links: false, unfurl_media: false });
  },
  classify(response, { now }) {
    const answer = jsonObject(response.body);
    const said = response.body.trim();
    if (response.status === 200 && (said === "ok" || answer["ok"] === true)) return { kind: "delivered" };
    const error = typeof answer["error"] === "string" ? answer["error"] : said;
    if (PASSING.has(error)) {
      const stated = typeof answer["retry_after"] === "number" ? wait(answer["retry_after"] * 1_000) : undefined;
      return retry(`HTTP ${response.status}: ${error}`, stated, retryAfter(response, now));
    }
    if (response.status === 200) {
      return { kind: "permanent", reason: `HTTP 200, but not the answer "ok": ${receiverWords(error)}` };
    }
    return refused(response, now, error);
  },
};
