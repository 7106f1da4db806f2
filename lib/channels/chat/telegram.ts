// Telegram bots: a text without parse mode, in which bold and links are entities of their own, by UTF-16 offsets.
// Telegram still looks for addresses, mentions, tags and commands in it, which event texts are kept from being.
// https://core.telegram.org/bots/api#sendmessage, limits:
// https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
import * as z from "zod";
import type { Notification } from "../../model/notification.ts";
import { Address, addressBelow, postJson } from "../http/address.ts";
import { advised, unconfirmed } from "../http/advice.ts";
import { jsonObject, refused, retry, wait } from "../http/answer.ts";
import { posted } from "../http/posted.ts";
import { apart } from "../message/apart.ts";
import type { Line, Medium } from "../message/medium.ts";
import { compose } from "../message/message.ts";
import { characters } from "../message/plain.ts";
import type { HttpChannel, HttpResponse, Outcome, SendContext, SendingChannel } from "../port.ts";

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
type Options = z.infer<typeof Options>;

/** UTF-16 units. Some of Telegram's servers count code points, which are never more. */
const LIMIT = 4_096;

/** Telegram shows no more of a message's: https://docs.python-telegram-bot.org/en/stable/telegram.constants.html */
const ENTITIES = 100;

/** Between links, which share a line. */
const BESIDE = " · ";

const MEDIUM: Medium = {
  limit: LIMIT,
  text: (text) => characters(apart(text)),
  line: ({ text, link }) => characters(apart(text)) + (link ? BESIDE.length : 1),
  frame: 1,
};

export const telegram: SendingChannel<Options> = {
  type: "telegram",
  options: Options,
  incident: false,
  template: "words",
  // Of one chat, and of one group.
  rate: [
    { messages: 1, per: 1_000 },
    { messages: 20, per: 60_000 },
  ],
  countedBy: ["token", "chat"],
  mention: { form: /^(@[A-Za-z]\w{3,31}|\d{5,20})$/, example: "@ada_lovelace" },
  send: (notification, options, context) => posted(() => post(notification, options, context)),
};

/** One message to one chat. */
export const sendMessage: Pick<HttpChannel<Options>, "render" | "classify"> = {
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
    const { ok, description } = jsonObject(response.body);
    if (response.status === 200 && ok === true) return { kind: "delivered" };
    if (response.status >= 200 && response.status <= 299) return unconfirmed(response, '"ok": true');
    const said = typeof description === "string" ? description : response.body;
    const outcome = refused(response, now, said);
    const { retry_after: seconds } = parametersOf(response);
    if (outcome.kind === "retry" && typeof seconds === "number") {
      return retry(outcome.reason, outcome.after, wait(seconds * 1_000));
    }
    return advised(outcome, adviceOn(response, said));
  },
};

/** A group that became a supergroup has another id: it is posted to at once. The receipt keeps both. */
async function post(notification: Notification, options: Options, context: SendContext): Promise<Outcome> {
  const known = newIdOf(options, context.receipt);
  const ask = (chat: Options["chat"]) => {
    return context.exchange(sendMessage.render(notification, { ...options, chat }, context)!);
  };
  const answer = await ask(known ?? options.chat);
  const told = parametersOf(answer).migrate_to_chat_id;
  const id = typeof told === "number" ? told : known;
  const outcome = sendMessage.classify(typeof told === "number" ? await ask(told) : answer, context);
  if (id === undefined) return outcome;
  const note = `the group became a supergroup: set "chat" to ${id}`;
  if (outcome.kind === "delivered") return { ...outcome, receipt: `${options.chat} ${id}`, note };
  return advised(outcome, note);
}

/** What the chat of the configuration is called by now, as the message before found out. */
function newIdOf({ chat }: Options, receipt = ""): number | undefined {
  const [old, id] = receipt.split(" ");
  return old === String(chat) && Number.isSafeInteger(Number(id)) ? Number(id) : undefined;
}

function parametersOf({ body }: HttpResponse): { retry_after?: unknown; migrate_to_chat_id?: unknown } {
  const { parameters } = jsonObject(body);
  return typeof parameters === "object" && parameters !== null ? parameters : {};
}

interface Entity {
  type: string;
  offset: number;
  length: number;
  url?: string;
  user?: { id: number; is_bot: false; first_name: string };
}

/** The title, below it who is mentioned, and the blocks: as a text and its entities. Names go before links. */
function written(
  title: string,
  mentions: readonly string[],
  blocks: readonly Line[][],
): { text: string; entities: Entity[] } {
  const entities: Entity[] = [];
  const names = blocks.flat().filter(({ strong, link }) => strong && !link).length;
  let links = ENTITIES - 1 - mentions.length - names;
  let text = "";
  const add = (part: string, entity?: Pick<Entity, "type" | "url" | "user">) => {
    const isKept = entity && part !== "" && entities.length < ENTITIES;
    if (isKept) entities.push({ ...entity, offset: text.length, length: part.length });
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
      if (line.link && links-- <= 0) continue;
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
