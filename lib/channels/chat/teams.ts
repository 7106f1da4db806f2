// Microsoft Teams through a Workflows webhook: an Adaptive Card of text runs, which know neither markdown nor mentions.
// https://learn.microsoft.com/microsoftteams/platform/webhooks-and-connectors/how-to/add-incoming-webhook
import * as z from "zod";
import { Address, postJson } from "../http/address.ts";
import { advised, strangersPage } from "../http/advice.ts";
import { jsonObject, refused } from "../http/answer.ts";
import type { Line } from "../message/medium.ts";
import { compose } from "../message/message.ts";
import type { Tone } from "../message/news.ts";
import { jsonBytes, jsonItemBytes } from "../message/plain.ts";
import type { HttpChannel } from "../port.ts";

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

/** The backgrounds of containers. */
const STYLES: Readonly<Record<Tone, string>> = {
  critical: "attention",
  error: "attention",
  warning: "warning",
  info: "accent",
  resolved: "good",
};

const OFF = "turn the workflow on in Power Automate, and check that its owner is still there";
/** By the code that Power Automate gives, else by the status. */
const ADVICE: ReadonlyMap<unknown, string> = new Map<unknown, string>([
  ["WorkflowTriggerIsNotEnabled", OFF],
  ["WorkflowNotFound", "the workflow was deleted: make one again and give its URL"],
  ["WorkflowDisabled", OFF],
  ["DirectApiAuthorizationRequired", "the URL lacks its signature: copy all of the workflow's URL, with sig=…"],
  ["TriggerInputSchemaMismatch", "the workflow must begin with the trigger for webhook requests: make it again"],
  [401, "the URL's signature is wrong, or its trigger is not for anyone: copy the workflow's URL again, with sig=…"],
  [403, "the workflow refuses it: let anyone trigger it, and check that its owner is still there"],
  [404, "the workflow was deleted, or the URL is wrong: copy the workflow's URL again, or make a new one"],
]);

export const teams: HttpChannel<z.infer<typeof Options>> = {
  type: "teams",
  options: Options,
  incident: false,
  template: "words",
  concurrency: 2,
  mention: { form: /^[\w.+-]{1,64}(?:@[\w.-]{1,200})?$/, example: "ada@example.com" },
  rate: [{ messages: 4, per: 1_000 }],
  render(notification, options, context) {
    const mentions = context.mentions ?? [];
    const entities = mentions.map(entityOf);
    const calling =
      mentions.length === 0 ? [] : [{ type: "TextBlock", text: mentions.map(tagOf).join(" "), wrap: true }];
    const { title, tone, blocks } = compose(notification, context, {
      limit: LIMIT - jsonItemBytes([entities, calling]),
      text: jsonBytes,
      line: (line) => jsonItemBytes(line.link ? actionOf(line) : elementOf(line)),
      frame: jsonItemBytes(containerOf([{ text: "", link: "" }], "critical")),
    });
    const heading = run(title, { size: "Large", weight: "Bolder", color: COLOURS[tone] });
    const content = {
      $schema: "http://adaptivecards.io/schemas/adaptive-card.json",
      type: "AdaptiveCard",
      version: "1.4",
      msteams: { width: "Full", ...(entities.length === 0 ? {} : { entities }) },
      body: [
        { type: "RichTextBlock", inlines: [heading] },
        ...calling,
        ...blocks.map((lines) => containerOf(lines, tone)),
      ],
    };
    const attachment = { contentType: "application/vnd.microsoft.card.adaptive", contentUrl: null, content };
    return postJson(options.url, { type: "message", summary: title, attachments: [attachment] });
  },
  classify(response, { now }) {
    // The retired connectors answer 200 and name the real status in the text.
    const inner = /HTTP error (\d{3})/.exec(response.body)?.[1];
    const status = response.status === 200 && inner ? Number(inner) : response.status;
    if (status >= 200 && status <= 299) return strangersPage(response) ?? { kind: "delivered" };
    const { error } = jsonObject(response.body);
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
    return advised(refused({ ...response, status }, now), ADVICE.get(code) ?? ADVICE.get(status));
  },
};

/** Where a text block has it, the entity of the same text mentions somebody, by sign-in name or object id. */
function tagOf(id: string): string {
  return `<at>${id}</at>`;
}

function entityOf(id: string): object {
  return { type: "mention", text: tagOf(id), mentioned: { id, name: id } };
}

/** In the colour of the first alert that it names, else in the message's own. */
function containerOf(lines: readonly Line[], tone: Tone): object {
  const links = lines.filter((line) => line.link !== undefined);
  const rest = lines.filter((line) => line.link === undefined);
  const style = rest.every((line) => line.aside) ? {} : { style: STYLES[lines[0]?.tone ?? tone] };
  const actions = links.length === 0 ? [] : [{ type: "ActionSet", actions: links.map(actionOf) }];
  return { type: "Container", ...style, items: [...rest.map(elementOf), ...actions] };
}

/** Facts are runs as well: a FactSet reads its values as markdown. */
function elementOf({ text, strong, fact, aside }: Line): object {
  const inlines = fact
    ? [run(`${fact.name}  `, { isSubtle: true }), run(fact.value)]
    : [run(text, { ...(strong ? { weight: "Bolder" } : {}), ...(aside ? { size: "Small", isSubtle: true } : {}) })];
  return { type: "RichTextBlock", spacing: aside ? "Small" : "None", inlines };
}

function actionOf({ text, link }: Line): object {
  return { type: "Action.OpenUrl", title: text, url: link };
}

function run(text: string, look: object = {}): object {
  return { type: "TextRun", text, ...look };
}
