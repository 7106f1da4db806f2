// Feishu and Lark custom bots: a card of plain text, in which no mention or markup can take effect;
// answers 200 with a code.
// https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
import { createHmac } from "node:crypto";
import * as z from "zod";
import { Address, postJson } from "../http/address.ts";
import { advised } from "../http/advice.ts";
import { byCode, header, jsonObject, retry, retryAfter, wait } from "../http/answer.ts";
import { receiverWords } from "../http/redact.ts";
import { hasSeveral, Secrets, secretOf } from "../http/secrets.ts";
import type { Fact, Line } from "../message/medium.ts";
import { compose } from "../message/message.ts";
import type { Tone } from "../message/news.ts";
import { jsonBytes, jsonItemBytes } from "../message/plain.ts";
import type { HttpChannel, HttpResponse, RenderContext } from "../port.ts";

const Options = z.strictObject({ url: Address, secret: Secrets });

const COLOURS: Readonly<Record<Tone, string>> = {
  critical: "red",
  error: "orange",
  warning: "yellow",
  info: "blue",
  resolved: "green",
};

/** Of the body's 20 KB the rest is for the card's frame and the signature. */
const LIMIT = 19_000;
/** Characters. */
const SHORT = 40;
/** Too many at once: 5 a second, 100 a minute; whole and half hours are crowded. */
const WAITS = new Map([[11232, 30_000]]);
const GATEWAY_LIMIT = 99991400;
const REFUSED_SIGNATURE = 19021;
const BAD_REQUEST = 9499;

const AGAIN = "copy the bot's webhook address again: it ends with /open-apis/bot/v2/hook/ and an id";
const ADVICE: ReadonlyMap<unknown, string> = new Map([
  [BAD_REQUEST, AGAIN],
  [19001, `the address is wrong or the bot was removed: ${AGAIN}`],
  [REFUSED_SIGNATURE, "check \"secret\" (signature verification in the bot's settings), and this machine's clock"],
  [19022, "add this machine's public address to the bot's IP whitelist"],
  [19024, "the bot takes only messages with its keywords: set signature verification in their place"],
]);

export const feishu: HttpChannel<z.infer<typeof Options>> = {
  type: "feishu",
  options: Options,
  incident: false,
  template: "words",
  concurrency: 2,
  mention: { form: /^(?:ou_\w{4,64}|all)$/, example: "ou_0123456789abcdef0123456789abcdef" },
  // https://open.feishu.cn/document/server-docs/getting-started/frequency-control
  rate: [
    { messages: 100, per: 60_000 },
    { messages: 5, per: 1_000 },
  ],
  render(notification, options, context) {
    const calling = mentionsOf(context);
    const { title, tone, blocks } = compose(notification, context, {
      limit: LIMIT - jsonItemBytes(calling),
      text: (text) => jsonBytes(harmless(text)),
      line: lineCost,
      frame: jsonItemBytes(elementsOf([{ text: "" }, { text: "", fact: { name: "", value: "" } }, ASIDE, LINK])),
    });
    const card = {
      config: { wide_screen_mode: true },
      header: { template: COLOURS[tone], title: plain(title) },
      elements: [...calling, ...blocks.flatMap(elementsOf).slice(0, -1)],
    };
    const timestamp = String(Math.floor(context.now / 1_000));
    const secret = secretOf(options, context.attempt);
    const signed = secret === undefined ? {} : { timestamp, sign: signature(secret, timestamp) };
    return postJson(options.url, { ...signed, msg_type: "interactive", card });
  },
  classify(response, { now, attempt }, options) {
    const answer = jsonObject(response.body);
    const code = answer["code"] ?? answer["StatusCode"];
    const message = answer["msg"] ?? answer["StatusMessage"];
    const reason = `code ${code}: ${receiverWords(String(message))}`;
    const advice = ADVICE.get(code) ?? (code === undefined && response.status >= 400 ? AGAIN : undefined);
    // A refused signature is made anew once; after that it is the clock or the secret, unless there is another.
    if (code === REFUSED_SIGNATURE && attempt <= 1) return advised({ kind: "retry", reason, after: 0 }, advice);
    if (code === REFUSED_SIGNATURE && hasSeveral(options)) return advised(retry(reason), advice);
    if (code === BAD_REQUEST && /too many/i.test(String(message))) return retry(reason, 60_000);
    if (code === GATEWAY_LIMIT) return retry(reason, resetOf(response) ?? 60_000, retryAfter(response, now));
    return advised(byCode(response, now, { code, message }, WAITS), advice);
  },
};

/** ms until the gateway's limit is lifted. */
function resetOf(response: HttpResponse): number | undefined {
  return wait(Number(header(response, "x-ogw-ratelimit-reset")) * 1_000);
}

function mentionsOf({ mentions = [] }: RenderContext): object[] {
  if (mentions.length === 0) return [];
  const content = mentions.map((id) => `<at id=${id}></at>`).join(" ");
  return [{ tag: "div", text: { tag: "lark_md", content } }];
}

const ASIDE: Line = { text: "", aside: true };
const LINK: Line = { text: "", link: "" };

/** Text, then facts side by side, then what few look for in small print, then buttons. */
function elementsOf(lines: readonly Line[]): object[] {
  const text = lines.filter((line) => line.link === undefined && !line.aside && !line.fact).map((line) => line.text);
  const fields = lines.flatMap(({ fact }) => (fact ? [fieldOf(fact)] : []));
  const asides = lines.filter((line) => line.aside).map((line) => plain(line.text));
  const actions = lines.filter((line) => line.link !== undefined).map(buttonOf);
  return [
    ...(text.length === 0 ? [] : [{ tag: "div", text: plain(text.join("\n")) }]),
    ...(fields.length === 0 ? [] : [{ tag: "div", fields }]),
    ...(asides.length === 0 ? [] : [{ tag: "note", elements: asides }]),
    ...(actions.length === 0 ? [] : [{ tag: "action", actions }]),
    { tag: "hr" },
  ];
}

function lineCost(line: Line): number {
  if (line.link !== undefined) return jsonItemBytes(buttonOf(line));
  if (line.aside) return jsonItemBytes(plain(line.text));
  return line.fact ? jsonItemBytes(fieldOf(line.fact)) : jsonBytes(`\n${harmless(line.text)}`);
}

function fieldOf({ name, value }: Fact): object {
  // Half the card's width holds so much on a line or two.
  return { is_short: value.length <= SHORT, text: plain(`${name}\n${value}`) };
}

function buttonOf({ text, link }: Line): object {
  return { tag: "button", type: "default", text: plain(text), url: link };
}

function plain(text: string): object {
  return { tag: "plain_text", content: harmless(text) };
}

/** Plain text is not read for mentions; should it ever be, this leaves none. */
function harmless(text: string): string {
  return text.replaceAll("<", "＜");
}

/**
 * Base64 of HMAC-SHA256 over nothing, keyed with time and secret (DingTalk has key and message the other way round).
 */
function signature(secret: string, timestamp: string): string {
  return createHmac("sha256", `${timestamp}\n${secret}`).update("").digest("base64");
}
