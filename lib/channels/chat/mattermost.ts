// Mattermost incoming webhooks: an attachment in the colour of the most urgent alert, its Markdown all Lookout's own.
// https://developers.mattermost.com/integrate/webhooks/incoming/
// https://developers.mattermost.com/integrate/reference/message-attachments/
import * as z from "zod";
import { Address, postJson } from "../http/address.ts";
import { advised, unconfirmed } from "../http/advice.ts";
import { jsonObject, refused } from "../http/answer.ts";
import { inertFormulas, writeCard } from "../message/card.ts";
import { COLOURS } from "../message/colours.ts";
import type { HttpChannel } from "../port.ts";

const Options = z.strictObject({ url: Address });

/** Code points of an attachment; of a post Mattermost takes 16,383. */
const LIMIT = 15_000;

const MARKUP = {
  limit: LIMIT,
  measure: (written: string) => Array.from(written).length,
  escape: inertFormulas,
  strong: (written: string) => `**${written}**`,
  link: (written: string, address: string) => `[${written}](${address})`,
  beside: " · ",
  newline: "\n",
};

/** By the beginning of Mattermost's name for the error. */
const ADVICE: readonly [name: string, advice: string][] = [
  ["web.incoming_webhook.invalid", "the webhook was deleted or the address is wrong: make a new one"],
  ["web.incoming_webhook.disabled", "an administrator has to enable incoming webhooks"],
  ["web.incoming_webhook.channel_locked", "the webhook is locked to a channel: make one for the channel you want"],
  ["web.incoming_webhook.channel", "the webhook's channel is gone: choose another one in its settings"],
  ["web.incoming_webhook.permissions", "who made the webhook may not post there: have a member make it"],
  ["web.incoming_webhook.user", "who made the webhook has left: make a new one"],
];

export const mattermost: HttpChannel<z.infer<typeof Options>> = {
  type: "mattermost",
  options: Options,
  incident: false,
  template: "words",
  mention: { form: /^@[a-z0-9][a-z0-9._-]{0,63}$/, example: "@ada" },
  render(notification, options, context) {
    const { title, tone, lines } = writeCard(notification, context, MARKUP);
    const { mentions = [] } = context;
    // The fallback is what notifications show.
    const attachment = { fallback: title, color: COLOURS[tone], title, text: lines.join("\n") };
    return postJson(options.url, {
      ...(mentions.length > 0 ? { text: mentions.join(" ") } : {}),
      attachments: [attachment],
    });
  },
  classify(response, { now }) {
    const { status, body } = response;
    if (status === 200 && body.trim() === "ok") return { kind: "delivered" };
    if (status >= 200 && status <= 299) return unconfirmed(response, 'the answer "ok"');
    const { id, message } = jsonObject(body);
    const advice = ADVICE.find(([name]) => typeof id === "string" && id.startsWith(name))?.[1];
    const outcome = refused(response, now, typeof message === "string" ? message : body);
    return advised(
      outcome,
      advice ?? (status === 404 ? "check the address: it ends with /hooks/ and an id" : undefined),
    );
  },
};
