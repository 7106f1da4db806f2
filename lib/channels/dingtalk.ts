// DingTalk group robots: markdown of at most 20 KB, the signature in the address; answers 200 with an errcode.
// https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages
import { createHmac } from "node:crypto";
import * as z from "zod";
import { Address, postJson, usableAddress } from "./http/address.ts";
import { byCode, jsonObject } from "./http/answer.ts";
import { receiverWords } from "./http/redact.ts";
import { inert, type Markup, writeText } from "./message/markdown.ts";
import { characters, cut, jsonBytes } from "./message/plain.ts";
import type { HttpChannel } from "./port.ts";

const Options = z.strictObject({ url: Address, secret: z.string().min(1).optional() });

/** Of the body's 20 KB the rest is for its title and frame. A single line feed is no new line in this dialect. */
const MARKUP: Markup = {
  limit: 18_500,
  measure: jsonBytes,
  escape: inert,
  strong: (written) => `**${written}**`,
  link: (written, address) => `[${written}](${address})`,
  newline: "  \n",
  gap: "\n\n",
};

/** Busy; over the robot's limits: 20 a minute, then blocked for ten minutes. */
const WAITS = new Map([
  [-1, 0],
  [130101, 600_000],
  [90030, 60_000],
]);
const REFUSED_BY_SECURITY = 310000;

export const dingtalk: HttpChannel<z.infer<typeof Options>> = {
  type: "dingtalk",
  options: Options,
  incident: false,
  // The 21st in a minute has the robot blocked for ten minutes.
  rate: [{ messages: 18, per: 60_000 }],
  render(notification, options, context) {
    const { title, text } = writeText(notification, context, MARKUP);
    const url = usableAddress(options.url);
    if (options.secret !== undefined) {
      const timestamp = String(context.now);
      url.searchParams.set("timestamp", timestamp);
      url.searchParams.set("sign", signature(options.secret, timestamp));
    }
    const markdown = { title: cut(inert(title), 200, characters), text };
    return postJson(url.href, { msgtype: "markdown", markdown, at: { isAtAll: false } });
  },
  classify(response, { now, attempt }) {
    const { errcode: code, errmsg: message } = jsonObject(response.body);
    // A refused timestamp is signed anew once; after that it is the clock or the secret.
    if (code === REFUSED_BY_SECURITY && attempt <= 1 && /time ?stamp/i.test(String(message))) {
      return { kind: "retry", reason: `code ${code}: ${receiverWords(String(message))}`, after: 0 };
    }
    return byCode(response, now, { code, message }, WAITS);
  },
};

/**
 * Base64 of HMAC-SHA256 with the secret as key; `timestamp` in milliseconds (Feishu has key and
 * message the other way round).
 */
function signature(secret: string, timestamp: string): string {
  return createHmac("sha256", secret).update(`${timestamp}\n${secret}`).digest("base64");
}
