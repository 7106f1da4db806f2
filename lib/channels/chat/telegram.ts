// Telegram bots: a text without parse mode, in which bold and links are entities of their own, by UTF-16 offsets.
// Telegram still looks for addresses, mentions, tags and commands in it, which event texts are kept from being.
// https://core.telegram.org/bots/api#sendmessage, limits:
// https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
import * as z from "zod";
import { Address, addressBelow, postJson } from "../http/address.ts";
import { advised, unconfirmed } from "../http/advice.ts";
import { jsonObject, refused, retry, wait } from "../http/answer.ts";
import { apart } from "../message/apart.ts";
import type { Line, Medium } from "../message/medium.ts";
import { compose } from "../message/message.ts";
import { characters } from "../message/plain.ts";
import type { HttpChannel, HttpResponse } from "../port.ts";

const TOKEN = /^\d{1,20}:[\w-]{20,100}$/;
const WANTED_TOKEN = "a bot's token as @BotFather gives it, such as 123456789:AAH…";
const CHAT = /^(-?\d{1,20}|@[A-Za-z]\w{3,31})$/;

const Options = z.strictObject({
  token: z.string().refine((text) => text.includes("${") || TOKEN.test(text), WANTED_TOKEN),
  chat: z.union([
    z.int(),
    z
      .string()
      .refine((text) => text.includes("${") || CHAT.test(text), "a chat's id, such as -1001234567890, or @its_name"),
  ]),
  thread: z.int().positive().optional(),
  url: Address.default("https://api.telegram.org"),
});

/** UTF-16 units. Some of Telegram's servers count code points, which are never more. */
const LIMIT = 4_096;

/** Between links, which share a line. */
const BESIDE = " · ";

const MEDIUM: Medium = {
  limit: LIMIT,
  text: (text) => characters(apart(text)),
  line: ({ text, link }) => characters(apart(text)) + (link ? BESIDE.length : 1),
  frame: 1,
};

export const telegram: HttpChannel<z.infer<typeof Options>> = {
  type: "telegram",
  options: Options,
  incident: false,
  template: "words",
  // Of one chat, and of one group.
  rate: [
    { messages: 1, per: 1_000 },
    { messages: 20, per: 60_000 },
  ],
  mention: { form: /^(@[A-Za-z]\w{3,31}|\d{5,20})$/, example: "@ada_lovelace" },
  render(notification, options, context) {
    const token = options.token.trim();
    if (!TOKEN.test(token)) throw new Error(`the channel's token is not ${WANTED_TOKEN}`);
    const { mentions = [] } = context;
    const room = LIMIT - mentions.join(" ").length - 1;
    const { title, blocks } = compose(notification, context, { ...MEDIUM, limit: room });
    return postJson(addressBelow(options.url, `bot${token}/sendMessage`), {
      chat_id: options.chat,
      ...(options.thread === undefined ? {} : { message_thread_id: options.thread }),
      ...written(title, mentions, blocks),
      link_preview_options: { is_disabled: true },
    });
  },
  classify(response, { now }) {
    const { ok, description, parameters } = jsonObject(response.body);
    if (response.status === 200 && ok === true) return { kind: "delivered" };
    if (response.status >= 200 && response.status <= 299) return unconfirmed(response, '"ok": true');
    const said = typeof description === "string" ? description : response.body;
    const outcome = refused(response, now, said);
    const { retry_after: seconds, migrate_to_chat_id: moved } = isRecord(parameters) ? parameters : {};
    if (outcome.kind === "retry" && typeof seconds === "number") {
      return retry(outcome.reason, outcome.after, wait(seconds * 1_000));
    }
    if (typeof moved === "number") return advised(outcome, `the group became a supergroup: set "chat" to ${moved}`);
    return advised(outcome, adviceOn(response, said));
  },
};

interface Entity {
  type: string;
  offset: number;
  length: number;
  url?: string;
  user?: { id: number; is_bot: false; first_name: string };
}

/** The title, below it who is mentioned, and the blocks: as a text and its entities. */
function written(
  title: string,
  mentions: readonly string[],
  blocks: readonly Line[][],
): { text: string; entities: Entity[] } {
  const entities: Entity[] = [];
  let text = "";
  const add = (part: string, entity?: Pick<Entity, "type" | "url" | "user">) => {
    if (entity && part !== "") entities.push({ ...entity, offset: text.length, length: part.length });
    text += part;
  };
  add(apart(title), { type: "bold" });
  for (const [at, mention] of mentions.entries()) {
    add(at === 0 ? "\n" : " ");
    add(mention, mentionOf(mention));
  }
  for (const block of blocks) {
    add("\n");
    for (const [at, line] of block.entries()) {
      add(line.link && block[at - 1]?.link ? BESIDE : "\n");
      add(apart(line.text), styleOf(line));
    }
  }
  return { text, entities };
}

function styleOf({ strong, link }: Line): Pick<Entity, "type" | "url"> | undefined {
  if (link) return { type: "text_link", url: link };
  return strong ? { type: "bold" } : undefined;
}

/** Telegram knows people by their name, or by their number where they have none. */
function mentionOf(mention: string): Pick<Entity, "type" | "user"> {
  if (mention.startsWith("@")) return { type: "mention" };
  return { type: "text_mention", user: { id: Number(mention), is_bot: false, first_name: mention } };
}

function adviceOn({ status }: HttpResponse, said: string): string | undefined {
  if (status === 401 || status === 404) return "the token is wrong: ask @BotFather for it (/token)";
  if (status === 403) return "the bot may not write there: add it to the chat, or have the person start it";
  if (said.includes("chat not found")) return 'no such chat for this bot: add it there, and check "chat"';
  if (said.includes("thread not found")) return 'no such topic: check "thread"';
  if (said.includes("TOPIC_CLOSED")) return 'the topic is closed: reopen it, or change "thread"';
  if (said.includes("not enough rights")) return "allow the bot to send messages there";
  return undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
