// ntfy: a notification on phones, published as JSON to the server's root, which carries any text.
// https://docs.ntfy.sh/publish/#publish-as-json, limits: https://docs.ntfy.sh/publish/#limitations
import * as z from "zod";
import { Address, postJson } from "./http/address.ts";
import { advised, unconfirmed } from "./http/advice.ts";
import { jsonObject, refused, retry } from "./http/answer.ts";
import { apart } from "./message/apart.ts";
import { writeCard } from "./message/card.ts";
import { webAddress } from "./message/link.ts";
import type { Tone } from "./message/news.ts";
import { jsonBytes } from "./message/plain.ts";
import type { HttpChannel } from "./port.ts";

const TOPIC = /^[-_A-Za-z0-9]{1,64}$/;
const WANTED_TOPIC = 'a topic: up to 64 letters, digits, "_" and "-"';

const Options = z.strictObject({
  topic: z.string().refine((text) => text.includes("${") || TOPIC.test(text), WANTED_TOPIC),
  token: z.string().min(1).optional(),
  url: Address.refine(
    (text) => (webAddress(text)?.pathname ?? "/") === "/",
    "an ntfy server's root, without the topic",
  ).default("https://ntfy.sh"),
});

/** 5 rings through a phone's silence, 2 makes no sound. */
const PRIORITIES: Readonly<Record<Tone, number>> = { critical: 5, error: 4, warning: 3, info: 2, resolved: 2 };
/** Buttons below a notification, at most. */
const ACTIONS = 3;

/**
 * A longer message becomes an attachment: bytes of its text, which are no more than those in JSON. The whole JSON may
 * have twice as many.
 */
const MARKUP = {
  limit: 4_096,
  measure: jsonBytes,
  escape: apart,
  strong: (written: string) => written,
  link: (written: string, address: string) => `${written}: ${address}`,
  newline: "\n",
};

/** A day's messages are used up until midnight. ms */
const DAILY_QUOTA = 42908;
const QUOTA_WAIT = 900_000;

export const ntfy: HttpChannel<z.infer<typeof Options>> = {
  type: "ntfy",
  options: Options,
  incident: false,
  template: "words",
  // 60 at once, then one each five seconds.
  rate: [{ messages: 60, per: 300_000 }],
  render(notification, options, context) {
    const topic = options.topic.trim();
    if (!TOPIC.test(topic)) throw new Error(`the channel's topic is not ${WANTED_TOPIC}`);
    const { title, tone, lines, links } = writeCard(notification, context, MARKUP);
    // A button is of use only where its name says what it opens.
    const named = new Set(links.map(({ text }) => text)).size === links.length ? links.slice(0, ACTIONS) : [];
    const [first] = links;
    const body = {
      topic,
      title,
      // ntfy writes "triggered" for no message.
      message: lines.length > 0 ? lines.join("\n") : title,
      priority: PRIORITIES[tone],
      tags: ["lookout", `lookout-${tone}`],
      ...(first ? { click: first.url } : {}),
      ...(named.length > 0 ? { actions: named.map(({ text, url }) => ({ action: "view", label: text, url })) } : {}),
    };
    return postJson(options.url, body, options.token ? { authorization: `Bearer ${options.token.trim()}` } : {});
  },
  classify(response, { now }) {
    const { status } = response;
    const { id, event, code, error } = jsonObject(response.body);
    if (status === 200 && typeof id === "string" && event === "message") return { kind: "delivered" };
    if (status >= 200 && status <= 299) {
      return advised(unconfirmed(response, "a published message"), '"url" is the server\'s root, without the topic');
    }
    const outcome = refused(response, now, typeof error === "string" ? error : response.body);
    if (code === DAILY_QUOTA && outcome.kind === "retry") {
      return advised(retry(outcome.reason, outcome.after, QUOTA_WAIT), "the day's messages are used up");
    }
    return advised(outcome, adviceOn(status));
  },
};

function adviceOn(status: number): string | undefined {
  if (status === 401) return "the token or password is wrong or has expired: make a new one (ntfy token add)";
  if (status === 403) return "this topic needs a token that may write to it: ntfy access <user> <topic> wo";
  if (status === 400) return 'check "topic" and "url", which is the server\'s root without the topic';
  if (status === 404) return '"url" is the server\'s root, without the topic';
  if (status === 413) return "the server takes shorter messages: raise its message-size-limit to 4K";
  if (status === 507) return "the server has no room for this topic: subscribe to it first, or raise its quota";
  return undefined;
}
