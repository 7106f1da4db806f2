// Messages as plain text, in which nothing but the links that we mean looks like an address.
import type { Notification } from "../../model/notification.ts";
import type { RenderContext } from "../port.ts";
import type { Line } from "./medium.ts";
import { compose, type Message } from "./message.ts";
import { cut } from "./plain.ts";

/** The notification as text that costs at most `limit`, and its title; `measure` adds up over code points. */
export function plainText(
  notification: Notification,
  context: RenderContext,
  limit: number,
  measure: (text: string) => number,
): { title: string; text: string } {
  // Each code point by itself: an invisible character may follow, wherever it stands.
  const most = (text: string) => measure(text.replace(ADDRESS_SIGN, `$&${PARTING}`));
  const message = compose(notification, context, {
    limit: limit - measure("\n"),
    frame: measure("\n"),
    text: most,
    line: ({ text, link }) => most(text) + measure(link ? `: ${link}\n` : "\n"),
  });
  // An SMS has hardly more room than a title.
  return { title: message.title, text: cut(plainTextOf(message), limit, measure) };
}

export function plainTextOf({ title, blocks }: Message): string {
  const parts: Line[][] = [[{ text: title }], ...blocks];
  return parts.map((lines) => lines.map((line) => `${written(line)}\n`).join("")).join("\n");
}

/** Programs make links of what looks like an address: an invisible character parts it. Times stay as they are. */
export function unlinked(text: string): string {
  return text.replace(/[.:@/](?=[^\s\d])/g, `$&${PARTING}`);
}
const ADDRESS_SIGN = /[.:@/]/g;
const PARTING = "\u2060";

function written({ text, link }: Line): string {
  return link ? `${unlinked(text)}: ${link}` : unlinked(text);
}
