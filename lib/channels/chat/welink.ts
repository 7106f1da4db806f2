// WeLink group robots (Huawei): text of at most 500 characters; answers with a code, "0" for success.
// https://open.welink.huaweicloud.com, "group webhook robot": what is not written there, docs/channels/welink.md names.
import * as z from "zod";
import { hashOf } from "../../model/hash.ts";
import { Address, postJson } from "../http/address.ts";
import { advised } from "../http/advice.ts";
import { byCode, jsonObject } from "../http/answer.ts";
import { apart } from "../message/apart.ts";
import { type Markup, writeText } from "../message/markdown.ts";
import { characters } from "../message/plain.ts";
import type { HttpChannel, RenderContext } from "../port.ts";

const Options = z.strictObject({ url: Address });

/** UTF-16 units of the text. WeLink takes ten accounts to mention; half of the text is for the news. */
const LIMIT = 500;
const MOST_MENTIONS = 10;
const MENTIONS = 250;

const MARKUP: Markup = {
  limit: LIMIT,
  measure: characters,
  escape: apart,
  strong: (written) => written,
  link: (written, address) => `${written}: ${address}`,
  newline: "\n",
  gap: "\n",
};

/** Trouble of its own; too many, as WeLink's other interfaces say it. */
const WAITS = new Map([
  [58500, 0],
  [48503, 60_000],
]);
const NO_ROBOT = 58404;
const ADVICE: ReadonlyMap<number, string> = new Map([
  [NO_ROBOT, "the robot was deleted: add a new one to the group and give its address"],
  [58601, "check the address (token and channel), and this machine's clock: it may be 10 minutes off at most"],
  [58602, "the robot is disabled: enable it in the group's settings"],
]);

export const welink: HttpChannel<z.infer<typeof Options>> = {
  type: "welink",
  options: Options,
  incident: false,
  template: "words",
  mention: { form: /^[\w.@-]{1,64}$/, example: "mettjhfuukaq@562a847505" },
  render(notification, options, context) {
    const mentions = mentionedIn(context);
    const names = mentions.map((id) => `@${id}`).join(" ");
    const limit = LIMIT - names.length - 1;
    const { text } = writeText(notification, context, { ...MARKUP, limit });
    const [title = "", ...rest] = text.split("\n");
    return postJson(options.url, {
      messageType: "text",
      content: { text: [title, ...(names === "" ? [] : [names]), ...rest].join("\n") },
      timeStamp: context.now,
      // One of its own for each attempt.
      uuid: hashOf([notification.id, context.attempt, context.now]),
      isAt: mentions.length > 0,
      isAtAll: false,
      ...(mentions.length > 0 ? { atAccounts: mentions } : {}),
    });
  },
  classify(response, { now }) {
    const { code, message } = jsonObject(response.body);
    // WeLink writes the number as text.
    const number = typeof code === "string" && /^\d{1,9}$/.test(code) ? Number(code) : code;
    const outcome = byCode(response, now, { code: number, message }, WAITS);
    const known = outcome.kind === "permanent" && number === NO_ROBOT ? { ...outcome, gone: true as const } : outcome;
    return advised(known, adviceOn(response.status, number));
  },
};

/** As many as there is room for. */
function mentionedIn({ mentions = [] }: RenderContext): string[] {
  const first = mentions.slice(0, MOST_MENTIONS);
  while (first.join(" @").length >= MENTIONS) first.pop();
  return first;
}

function adviceOn(status: number, code: unknown): string | undefined {
  if (status === 401 || status === 403) return "allow this machine's public address in the robot's IP list";
  if (code === undefined && status >= 400) return "check the address: it is the robot's, with its token and channel";
  return typeof code === "number" ? ADVICE.get(code) : undefined;
}
