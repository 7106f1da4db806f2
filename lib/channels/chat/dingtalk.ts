// DingTalk group robots: markdown of at most 20 KB, the signature in the address; answers 200 with an errcode.
// https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages
import { createHmac } from "node:crypto";
import * as z from "zod";
import { Address, postJson, usableAddress } from "../http/address.ts";
import { byCode, jsonObject, retry } from "../http/answer.ts";
import { receiverWords } from "../http/redact.ts";
import { hasSeveral, Secrets, secretOf } from "../http/secrets.ts";
import { inert, type Markup, writeText } from "../message/markdown.ts";
import { characters, cut, jsonBytes } from "../message/plain.ts";
import type { HttpChannel, RenderContext } from "../port.ts";

const Options = z.strictObject({ url: Address, secret: Secrets });

/** Of the body's 20 KB the rest is for its title and frame. A single line feed is no new line in this dialect. */
const MARKUP: Markup = {
  limit: 18_500,
  measure: jsonBytes,
  escape: inert,
  strong: (written) => `**${written}**`,
  link: (written, address) => `[${written}](${address})`,
  beside: " · ",
  // Beside `at` the text has to name everyone whom it mentions.
  mention: (id) => `@${id}`,
  newline: "  \n",
  gap: "\n\n",
};

/** Busy; over the robot's limits: 20 a minute, then blocked for ten minutes. */
const WAITS = new Map([
  [-1, 0],
  [130101, 600_000],
  [90030, 60_000],
]);
const EVERYONE = "all";
const REFUSED_BY_SECURITY = 310000;

export const dingtalk: HttpChannel<z.infer<typeof Options>> = {
  type: "dingtalk",
  options: Options,
  incident: false,
  template: "words",
  mention: { form: /^(?:\+?\d[\d-]{5,18}|all)$/, example: "13800000000" },
  // The 21st in a minute has the robot blocked for ten minutes.
  rate: [{ messages: 18, per: 60_000 }],
  render(notification, options, context) {
    const { title, text } = writeText(notification, context, MARKUP);
    const url = usableAddress(options.url);
    const secret = secretOf(options, context.attempt);
    if (secret !== undefined) {
      const timestamp = String(context.now);
      url.searchParams.set("timestamp", timestamp);
      url.searchParams.set("sign", signature(secret, timestamp));
    }
    const markdown = { title: cut(inert(title), 200, characters), text };
    return postJson(url.href, { msgtype: "markdown", markdown, at: atOf(context) });
  },
  classify(response, { now, attempt }, options) {
    const { errcode: code, errmsg: message } = jsonObject(response.body);
    // A refused timestamp is signed anew once; after that it is the clock or the secret, unless there is another.
    const isOutdated = attempt <= 1 && /time ?stamp/i.test(String(message));
    const isOther = hasSeveral(options) && /sign/i.test(String(message));
    const reason = `code ${code}: ${receiverWords(String(message))}`;
    if (code === REFUSED_BY_SECURITY && isOutdated) return { kind: "retry", reason, after: 0 };
    if (code === REFUSED_BY_SECURITY && isOther) return retry(reason);
    return byCode(response, now, { code, message }, WAITS);
  },
};

/** By mobile number, or all. */
function atOf({ mentions = [] }: RenderContext): object {
  const atMobiles = mentions.filter((id) => id !== EVERYONE);
  return { isAtAll: mentions.includes(EVERYONE), ...(atMobiles.length === 0 ? {} : { atMobiles }) };
}

/**
 * Base64 of HMAC-SHA256 with the secret as key; `timestamp` in milliseconds (Feishu has key and
 * message the other way round).
 */
function signature(secret: string, timestamp: string): string {
  return createHmac("sha256", secret).update(`${timestamp}\n${secret}`).digest("base64");
}
