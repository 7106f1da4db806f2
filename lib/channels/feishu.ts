// Feishu and Lark custom bots: a card of plain text, in which no mention or markup can take effect;
// answers 200 with a code.
// https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot
import { createHmac } from "node:crypto";
import * as z from "zod";
import { Address, postJson } from "./http/address.ts";
import { byCode, header, jsonObject, retry, retryAfter, wait } from "./http/answer.ts";
import { receiverWords } from "./http/redact.ts";
import type { Line } from "./message/medium.ts";
import { compose } from "./message/message.ts";
import type { Tone } from "./message/news.ts";
import { jsonBytes, jsonItemBytes } from "./message/plain.ts";
import type { HttpChannel, HttpResponse } from "./port.ts";

const Options = z.strictObject({ url: Address, secret: z.string().min(1).optional() });

const COLOURS: Readonly<Record<Tone, string>> = {
  critical: "red",
  error: "orange",
  warning: "yellow",
  info: "blue",
  resolved: "green",
};

/** Of the body's 20 KB the rest is for the card's frame and the signature. */
const LIMIT = 19_000;
/** Too many at once: 5 a second, 100 a minute; whole and half hours are crowded. */
const WAITS = new Map([[11232, 30_000]]);
const GATEWAY_LIMIT = 99991400;
const REFUSED_SIGNATURE = 19021;
const BAD_REQUEST = 9499;

export const feishu: HttpChannel<z.infer<typeof Options>> = {
  type: "feishu",
  options: Options,
  incident: false,
  concurrency: 2,
  // https://open.feishu.cn/document/server-docs/getting-started/frequency-control
  rate: [
    { messages: 100, per: 60_000 },
    { messages: 5, per: 1_000 },
  ],
  render(notification, options, context) {
    const { title, tone, blocks } = compose(notification, context, {
      limit: LIMIT,
      text: (text) => jsonBytes(harmless(text)),
      line: (line) => (line.link ? jsonItemBytes(linkElement(line)) : jsonBytes(`\n${harmless(line.text)}`)),
      frame: jsonItemBytes(elementsOf([])),
    });
    const card = {
      config: { wide_screen_mode: true },
      header: { template: COLOURS[tone], title: { tag: "plain_text", content: harmless(title) } },
      elements: blocks.flatMap(elementsOf).slice(0, -1),
    };
    const timestamp = String(Math.floor(context.now / 1_000));
    const signed = options.secret === undefined ? {} : { timestamp, sign: signature(options.secret, timestamp) };
    return postJson(options.url, { ...signed, msg_type: "interactive", card });
  },
  classify(response, { now, attempt }) {
    const answer = jsonObject(response.body);
    const code = answer["code"] ?? answer["StatusCode"];
    const message = answer["msg"] ?? answer["StatusMessage"];
    const reason = `code ${code}: ${receiverWords(String(message))}`;
    // A refused signature is made anew once; after that it is the clock or the secret.
    if (code === REFUSED_SIGNATURE && attempt <= 1) return { kind: "retry", reason, after: 0 };
    if (code === BAD_REQUEST && /too many/i.test(String(message))) return retry(reason, 60_000);
    if (code === GATEWAY_LIMIT) return retry(reason, resetOf(response) ?? 60_000, retryAfter(response, now));
    return byCode(response, now, { code, message }, WAITS);
  },
};

/** ms until the gateway's limit is lifted. */
function resetOf(response: HttpResponse): number | undefined {
  return wait(Number(header(response, "x-ogw-ratelimit-reset")) * 1_000);
}

function elementsOf(lines: readonly Line[]): object[] {
  const text = lines.filter((line) => !line.link).map((line) => harmless(line.text));
  const plain = { tag: "div", text: { tag: "plain_text", content: text.join("\n") } };
  return [plain, ...lines.filter((line) => line.link).map(linkElement), { tag: "hr" }];
}

function linkElement({ text, link }: Line): object {
  return { tag: "div", text: { tag: "lark_md", content: `[${text}](${link})` } };
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
