// Rocket.Chat incoming webhooks: the title as text, the rest as an attachment in the colour of the most urgent alert.
// https://docs.rocket.chat/docs/integrations, limits: the server's own settings Message_MaxAllowedSize (5,000) and
// API_Enable_Rate_Limiter_Limit_Calls_Default (10 requests a minute).
import * as z from "zod";
import { Address, postJson } from "../http/address.ts";
import { advised, unconfirmed } from "../http/advice.ts";
import { jsonObject, refused, retry } from "../http/answer.ts";
import { inertFormulas, writeCard } from "../message/card.ts";
import { COLOURS } from "../message/colours.ts";
import { characters } from "../message/plain.ts";
import type { HttpChannel } from "../port.ts";

const Options = z.strictObject({ url: Address });

/** UTF-16 units of the text and the attachment together. */
const LIMIT = 5_000;

const MARKUP = {
  limit: LIMIT,
  measure: characters,
  escape: inertFormulas,
  strong: (written: string) => `*${written}*`,
  link: (written: string, address: string) => `[${written}](${address})`,
  beside: " · ",
  newline: "\n",
};

export const rocketchat: HttpChannel<z.infer<typeof Options>> = {
  type: "rocketchat",
  options: Options,
  incident: false,
  template: "words",
  rate: [{ messages: 10, per: 60_000 }],
  mention: { form: /^@[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, example: "@ada" },
  render(notification, options, context) {
    const mentions = (context.mentions ?? []).join(" ");
    const limit = LIMIT - mentions.length - 1;
    const { title, tone, lines } = writeCard(notification, context, { ...MARKUP, limit });
    const text = lines.join("\n");
    return postJson(options.url, {
      text: [MARKUP.strong(title), mentions].join("\n").trimEnd(),
      ...(text === "" ? {} : { attachments: [{ color: COLOURS[tone], text }] }),
      parseUrls: false,
    });
  },
  classify(response, { now }) {
    const { status } = response;
    const { success, error } = jsonObject(response.body);
    if (status === 200 && success === true) return { kind: "delivered" };
    if (status >= 200 && status <= 299) return unconfirmed(response, '"success": true');
    const said = typeof error === "string" ? error : response.body;
    const outcome = refused(response, now, said);
    const seconds = status === 429 ? /wait (\d{1,6}) seconds/.exec(said)?.[1] : undefined;
    if (outcome.kind === "retry" && seconds) return retry(outcome.reason, outcome.after, Number(seconds) * 1_000);
    return advised(outcome, adviceOn(status, said));
  },
};

function adviceOn(status: number, said: string): string | undefined {
  if (/integration id or token/i.test(said))
    return "the webhook was deleted or the address is wrong: copy its URL again";
  if (/invalid-?\s?(channel|room)/i.test(said))
    return "the webhook's channel is gone: choose another one in its settings";
  if (status === 503) return "if only this webhook answers so, it is disabled: enable it";
  if (status === 404) return "check the address: it ends with /hooks/, an id and a token";
  return undefined;
}
