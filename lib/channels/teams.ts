// Microsoft Teams through a Workflows webhook: an Adaptive Card of text runs, which know neither markdown nor mentions.
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
import * as z from "zod";
import { Address, postJson } from "./http/address.ts";
import { refused } from "./http/answer.ts";
import type { Line } from "./message/medium.ts";
import { compose } from "./message/message.ts";
import type { Tone } from "./message/news.ts";
import { jsonBytes } from "./message/plain.ts";
import type { HttpChannel } from "./port.ts";

const Options = z.strictObject({ url: Address });

/** Teams refuses cards of about 28 KB; well below that none was seen refused. Bytes. */
const LIMIT = 20_000;

const COLOURS: Readonly<Record<Tone, string>> = {
  critical: "Attention",
  error: "Attention",
  warning: "Warning",
  info: "Accent",
  resolved: "Good",
};

export const teams: HttpChannel<z.infer<typeof Options>> = {
  type: "teams",
  options: Options,
  incident: false,
  concurrency: 2,
  rate: [{ messages: 4, per: 1_000 }],
  render(notification, options, context) {
    const { title, tone, blocks } = compose(notification, context, {
      limit: LIMIT,
      text: jsonBytes,
      line: (line) => Buffer.byteLength(JSON.stringify(elementsOf([line]))),
      frame: 0,
    });
    const heading = { type: "TextRun", text: title, size: "Large", weight: "Bolder", color: COLOURS[tone] };
    const content = {
      $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
      type: "AdaptiveCard",
      version: "1.4",
      msteams: { width: "Full" },
      body: [{ type: "RichTextBlock", inlines: [heading] }, ...blocks.flatMap(elementsOf)],
    };
    const attachment = { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content };
    return postJson(options.url, { type: "message", attachments: [attachment] });
  },
  classify(response, { now }) {
    // The retired connectors answer 200 and name the real status in the text.
    const inner = /HTTP error (\d{3})/.exec(response.body)?.[1];
    const status = response.status === 200 && inner ? Number(inner) : response.status;
    if (status >= 200 && status <= 299) return { kind: "delivered" };
    return refused({ ...response, status }, now);
  },
};

function elementsOf(lines: readonly Line[]): object[] {
  return lines.map(({ text, strong, link }, index) => {
    const bold = strong ? { weight: "Bolder" } : {};
    const open = link ? { selectAction: { type: "Action.OpenUrl", url: link } } : {};
    const spacing = index === 0 ? { spacing: "Medium" } : { spacing: "None" };
    return { type: "RichTextBlock", ...spacing, inlines: [{ type: "TextRun", text, ...bold, ...open }] };
  });
}
