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
  const write = (lines: readonly Line[]) => lines.map((line) => writeLine(line, markup)).join(markup.newline);
  const { title, blocks } = compose(notification, context, {
    limit: markup.limit,
    text: (raw) => markup.measure(markup.escape(raw)),
    line: (line) => markup.measure(writeLine(line, markup)) + markup.measure(markup.newline),
    frame: markup.measure(markup.gap),
  });
  const written = [[{ text: title, strong: true }], ...blocks].map(write);
  return { title, text: written.join(markup.gap) };
}

/** A line in the markup. */
export function writeLine(line: Line, markup: Omit<Markup, "gap">): string {
  const text = markup.escape(line.text);
  if (line.link) return markup.link(text, line.link);
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
