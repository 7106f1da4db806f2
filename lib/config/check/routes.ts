// What a schema cannot say of routes, silences, health and channels: every name exists, and channels suit their type.
import type * as z from "zod";
import { parseDuration } from "../../model/duration.ts";
import { Channel } from "../../model/files/config-file.ts";
import type { Place } from "../../model/place.ts";
import type { Document } from "../document/document.ts";
import { type Finding, findIn, findingAt } from "../document/finding.ts";
import { field, fieldsOf, isMap, itemsOf } from "../document/raw.ts";
import { listed } from "../document/shown.ts";
import { type Validated, validate } from "../document/validate.ts";
import { unknownChoice, unknownName } from "../document/words.ts";
import { checkInhibit } from "./inhibitions.ts";
import { checkMessages } from "./messages.ts";
import { checkMatch, checkPattern } from "./patterns.ts";

/** What is asked of a kind of destination: the schema of its own options, and what it takes of the common ones. */
export interface ChannelOptions {
  readonly options: z.ZodType;
  readonly mention?: { readonly form: RegExp; readonly example: string };
  readonly template?: "words" | "body";
}

export function checkRoutes(document: Document, compilePattern: (pattern: unknown) => unknown): Finding[] {
  const names = (section: string) => new Set(fieldsOf(field(document.root, section)).map(([name]) => name));
  const channels = names("channels");
  const intervals = names("timeIntervals");
  const existing = (holder: unknown, place: Place, key: string, what: string, known: ReadonlySet<string>): Finding[] =>
    findIn(itemsOf(field(holder, key)), (name, index) => {
      if (typeof name !== "string" || known.has(name)) return [];
      const at = [...place, key, index];
      return [findingAt(document.locate(at), at, ...unknownName(what, name, [...known]))];
    });

  function checkRoute(route: unknown, place: Place): Finding[] {
    return [
      ...existing(route, place, "channels", "channel", channels),
      ...existing(route, place, "mute", "time interval", intervals),
      ...existing(route, place, "active", "time interval", intervals),
      ...checkMatch(field(route, "match"), document, [...place, "match"], compilePattern),
      ...findIn(itemsOf(field(route, "escalate")), (step, index) =>
        existing(step, [...place, "escalate", index], "channels", "channel", channels),
      ),
      ...checkOrder(route, place, document),
      ...findIn(itemsOf(field(route, "routes")), (child, index) => checkRoute(child, [...place, "routes", index])),
    ];
  }

  function checkSilence(silence: unknown, index: number): Finding[] {
    const place = ["silences", index];
    const findings = [
      ...existing(silence, place, "during", "time interval", intervals),
      ...checkPattern(field(silence, "match"), document, [...place, "match"], compilePattern),
    ];
    const [from, until] = [field(silence, "from"), field(silence, "until")].map((at) => Date.parse(String(at)));
    if (from! < until! || Number.isNaN(from! - until!)) return findings;
    const at = [...place, "until"];
    return [...findings, findingAt(document.locate(at), at, '"until" is not after "from"')];
  }

  return [
    ...checkRoute(field(document.root, "route"), ["route"]),
    ...findIn(itemsOf(field(document.root, "inhibit")), (inhibit, index) =>
      checkInhibit(inhibit, document, ["inhibit", index], compilePattern),
    ),
    ...findIn(itemsOf(field(document.root, "silences")), checkSilence),
    ...existing(field(document.root, "health"), ["health"], "channels", "channel", channels),
  ];
}

/** Each step of `escalate` comes after the one before it. */
function checkOrder(route: unknown, place: Place, document: Document): Finding[] {
  let last = 0;
  return findIn(itemsOf(field(route, "escalate")), (step, index) => {
    const after = parseDuration(String(field(step, "after"))) ?? Number.POSITIVE_INFINITY;
    const at = [...place, "escalate", index, "after"];
    const inOrder = after > last;
    if (Number.isFinite(after)) last = Math.max(last, after);
    if (inOrder) return [];
    const hint = "put the steps in the order in which they come";
    return [findingAt(document.locate(at), at, "this step does not come after the one before it", hint)];
  });
}

export function checkChannels(
  document: Document,
  types: ReadonlyMap<string, ChannelOptions>,
  parseTemplate: (text: string) => unknown,
): Finding[] {
  const channels = fieldsOf(field(document.root, "channels"));
  const names = channels.map(([name]) => name);
  const byName = new Map(channels);
  const inNoCircle = new Set<string>();
  return findIn(channels, ([name, channel]) => {
    if (!isMap(channel)) return [];
    const place = ["channels", name];
    const { type, fallback } = channel;
    const findings: Finding[] = [];
    const kind = typeof type === "string" ? types.get(type) : undefined;
    if (kind !== undefined) {
      findings.push(...validateOptions(kind, channel, document, place).findings);
      findings.push(...checkMessages({ type: String(type), kind, channel, document, place }, parseTemplate));
    } else if (typeof type === "string") {
      const at = [...place, "type"];
      findings.push(findingAt(document.locate(at), at, ...unknownChoice("channel type", type, [...types.keys()])));
    }
    const at = [...place, "fallback"];
    if (typeof fallback === "string" && !byName.has(fallback)) {
      findings.push(findingAt(document.locate(at), at, ...unknownName("channel", fallback, names)));
    }
    const circle = fallbackCircle(name, byName, inNoCircle);
    if (circle)
      findings.push(
        findingAt(document.locate(at), at, `the fallbacks go in a circle: ${listed(circle).replaceAll(", ", " → ")}`),
      );
    return findings;
  });
}

/** The channel's own options, which are all keys but those that every channel has. */
export function validateOptions(
  { options }: ChannelOptions,
  channel: Record<string, unknown>,
  document: Document,
  place: Place,
): Validated<unknown> {
  const { type, fallback, fallbackAfter, sendResolved, mention, template, ...own } = channel;
  return validate(options, own, document, place, Object.keys(Channel.shape));
}

/**
 * The names from `start` back to itself; undefined where its fallbacks end, or circle elsewhere:
 * none of those is asked again.
 */
function fallbackCircle(
  start: string,
  channels: ReadonlyMap<string, unknown>,
  inNoCircle: Set<string>,
): string[] | undefined {
  const chain = new Set<string>();
  for (let name = start; !inNoCircle.has(name); ) {
    chain.add(name);
    const next = field(channels.get(name), "fallback");
    if (next === start) return [...chain, start];
    if (typeof next !== "string") break;
    // The circle is that of others.
    if (chain.has(next)) return undefined;
    name = next;
  }
  for (const name of chain) inNoCircle.add(name);
  return undefined;
}
