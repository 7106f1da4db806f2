// DingTalk group robots: an action card, or Markdown where it mentions somebody, of at most 20 KB; the signature goes
// into the address; answers 200 with an errcode.
// https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages
import { createHmac } from "node:crypto";
import * as z from "zod";
import type { Notification } from "../../model/notification.ts";
import { Address, postJson, usableAddress } from "../http/address.ts";
import { advised } from "../http/advice.ts";
import { byCode, jsonObject, retry } from "../http/answer.ts";
import { receiverWords } from "../http/redact.ts";
import { hasSeveral, Secrets, secretOf } from "../http/secrets.ts";
import { inert, lineCost, type Markup, writeLines } from "../message/markdown.ts";
import type { Line } from "../message/medium.ts";
import { compose } from "../message/message.ts";
import { characters, cut, jsonBytes, jsonItemBytes } from "../message/plain.ts";
import type { HttpChannel, RenderContext } from "../port.ts";

const Options = z.strictObject({ url: Address, secret: Secrets });

/** Of the body's 20 KB the rest is for its title and frame. A single line feed is no new line in this dialect. */
const MARKUP = {
  limit: 18_500,
  measure: jsonBytes,
  escape: inert,
  strong: (written) => `**${written}**`,
  link: (written, address) => `[${written}](${address})`,
  beside: " · ",
  newline: "  \n",
  gap: "\n\n",
} as const satisfies Markup;
const TITLE_CHARACTERS = 200;
/** More buttons below each other hide the news. */
const MOST_BUTTONS = 6;

/** Busy; over the robot's limits: 20 a minute, then blocked for ten minutes. */
const WAITS = new Map([
  [-1, 0],
  [130101, 600_000],
  [410100, 600_000],
  [90030, 60_000],
]);
const EVERYONE = "all";
const REFUSED_BY_SECURITY = 310000;

const AGAIN = "copy the robot's webhook address again: it ends with /robot/send?access_token= and a token";
const NO_TOKEN = `the token is wrong, or the robot was removed: ${AGAIN}`;
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  [300001, NO_TOKEN],
  [300005, NO_TOKEN],
  [400101, NO_TOKEN],
  [400102, "the robot is disabled: enable it in the group's settings"],
  [400106, NO_TOKEN],
  [400013, "the group was dissolved: add a robot to another one and give its address"],
]);
/** What the robot's security settings refuse: it says so in English or in Chinese. */
const SECURITY: readonly [said: RegExp, advice: string][] = [
  [/keyword|关键词/i, "the robot takes only messages with its keywords: choose the signature (加签) in their place"],
  [/time ?stamp|过期/i, "set this machine's clock: it may be an hour off at most"],
  [/sign|签名/i, 'check "secret": it is what the robot\'s settings show beside the signature (加签), SEC…'],
  [/\bip\b|白名单/i, "add this machine's public address to the robot's IP addresses (IP地址段)"],
  [/access_?token/i, NO_TOKEN],
];

export const dingtalk: HttpChannel<z.infer<typeof Options>> = {
  type: "dingtalk",
  options: Options,
  incident: false,
  template: "words",
  mention: { form: /^(?:\+?\d[\d-]{5,18}|all)$/, example: "13800000000" },
  // The 21st in a minute has the robot blocked for ten minutes.
  rate: [{ messages: 18, per: 60_000 }],
  render(notification, options, context) {
    const url = usableAddress(options.url);
    const secret = secretOf(options, context.attempt);
    if (secret !== undefined) {
      const timestamp = String(context.now);
      url.searchParams.set("timestamp", timestamp);
      url.searchParams.set("sign", signature(secret, timestamp));
    }
    return postJson(url.href, messageOf(notification, context));
  },
  classify(response, { now, attempt }, options) {
    const { errcode: code, errmsg: message } = jsonObject(response.body);
    const said = String(message);
    // A refused timestamp is signed anew once; after that it is the clock or the secret, unless there is another.
    const isOutdated = attempt <= 1 && /time ?stamp|过期/i.test(said);
    const isOther = hasSeveral(options) && /sign|签名/i.test(said);
    const reason = `code ${code}: ${receiverWords(said)}`;
    const advice = adviceOn(response.status, code, said);
    if (code === REFUSED_BY_SECURITY && isOutdated) return advised({ kind: "retry", reason, after: 0 }, advice);
    if (code === REFUSED_BY_SECURITY && isOther) return advised(retry(reason), advice);
    return advised(byCode(response, now, { code, message }, WAITS), advice);
  },
};

function adviceOn(status: number, code: unknown, said: string): string | undefined {
  if (code === REFUSED_BY_SECURITY) return SECURITY.find(([form]) => form.test(said))?.[1];
  return ADVICE.get(code) ?? (code === undefined && status >= 400 ? AGAIN : undefined);
}

/**
 * A card whose buttons lead to the pages. A card mentions nobody (`at` is for text and Markdown alone), and a button
 * is of use only where its name says what it opens: else the message is Markdown with its links in the text.
 */
function messageOf(notification: Notification, context: RenderContext): object {
  const mentions = context.mentions ?? [];
  // Beside `at` the text has to name everyone whom it mentions.
  const names = mentions.map((id) => `@${id}`).join(" ");
  const { title, blocks } = compose(notification, context, {
    limit: MARKUP.limit - jsonBytes(names && names + MARKUP.newline),
    text: (raw) => jsonBytes(inert(raw)),
    line: (line) => Math.max(lineCost(line, MARKUP), line.link ? jsonItemBytes(buttonOf(line)) : 0),
    frame: jsonBytes(MARKUP.gap),
  });
  const written = (lines: readonly Line[]) => writeLines(lines, MARKUP).join(MARKUP.newline);
  const heading = [{ text: title, strong: true }];
  const shown = cut(inert(title), TITLE_CHARACTERS, characters);
  const links = blocks.flat().filter((line) => line.link);
  if (mentions.length === 0 && canBeButtons(links)) {
    const others = blocks.map((block) => block.filter((line) => !line.link)).filter((block) => block.length > 0);
    const text = [heading, ...others].map(written).join(MARKUP.gap);
    // "0": below each other.
    const actionCard = { title: shown, text, btnOrientation: "0", btns: links.map(buttonOf) };
    return { msgtype: "actionCard", actionCard };
  }
  const [first = "", ...rest] = [heading, ...blocks].map(written);
  const text = [names ? first + MARKUP.newline + names : first, ...rest].join(MARKUP.gap);
  return { msgtype: "markdown", markdown: { title: shown, text }, at: atOf(mentions) };
}

function canBeButtons(links: readonly Line[]): boolean {
  const names = new Set(links.map(({ text }) => text));
  return links.length > 0 && links.length <= MOST_BUTTONS && names.size === links.length;
}

function buttonOf({ text, link }: Line): object {
  return { title: inert(text), actionURL: link };
}

/** By mobile number, or all. */
function atOf(mentions: readonly string[]): object {
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
