// What Lookout says of a notification as plain text, for people whose templates add to it.
import type { Notification } from "../../model/notification.ts";
import type { RenderContext } from "../port.ts";
import type { Medium } from "./medium.ts";
import { compose } from "./message.ts";
import { characters } from "./plain.ts";

/** So much leaves room in most chats for what is added. Characters. */
const MEDIUM: Medium = { limit: 3_000, frame: 1, text: characters, line: ({ text }) => characters(text) + 1 };

/** Links are left out: a message in somebody's own words has them beneath. */
export function ownText(
  notification: Notification,
  { now, timezone, attempt }: RenderContext,
): { title: string; text: string } {
  const { title, blocks } = compose(notification, { now, timezone, attempt }, MEDIUM);
  const lines = blocks.map((block) => block.flatMap(({ text, link }) => (link ? [] : [text])).join("\n"));
  return { title, text: lines.join("\n\n") };
}
