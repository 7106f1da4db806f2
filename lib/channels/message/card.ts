// Messages whose title stands apart from their text, in the receiver's light markup.
import type { Notification } from "../../model/notification.ts";
import type { Link, RenderContext } from "../port.ts";
import { inert, lineCost, type Markup, writeLines } from "./markdown.ts";
import { compose } from "./message.ts";
import type { Tone } from "./news.ts";

export interface Card {
  /** Written, without emphasis. */
  title: string;
  tone: Tone;
  /** Written; an empty one stands between blocks. */
  lines: string[];
  /** Those that the lines show, in their order; their names raw. */
  links: Link[];
}

/** The notification as a title and lines that measure at most the markup's limit together, an end of line each. */
export function writeCard(notification: Notification, context: RenderContext, markup: Omit<Markup, "gap">): Card {
  const end = markup.measure(markup.newline);
  const { title, tone, blocks } = compose(notification, context, {
    limit: markup.limit,
    text: (raw) => markup.measure(markup.escape(raw)),
    line: (line) => lineCost(line, markup),
    frame: end,
  });
  const written = blocks.map((block) => writeLines(block, markup));
  return {
    title: markup.escape(title),
    tone,
    lines: written.flatMap((block, at) => (at === 0 ? block : ["", ...block])),
    links: blocks.flat().flatMap(({ text, link }) => (link ? [{ text, url: link }] : [])),
  };
}

/** As inert, for receivers that read formulas between dollars. */
export function inertFormulas(raw: string): string {
  return inert(raw).replaceAll("$", "＄");
}
