// Google Chat webhooks: a card, whose text can mention nobody. It reads some HTML, of which only Lookout writes any.
// https://developers.google.com/workspace/chat/quickstart/webhooks, limits: a message of 32 KB, a card of 100 widgets
// (https://developers.google.com/workspace/chat/api/reference/rest/v1/cards), one message a second in a space
// (https://developers.google.com/workspace/chat/limits).
import * as z from "zod";
import type { NotifiedAlert } from "../../model/notification.ts";
import { Address, postJson, usableAddress } from "../http/address.ts";
import { advised, unconfirmed } from "../http/advice.ts";
import { jsonObject, refused } from "../http/answer.ts";
import { apart, tagless } from "../message/apart.ts";
import { COLOURS } from "../message/colours.ts";
import type { Line, Medium } from "../message/medium.ts";
import { compose } from "../message/message.ts";
import type { Tone } from "../message/news.ts";
import { jsonBytes, jsonItemBytes } from "../message/plain.ts";
import type { HttpChannel } from "../port.ts";

const Options = z.strictObject({ url: Address });

/** Bytes of the message; the rest of its 32 KB is for the card's frame and for the title beside it. */
const LIMIT = 24_000;

const MEDIUM: Medium = {
  limit: LIMIT,
  // A block is a section of two widgets at most, of a card's 100.
  blocks: 48,
  text: (text) => jsonBytes(tagless(text)),
  line: (line) => (line.link ? jsonItemBytes(buttonOf(line)) : jsonBytes(`<b>${tagless(line.text)}</b><br>`)),
  frame: jsonItemBytes(sectionOf([{ text: "" }, { text: "", link: "" }])),
};

const ADVICE: ReadonlyMap<number, string> = new Map([
  [400, "the address is incomplete, or its key or token is wrong: copy the webhook's URL again"],
  [401, "the address's token is wrong: copy the webhook's URL again"],
  [403, "the webhook was deleted, or webhooks are not allowed there: make a new one"],
  [404, "the space or its webhook is gone: make a new one and give its URL"],
]);

export const googleChat: HttpChannel<z.infer<typeof Options>> = {
  type: "google-chat",
  options: Options,
  incident: false,
  template: "words",
  rate: [{ messages: 1, per: 1_000 }],
  mention: { form: /^users\/(all|\d{5,30})$/, example: "users/108671446647545753952" },
  render(notification, options, context) {
    const { title, tone, blocks } = compose(notification, context, MEDIUM);
    const mentions = (context.mentions ?? []).map((id) => `<${id}>`);
    const url = usableAddress(options.url);
    const thread = threadOf(notification.alerts);
    if (thread !== undefined) {
      url.searchParams.set("threadKey", thread);
      url.searchParams.set("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
    }
    return postJson(url.href, {
      ...(mentions.length > 0 ? { text: mentions.join(" ") } : {}),
      // What notifications on phones show.
      fallbackText: apart(title),
      cardsV2: [{ cardId: "alerts", card: { sections: [titleSection(title, tone), ...blocks.map(sectionOf)] } }],
    });
  },
  classify(response, { now }) {
    const { status } = response;
    const { name, error } = jsonObject(response.body);
    if (status === 200 && typeof name === "string") return { kind: "delivered" };
    if (status >= 200 && status <= 299) return unconfirmed(response, "the message that Google Chat made");
    const said = typeof error === "object" && error !== null && "message" in error ? String(error.message) : undefined;
    return advised(refused(response, now, said), ADVICE.get(status));
  },
};

/**
 * A thread lasts as long as the oldest alert of its group, so that a new outage is no answer below an old one, where
 * few would see it.
 */
function threadOf(alerts: readonly NotifiedAlert[]): string | undefined {
  const oldest = alerts.reduce<NotifiedAlert | undefined>((first, alert) => {
    return first !== undefined && first.startsAt <= alert.startsAt ? first : alert;
  }, undefined);
  return oldest?.id;
}

function titleSection(title: string, tone: Tone): object {
  return { widgets: [paragraph(`<b><font color="${COLOURS[tone]}">${tagless(title)}</font></b>`)] };
}

/** The lines as a paragraph, and the pages that they link to as buttons. */
function sectionOf(lines: readonly Line[]): object {
  const texts = lines.filter(({ link }) => link === undefined);
  const buttons = lines.filter(({ link }) => link !== undefined).map(buttonOf);
  const text = texts.map(lineOf).join("<br>");
  return {
    widgets: [
      ...(texts.length > 0 ? [paragraph(text)] : []),
      ...(buttons.length > 0 ? [{ buttonList: { buttons } }] : []),
    ],
  };
}

function lineOf({ text, strong, fact }: Line): string {
  if (fact) return `<b>${tagless(fact.name)}</b> ${tagless(fact.value)}`;
  return strong ? `<b>${tagless(text)}</b>` : tagless(text);
}

function paragraph(text: string): object {
  return { textParagraph: { text } };
}

function buttonOf({ text, link }: Line): object {
  return { text: apart(text), onClick: { openLink: { url: link } } };
}
