// Messages as one text with light markup, for receivers whose markup differs only in how it is written.
import type { Notification } from "../../model/notification.ts";
import type { RenderContext } from "../port.ts";
import type { Line } from "./medium.ts";
import { compose } from "./message.ts";

/** How one receiver writes text. */
export interface Markup {
  /** What the whole text may measure. */
  limit: number;
  /** How the receiver measures written text; adds up over code points. */
  measure(written: string): number;
  /** Makes raw text harmless, code point by code point. */
  escape(raw: string): string;
  strong(written: string): string;
  link(written: string, address: string): string;
  /** Mentions somebody by id. Absent: nobody can be. */
  mention?(id: string): string;
  /** Between the links of a block, which then share a line. Absent: each has its own. */
  beside?: string;
  /** Between lines of a block, and between blocks. */
  newline: string;
  gap: string;
}

/** The notification as written text within the markup's limit, and its title raw. */
export function writeText(
  notification: Notification,
  context: RenderContext,
  markup: Markup,
): { title: string; text: string } {
  const write = (lines: readonly Line[]) => writeBlock(lines, markup);
  const mentions = mentionsText(context, markup);
  const { title, blocks } = compose(notification, context, {
    limit: markup.limit - markup.measure(mentions && mentions + markup.newline),
    text: (raw) => markup.measure(markup.escape(raw)),
    line: (line) => lineCost(line, markup),
    frame: markup.measure(markup.gap),
  });
  const written = [[{ text: title, strong: true }], ...blocks].map(write);
  if (mentions) written[0] += markup.newline + mentions;
  return { title, text: written.join(markup.gap) };
}

function mentionsText({ mentions = [] }: RenderContext, { mention }: Markup): string {
  return mention ? mentions.map((id) => mention(id)).join(" ") : "";
}

function writeBlock(lines: readonly Line[], markup: Markup): string {
  return writeLines(lines, markup).join(markup.newline);
}

/** What a line costs, at most, its end included. */
export function lineCost(line: Line, markup: Omit<Markup, "gap">): number {
  return markup.measure(writeLine(line, markup) + (line.link ? (markup.beside ?? "") : "") + markup.newline);
}

/** The lines of a block in the markup. */
export function writeLines(lines: readonly Line[], markup: Omit<Markup, "gap">): string[] {
  const { beside } = markup;
  if (beside === undefined) return lines.map((line) => writeLine(line, markup));
  const links = lines.filter((line) => line.link).map((line) => writeLine(line, markup));
  const others = lines.filter((line) => !line.link).map((line) => writeLine(line, markup));
  return [...others, ...(links.length === 0 ? [] : [links.join(beside)])];
}

/** A line in the markup. */
function writeLine(line: Line, markup: Omit<Markup, "gap">): string {
  const text = markup.escape(line.text);
  if (line.link) return markup.link(text, line.link);
  if (line.fact) return `${markup.strong(markup.escape(line.fact.name))} ${markup.escape(line.fact.value)}`;
  return line.strong ? markup.strong(text) : lineOf(text);
}

/** Inert text at the beginning of a line. */
export function lineOf(text: string): string {
  return LINE_START.test(text) ? JOINER + text : text;
}

/** What would begin a list, a rule or, below another line, a heading. */
const LINE_START = /^([-+=]|\d+\))/;
/** Takes no room and joins nothing that is markup or an address. */
const JOINER = "\u2060";

/**
 * For markup without a dependable escape: what opens or closes markup becomes a full-width lookalike, and what holds an
 * address, a mention or an emoji's name together is parted by an invisible character. Each code point by
 * itself, so that it can be measured.
 */
export function inert(raw: string): string {
  return raw.replace(MARKUP, (char) => LOOKALIKES[char] ?? char + JOINER);
}
const MARKUP = /[<>[\]*`_#~|\\&.:@/]/g;
const LOOKALIKES: Readonly<Record<string, string>> = {
  "<": "＜",
  ">": "＞",
  "[": "［",
  "]": "］",
  "*": "＊",
  "`": "｀",
  _: "＿",
  "#": "＃",
  "~": "～",
  "|": "｜",
  "\\": "＼",
  "&": "＆",
};
