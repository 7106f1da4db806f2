// What the tests of single chats share: a message as their service gets it, and as its clients show it.
import type { RenderContext } from "../../lib/channels/port.ts";
import type { Notification } from "../../lib/model/notification.ts";
import { channelOf } from "./contract.ts";
import { dialects, type Shown } from "./dialects.ts";
import { NOW } from "./samples.ts";

export interface Chat {
  type: string;
  options: Record<string, unknown>;
}

// biome-ignore lint/suspicious/noExplicitAny: any receiver's body
export type Body = any;

const CONTEXT: RenderContext = { now: NOW, timezone: "UTC", attempt: 1 };

/** The parsed body of one attempt. */
export function bodyOf({ type, options }: Chat, notification: Notification, more: Partial<RenderContext> = {}): Body {
  return JSON.parse(channelOf(type).render(notification, options, { ...CONTEXT, ...more })!.body);
}

export function shownOf(chat: Chat, notification: Notification, more: Partial<RenderContext> = {}): Shown {
  return dialects[chat.type]!(bodyOf(chat, notification, more));
}
