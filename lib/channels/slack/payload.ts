// A Slack message: its title as a header, each alert as an attachment in the colour of its severity, links as buttons.
// What an event says stands in rich text or plain text alone, in which nothing is markup: in mrkdwn much would be.
// https://docs.slack.dev/reference/block-kit/blocks/rich-text-block, limits:
// https://docs.slack.dev/reference/block-kit/blocks
import type { Notification } from "../../model/notification.ts";
import { apart } from "../message/apart.ts";
import { COLOURS } from "../message/colours.ts";
import { inert, lineOf } from "../message/markdown.ts";
import type { Line, Medium } from "../message/medium.ts";
import { compose } from "../message/message.ts";
import type { Tone } from "../message/news.ts";
import { characters, cut, jsonBytes, jsonItemBytes } from "../message/plain.ts";
import type { RenderContext } from "../port.ts";

/** What both ways to Slack send. */
export interface Payload {
  text: string;
  blocks: object[];
  attachments: object[];
  [option: string]: unknown;
}

/**
 * All blocks together: Slack documents no limit and refuses them (msg_blocks_too_long) at about 12,000 characters of
 * text and 13,300 of JSON, https://github.com/slackapi/bolt-js/issues/2509 and 2867. Bytes of JSON.
 */
const LIMIT = 12_000;
/** Slack asks for no more attachments; one with more than 20 blocks was refused, and ours have at most three. */
const ATTACHMENTS = 20;
/** Characters of a header and of a text in a context. */
const HEADER = 150;
const CONTEXT = 2_000;
/** What a header may take beyond the line that its title is counted as. Bytes. */
const HEADER_EXTRA = 300;

const MEDIUM: Medium = {
  limit: LIMIT - HEADER_EXTRA,
  // The title's is counted, too.
  blocks: ATTACHMENTS,
  frame: jsonItemBytes([attachmentOf([{ text: "" }], "critical"), actionsOf([]), contextOf([])]),
  line: lineCost,
  text: jsonBytes,
};

export function payloadOf(notification: Notification, context: RenderContext): Payload {
  const mentions = mentionsOf(context);
  const limit = MEDIUM.limit - mentions.reduce((sum, block) => sum + jsonItemBytes(block), 0);
  const { title, tone, blocks } = compose(notification, context, { ...MEDIUM, limit });
  return {
    text: standIn([[{ text: title }], ...blocks]),
    mrkdwn: false,
    parse: "none",
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: [{ type: "header", text: plain(title, HEADER) }, ...mentions],
    attachments: blocks.map((lines) => attachmentOf(lines, tone)),
  };
}

/** In the colour of the first alert that it names, else in the message's own. */
function attachmentOf(lines: readonly Line[], tone: Tone): object {
  const asides = lines.filter((line) => line.aside);
  const links = lines.filter((line) => line.link);
  const rest = lines.filter((line) => !line.aside && !line.link);
  const colour = rest.length === 0 ? {} : { color: COLOURS[lines[0]?.tone ?? tone] };
  const blocks = [
    ...(rest.length === 0 ? [] : [richText(rest)]),
    ...(asides.length === 0 ? [] : [contextOf(asides)]),
    ...(links.length === 0 ? [] : [actionsOf(links)]),
  ];
  return { ...colour, blocks };
}

function richText(lines: readonly Line[]): object {
  return { type: "rich_text", elements: [{ type: "rich_text_section", elements: lines.flatMap(elementsOf) }] };
}

/** A line's elements; all but the first line of a block begin with a new line. */
function elementsOf({ text, strong, fact }: Line, index: number): object[] {
  const start = index === 0 ? "" : "\n";
  if (fact) return [boldOf(`${start}${fact.name}`), { type: "text", text: `  ${fact.value}` }];
  return [strong ? boldOf(start + text) : { type: "text", text: start + text }];
}

function boldOf(text: string): object {
  return { type: "text", text, style: { bold: true } };
}

function contextOf(lines: readonly Line[]): object {
  return { type: "context", elements: lines.map(({ text }) => plain(text, CONTEXT)) };
}

function actionsOf(links: readonly Line[]): object {
  return { type: "actions", elements: links.map(buttonOf) };
}

function buttonOf({ text, link }: Line): object {
  return { type: "button", text: plain(text, 75), url: link };
}

/** Slack's clients make links of addresses in plain text, and of names of emoji where `emoji` says so. */
function plain(text: string, most: number): object {
  return { type: "plain_text", text: cut(apart(text), most, characters), emoji: false };
}

function lineCost(line: Line): number {
  if (line.link) return jsonItemBytes(buttonOf(line));
  if (line.aside) return jsonItemBytes(plain(line.text, CONTEXT));
  return elementsOf(line, 1).reduce((sum, element) => sum + jsonItemBytes(element), 0);
}

/** The block that mentions whom the configuration names; the only text that Slack is to read. */
function mentionsOf({ mentions = [] }: RenderContext): object[] {
  if (mentions.length === 0) return [];
  return [{ type: "section", text: { type: "mrkdwn", text: mentions.map(mentionText).join(" ") } }];
}

function mentionText(id: string): string {
  if (id === "here" || id === "channel") return `<!${id}>`;
  return id.startsWith("S") ? `<!subteam^${id}>` : `<@${id}>`;
}

/**
 * The text for notifications and screen readers, which is not shown beside blocks. Webhooks do not dependably obey
 * `parse` and `mrkdwn`, so that nothing in it may look like markup, a mention or an address.
 */
function standIn(blocks: readonly Line[][]): string {
  const lines = blocks.flat().filter((line) => !line.link);
  return lines.map(({ text }) => lineOf(inert(text))).join("\n");
}
