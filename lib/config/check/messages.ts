// What people may say of a channel's messages: whom they mention, and a template of what they say.
import type { Place } from "../../model/place.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findingAt } from "../document/finding.ts";
import { fieldsOf, isMap, itemsOf, textsIn } from "../document/raw.ts";
import { aboutUnknownKey } from "../document/words.ts";
import { splitReferences } from "../secrets/references.ts";
import { checkTemplate } from "./templates.ts";

/** What a kind of destination takes. */
interface Takes {
  readonly mention?: { readonly form: RegExp; readonly example: string };
  readonly template?: "words" | "body";
}

export interface ChannelSite {
  type: string;
  kind: Takes;
  channel: Record<string, unknown>;
  document: Document;
  place: Place;
}

export function checkMessages(site: ChannelSite, parseTemplate: (text: string) => unknown): Finding[] {
  return [...checkMention(site), ...checkForm(site), ...checkFormat(site), ...checkTexts(site, parseTemplate)];
}

/** Who is mentioned is somebody whom the service could know. An id is not repeated: it may be a misplaced secret. */
function checkMention({ type, kind: { mention }, channel, document, place }: ChannelSite): Finding[] {
  const at = [...place, "mention"];
  const bySeverity = channel["mention"];
  if (bySeverity === undefined) return [];
  if (mention === undefined) {
    const message = `a channel of type ${type} can mention nobody`;
    return [findingAt(document.locate(at, "key"), at, message, 'leave "mention" out')];
  }
  const { form, example } = mention;
  return fieldsOf(bySeverity).flatMap(([severity, ids]) =>
    itemsOf(ids).flatMap((id, index): Finding[] => {
      const where = [...at, severity, index];
      // A number is text as it was written, which the document knows.
      const written = typeof id === "string" ? id : document.written(where);
      if (written === undefined || form.test(written)) return [];
      const message = `this is no id that a channel of type ${type} can mention`;
      return [findingAt(document.locate(where), where, message, `write one such as "${example}"`)];
    }),
  );
}

const WORDS = ["title", "text"];

/** Whether the template has the form that the type takes. */
function checkForm({ type, kind, channel, document, place }: ChannelSite): Finding[] {
  const { template } = channel;
  const at = [...place, "template"];
  const say = (message: string, hint: string): Finding[] => [findingAt(document.locate(at), at, message, hint)];
  if (template === undefined) return [];
  if (kind.template === undefined) return say(`a channel of type ${type} takes no template`, 'leave "template" out');
  const isJson = isMap(template) || Array.isArray(template);
  if (kind.template === "body") {
    return isJson ? [] : say("this is no JSON object or list", `write the body that a ${type} is to send`);
  }
  if (typeof template === "string") return [];
  const wanted = "write the text, or { title: …, text: … }";
  if (!isMap(template) || Object.keys(template).length === 0) return say("this is no template of a message", wanted);
  return Object.entries(template).flatMap(([key, text]): Finding[] => {
    const where = [...at, key];
    if (!WORDS.includes(key)) {
      return [findingAt(document.locate(where, "key"), where, ...aboutUnknownKey(key, at, WORDS))];
    }
    return typeof text === "string" ? [] : [findingAt(document.locate(where), where, `"${key}" must be text`)];
  });
}

/** A template is the whole body: nothing of a format would go out. */
function checkFormat({ kind, channel, document, place }: ChannelSite): Finding[] {
  if (kind.template !== "body" || channel["template"] === undefined || channel["format"] === undefined) return [];
  const at = [...place, "format"];
  const message = '"format" has no effect beside "template", which is the whole body';
  return [findingAt(document.locate(at, "key"), at, message, "leave one of the two out")];
}

/** Every text of it is a template, and no place for secrets. */
function checkTexts({ channel, document, place }: ChannelSite, parse: (text: string) => unknown): Finding[] {
  return textsIn(channel["template"], [...place, "template"]).flatMap(([text, at]) => {
    if (splitReferences(text).every((part) => typeof part === "string"))
      return checkTemplate(text, document, at, parse);
    const hint = "a secret goes into url, or into a header where the channel has headers";
    return [findingAt(document.locate(at), at, "a template holds no references", hint)];
  });
}
