// Slack incoming webhooks: Block Kit's rich_text blocks. Unlike mrkdwn, and unlike plain_text, in which Slack's clients
// make links of addresses, nothing in the text of their elements is read: bold and links are elements of their own.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block, limits:
// https://docs.slack.dev/reference/block-kit/blocks
import * as z from "zod";
import { Address, postJson } from "./http/address.ts";
import { jsonObject, refused, retry, retryAfter, wait } from "./http/answer.ts";
import { receiverWords } from "./http/redact.ts";
import { inert, lineOf } from "./message/markdown.ts";
import type { Line, Medium } from "./message/medium.ts";
import { compose } from "./message/message.ts";
import { jsonBytes, jsonItemBytes } from "./message/plain.ts";
import type { HttpChannel } from "./port.ts";

const Options = z.strictObject({ url: Address });

/**
 * At most 50 blocks. All blocks together: Slack documents no limit and refuses them
 * (msg_blocks_too_long) at about 12,000 characters of text and 13,300 of JSON,
 * https://github.com/slackapi/bolt-js/issues/2509 and 2867. Bytes of JSON.
 */
const MEDIUM: Medium = {
  limit: 12_000,
  blocks: 50,
  frame: jsonItemBytes(blockOf([])),
  line: (line) => elementsOf(line, 1).reduce((sum, element) => sum + jsonItemBytes(element), 0),
  text: jsonBytes,
};

/** Errors Slack gives in a body and that pass by themselves. */
const PASSING = new Set([
  "rate_limited",
  "ratelimited",
  "internal_error",
  "fatal_error",
  "service_unavailable",
  "request_timeout",
]);

/** The webhook was removed or disabled, or its channel is archived. */
const GONE = new Set(["no_service", "channel_is_archived"]);

export const slack: HttpChannel<z.infer<typeof Options>> = {
  type: "slack",
  options: Options,
  incident: false,
  // https://docs.slack.dev/apis/web-api/rate-limits
  rate: [{ messages: 1, per: 1_000 }],
  render(notification, options, context) {
    const { title, blocks } = compose(notification, context, MEDIUM);
    const all: Line[][] = [[{ text: title, strong: true }], ...blocks];
    return postJson(options.url, {
      text: standIn(all),
      mrkdwn: false,
      parse: "none",
      link_names: false,
      unfurl_links: false,
      unfurl_media: false,
      blocks: all.map(blockOf),
    });
  },
  classify(response, { now }) {
    const answer = jsonObject(response.body);
    const said = response.body.trim();
    if (response.status === 200 && (said === "ok" || answer["ok"] === true)) return { kind: "delivered" };
    const error = typeof answer["error"] === "string" ? answer["error"] : said;
    if (PASSING.has(error)) {
      const stated = typeof answer["retry_after"] === "number" ? wait(answer["retry_after"] * 1_000) : undefined;
      return retry(`HTTP ${response.status}: ${error}`, stated, retryAfter(response, now));
    }
    if (response.status === 200) {
      return { kind: "permanent", reason: `HTTP 200, but not the answer "ok": ${receiverWords(error)}` };
    }
    const outcome = refused(response, now, error);
    return outcome.kind === "permanent" && GONE.has(error) ? { ...outcome, gone: true } : outcome;
  },
};

function blockOf(lines: readonly Line[]): object {
  return { type: "rich_text", elements: [{ type: "rich_text_section", elements: lines.flatMap(elementsOf) }] };
}

/** A line's elements; all but the first line of a block begin with a new line. */
function elementsOf({ text, strong, link }: Line, index: number): object[] {
  const start = index === 0 ? "" : "\n";
  if (!link) return [{ type: "text", text: start + text, ...(strong ? { style: { bold: true } } : {}) }];
  return [...(start ? [{ type: "text", text: start }] : []), { type: "link", url: link, text }];
}

/**
 * The text for notifications and screen readers, which is not shown beside blocks. Webhooks do not dependably obey
 * `parse` and `mrkdwn`, so that nothing in it may look like markup, a mention or an address.
 */
function standIn(blocks: readonly Line[][]): string {
  const lines = blocks.flat().filter((line) => !line.link);
  return lines.map(({ text }) => lineOf(inert(text))).join("\n");
}
