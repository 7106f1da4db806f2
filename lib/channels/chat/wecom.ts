// WeCom (Work WeChat) group robots: markdown of at most 4,096 bytes; answers 200 with an errcode.
// https://developer.work.weixin.qq.com/document/path/91770
import * as z from "zod";
import { Address, postJson } from "../http/address.ts";
import { advised } from "../http/advice.ts";
import { byCode, jsonObject } from "../http/answer.ts";
import { inert, type Markup, writeText } from "../message/markdown.ts";
import { bytes } from "../message/plain.ts";
import type { HttpChannel } from "../port.ts";

const Options = z.strictObject({ url: Address });

const MARKUP: Markup = {
  limit: 4_096,
  measure: bytes,
  escape: inert,
  strong: (written) => `**${written}**`,
  link: (written, address) => `[${written}](${address})`,
  beside: " · ",
  mention: (id) => `<@${id}>`,
  newline: "\n",
  gap: "\n\n",
};

/** Busy; calls too frequent (20 a minute), too many at once. */
const WAITS = new Map([
  [-1, 0],
  [45009, 60_000],
  [45033, 10_000],
]);

const AGAIN = "copy the robot's webhook address again: it ends with /cgi-bin/webhook/send?key= and a key";
/** https://developer.work.weixin.qq.com/document/path/90313 */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  [93000, `the key is wrong, or the robot was removed from the group: ${AGAIN}`],
  [93004, "the robot is disabled: have who made it enable it, or add a new one"],
  [93008, "the robot is not in the group any more: add a new one and give its address"],
]);

export const wecom: HttpChannel<z.infer<typeof Options>> = {
  type: "wecom",
  options: Options,
  incident: false,
  template: "words",
  mention: { form: /^[\w.@-]{1,64}$/, example: "zhangsan" },
  rate: [{ messages: 20, per: 60_000 }],
  render(notification, options, context) {
    const { text } = writeText(notification, context, MARKUP);
    return postJson(options.url, { msgtype: "markdown", markdown: { content: text } });
  },
  classify(response, { now }) {
    const { errcode: code, errmsg: message } = jsonObject(response.body);
    const elsewhere = code === undefined && response.status >= 400 ? AGAIN : undefined;
    return advised(byCode(response, now, { code, message }, WAITS), ADVICE.get(code) ?? elsewhere);
  },
};
