// Discord webhooks: embeds in the colour of the most urgent alert. Webhook texts have no dependable escape, and nobody
// is pinged but those whom the message names as mentioned.
// https://docs.discord.com/developers/resources/webhook#execute-webhook, limits:
// https://docs.discord.com/developers/resources/message#embed-object-embed-limits
import * as z from "zod";
import { Address, postJson, usableAddress } from "../http/address.ts";
import { advised, unconfirmed } from "../http/advice.ts";
import { jsonObject, refused, retry, retryAfter, wait } from "../http/answer.ts";
import { writeCard } from "../message/card.ts";
import { COLOURS } from "../message/colours.ts";
import { inert, lineOf } from "../message/markdown.ts";
import { characters, cut } from "../message/plain.ts";
import type { HttpChannel } from "../port.ts";

const Options = z.strictObject({ url: Address });

/** UTF-16 units: of a title, of a description, and of all embeds together (6,000). */
const TITLE = 256;
const DESCRIPTION = 4_096;
const EMBEDS = 5_900;

const MARKUP = {
  limit: EMBEDS,
  measure: characters,
  escape: inert,
  strong: (written: string) => `**${written}**`,
  link: (written: string, address: string) => `[${written}](${address})`,
  beside: " · ",
  newline: "\n",
};

const DELETED = 10015;
/** By Discord's own code. https://docs.discord.com/developers/topics/opcodes-and-status-codes#json */
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  [10003, "the channel or thread is gone: choose another one"],
  [DELETED, "the webhook was deleted: make a new one and give its URL"],
  [50027, "the URL's token is wrong: copy the webhook's URL again"],
  [160005, "the thread is locked: choose another one"],
  [220001, "the webhook belongs to a forum: add ?thread_id=… to the URL"],
]);

export const discord: HttpChannel<z.infer<typeof Options>> = {
  type: "discord",
  options: Options,
  incident: false,
  template: "words",
  // Of a webhook and of a channel as they are known; what Discord says at the time goes before.
  rate: [
    { messages: 5, per: 2_000 },
    { messages: 30, per: 60_000 },
  ],
  mention: { form: /^<@&?\d{15,20}>$/, example: "<@&165511591545143296>" },
  render(notification, options, context) {
    const { title, tone, lines } = writeCard(notification, context, MARKUP);
    const { mentions = [] } = context;
    const [description, ...more] = descriptions(lines);
    const color = Number.parseInt(COLOURS[tone].slice(1), 16);
    const url = usableAddress(options.url);
    // Without it Discord answers before the message is saved, and reports no failure.
    url.searchParams.set("wait", "true");
    return postJson(url.href, {
      ...(mentions.length > 0 ? { content: mentions.join(" ") } : {}),
      embeds: [
        { title: cut(title, TITLE, characters), ...(description ? { description } : {}), color },
        ...more.map((text) => ({ description: text, color })),
      ],
      allowed_mentions: { parse: [], roles: idsOf(mentions, "<@&"), users: idsOf(mentions, "<@") },
    });
  },
  classify(response, { now }) {
    const { status } = response;
    const { id, code, message, retry_after: seconds } = jsonObject(response.body);
    if (status === 204 || (status === 200 && typeof id === "string")) return { kind: "delivered" };
    if (status >= 200 && status <= 299) return unconfirmed(response, "the message that Discord saved");
    // Of a message that is refused, the body names the field.
    const outcome = refused(response, now, typeof message === "string" && status !== 400 ? message : response.body);
    if (outcome.kind === "retry" && typeof seconds === "number") {
      return retry(outcome.reason, wait(seconds * 1_000), retryAfter(response, now));
    }
    const gone = code === DELETED && outcome.kind === "permanent" ? { ...outcome, gone: true as const } : outcome;
    return advised(gone, ADVICE.get(code));
  },
};

/** The lines in as few texts as hold them, each within the limit of one. */
function descriptions(lines: readonly string[]): string[] {
  const texts: string[] = [];
  let length = DESCRIPTION;
  for (const line of lines.flatMap(piecesOf)) {
    length += line.length + 1;
    if (length <= DESCRIPTION) texts[texts.length - 1] += `\n${line}`;
    else {
      texts.push(line);
      length = line.length;
    }
  }
  return texts.filter((text) => text !== "");
}

/** A line that is longer than a description, such as a template's, in pieces that are not; each is a line's text. */
function piecesOf(line: string): string[] {
  const pieces: string[] = [];
  let rest = line;
  while (rest.length > DESCRIPTION) {
    const end = INSEPARABLE.test(rest.charAt(DESCRIPTION)) ? DESCRIPTION - 1 : DESCRIPTION;
    pieces.push(rest.slice(0, end));
    rest = lineOf(rest.slice(end));
  }
  return [...pieces, rest];
}

/** What goes with the unit before it: the second half of a code point, and what inert text is parted by. */
const INSEPARABLE = /[\udc00-\udfff\u2060]/;

/** The digits of the mentions that begin so. */
function idsOf(mentions: readonly string[], start: "<@" | "<@&"): string[] {
  const digits = mentions.filter((one) => one.startsWith(start)).map((one) => one.slice(start.length, -1));
  return digits.filter((id) => !id.startsWith("&"));
}
