// A channel's `template`: what people want its messages to say, in words or as a whole body.

import { ownText } from "../../channels/message/own-text.ts";
import { wireForm } from "../../channels/message/parts.ts";
import { readably } from "../../channels/message/readable.ts";
import type { ChannelType, RenderContext } from "../../channels/port.ts";
import type { ChannelConfig } from "../../model/config.ts";
import type { Notification } from "../../model/notification.ts";
import { oneLine } from "../../model/printable.ts";
import { compileTemplate, compileValue, type TemplateScope } from "../../rules/template.ts";
import type { Channel } from "../deps.ts";

/** Characters of a text; what a channel holds of it, it knows itself. */
const TEXT_LIMIT = 40_000;
/** Characters of a body as JSON. */
const BODY_LIMIT = 1_000_000;

type Value = (scope: TemplateScope, spend: (value: unknown) => unknown) => unknown;

/** Undefined where the channel says what Lookout says. */
export function compileOwnWords(
  { template }: Pick<ChannelConfig, "template">,
  { template: gives }: ChannelType,
  timezone: string,
): Channel["ownWords"] {
  if (template === undefined || gives === undefined) return undefined;
  if (gives === "words") return wordsOf(template as string | { title?: string; text?: string }, timezone);
  const body = compileBody(template, timezone);
  return (notification, context) => ({ body: body(scopeOf(notification, context), budget(BODY_LIMIT)) });
}

/** Passes values whose JSON has no more than so many characters together. */
function budget(limit: number): (value: unknown) => unknown {
  let left = limit;
  return (value) => {
    left -= JSON.stringify(value).length;
    if (left < 0) throw new Error("the body is longer than 1 MB");
    return value;
  };
}

function wordsOf(
  template: string | { title?: string; text?: string },
  timezone: string,
): NonNullable<Channel["ownWords"]> {
  const { title, text = "{{ text }}" } = typeof template === "string" ? { text: template } : template;
  const compiled = {
    title: title === undefined ? undefined : compileTemplate(title, timezone),
    text: compileTemplate(text, timezone, TEXT_LIMIT),
  };
  return (notification, context) => {
    // A test is marked around them.
    const { test: _mark, ...unmarked } = notification;
    const scope = scopeOf(unmarked, context);
    const title = oneLine(compiled.title?.(scope) ?? "");
    const lines = linesOf(compiled.text(scope));
    // Services refuse a message that says nothing: where that is all a template says, Lookout's own words go.
    if (title === "" && lines.length === 0) return {};
    const own = lines.length > 0 ? lines : linesOf(String(scope["text"]));
    return { words: { ...(title === "" ? {} : { title }), lines: own } };
  };
}

/** The lines from the first one that says something on; none where there is none. */
function linesOf(text: string): string[] {
  const lines = text.split("\n").map(oneLine);
  const first = lines.findIndex((line) => line !== "");
  return first === -1 ? [] : lines.slice(first);
}

/** The notification's fields, and what Lookout would say. */
function scopeOf(notification: Notification, context: RenderContext): TemplateScope {
  return readably(notification, (one) => ({ ...wireForm(one), ...ownText(one, context) }));
}

/** Every text in it is a template. */
function compileBody(value: unknown, timezone: string): Value {
  if (typeof value === "string") {
    const compiled = compileValue(value, timezone, TEXT_LIMIT);
    return (scope, spend) => spend(compiled(scope));
  }
  if (typeof value !== "object" || value === null) return () => value;
  if (Array.isArray(value)) {
    const parts = value.map((part) => compileBody(part, timezone));
    return (scope, spend) => parts.map((part) => part(scope, spend));
  }
  const entries = Object.entries(value).map(([key, part]): [string, Value] => [key, compileBody(part, timezone)]);
  return (scope, spend) => Object.fromEntries(entries.map(([key, part]) => [key, part(scope, spend)]));
}
