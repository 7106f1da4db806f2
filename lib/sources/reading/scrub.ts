// Makes what an API returned safe to keep: secrets taken out, depth bounded, text well-formed. Pure.
import type { Redactor } from "../../model/redactor.ts";

const MAX_DEPTH = 32;
/** Of a raw item that is shown; characters. */
const MAX_RAW = 2_000;
const MAX_PART = 2_048;
/** Of the texts of a raw item. */
const LARGE = 65_536;
/** What a value counts that is no text. */
const VALUE = 4;
/** `envs` of a service's configuration hold whatever its owner put there. */
const SECRET_OBJECT = /^(envs?|dew_secret)$/i;
const SECRET_TEXT = /(passw(or)?d|secret|token|credential|api_?key|access_?key|private_?key)/i;

/** How much may still be copied, in characters: what comes once there is none left is left out. */
export interface Room {
  left: number;
}

/**
 * A copy of a JSON value without fields that hold secrets; below 32 levels it is cut. `text` may
 * change every string and key.
 */
export function scrub(
  value: unknown,
  text: (value: string) => string = (value) => value.toWellFormed(),
  room: Room = { left: Number.POSITIVE_INFINITY },
): unknown {
  return copy(value, text, room, 0);
}

/** A raw item as JSON for people to inspect: secrets removed, those that only `redact` knows included; at most 2 KB. */
export function rawText(value: unknown, redact: Redactor["redact"] = (text) => text): string {
  // Its beginning is enough, and to look through all of a large one would take long.
  const short = scrub(value, (part) => part.slice(0, MAX_PART + 1).toWellFormed(), { left: LARGE });
  const json = JSON.stringify(scrub(short, (part) => redact(part, MAX_PART + 1).slice(0, MAX_PART))) ?? "undefined";
  return json.length > MAX_RAW ? `${json.slice(0, MAX_RAW).toWellFormed()}…` : json;
}

function copy(value: unknown, text: (value: string) => string, room: Room, depth: number): unknown {
  if (typeof value === "string") return copyText(value, text, room);
  room.left -= VALUE;
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (Array.isArray(value)) return copyList(value, text, room, depth);
  const entries: [string, unknown][] = [];
  for (const [key, item] of Object.entries(value)) {
    if (room.left < 0) break;
    if (SECRET_OBJECT.test(key) || (typeof item === "string" && SECRET_TEXT.test(key))) continue;
    entries.push([copyText(key, text, room), copy(item, text, room, depth + 1)]);
  }
  return Object.fromEntries(entries);
}

function copyText(value: string, text: (value: string) => string, room: Room): string {
  const copied = text(value);
  room.left -= copied.length;
  return copied;
}

function copyList(list: readonly unknown[], text: (value: string) => string, room: Room, depth: number): unknown[] {
  const items: unknown[] = [];
  for (const item of list) {
    if (room.left < 0) break;
    items.push(copy(item, text, room, depth + 1));
  }
  return items;
}
