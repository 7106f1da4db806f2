// Names and memory of items: fingerprints, event ids, and the compact text in which a cursor
// remembers what it has seen.
import { hash } from "node:crypto";
import { hashOf } from "../../model/hash.ts";
import { escapeUri } from "../../model/signer.ts";
import type { SourceKind } from "../../model/source-kinds.ts";
import type { Mark } from "../port.ts";

const FP_LENGTH = 11;

/** 11 characters of base64url (66 bits) that stand for the identifying fields of an item of one target. */
export function fingerprint(fields: readonly unknown[]): string {
  return hash("sha256", JSON.stringify(fields), "base64url").slice(0, FP_LENGTH);
}

/** 32 hexadecimal digits, the same for the same occurrence on every machine and after every restart. */
export function eventId(
  kind: SourceKind,
  region: string,
  project: string,
  target: string,
  fields: readonly unknown[],
  ordinal: number,
): string {
  return hashOf([kind, region, project, target, fields, ordinal], 32);
}

/**
 * Marks as text, by time: each is its fingerprint, the ms since the one before in base 36, then `*` and a count (unless
 * 1) or `=` and a list (numbers in base 36, strings after a quote), then `!` for one that is kept; joined by `;`.
 * An append-only event takes about 15 bytes.
 */
export function encodeMarks(marks: Iterable<Mark>): string {
  let before = 0;
  return [...marks]
    .sort((a, b) => a.t - b.t || (a.fp < b.fp ? -1 : 1))
    .map((mark) => {
      const delta = mark.t - before;
      before = mark.t;
      return `${mark.fp}${delta.toString(36)}${encodeValue(mark.v)}${mark.keep ? "!" : ""}`;
    })
    .join(";");
}

/** The reverse, by fingerprint; throws where the text is none of ours. */
export function decodeMarks(text: string): Map<string, Mark> {
  const marks = new Map<string, Mark>();
  if (text === "") return marks;
  let t = 0;
  for (const entry of text.split(";")) {
    const match = /^(-?[0-9a-z]+)(?:\*(-?[0-9a-z]+)|=([^!]*))?(!)?$/.exec(entry.slice(FP_LENGTH));
    if (!match) throw new Error("a cursor's memory cannot be read: the stored text is damaged");
    t += Number.parseInt(match[1]!, 36);
    const fp = entry.slice(0, FP_LENGTH);
    const v = match[3] === undefined ? Number.parseInt(match[2] ?? "1", 36) : decodeList(match[3]);
    marks.set(fp, { fp, t, v, ...(match[4] ? { keep: true } : {}) });
  }
  return marks;
}

function encodeValue(value: Mark["v"]): string {
  if (value === 1) return "";
  if (typeof value === "number") return `*${value.toString(36)}`;
  return `=${value.map((part) => (typeof part === "number" ? part.toString(36) : `'${escapeUri(part)}`)).join(",")}`;
}

function decodeList(text: string): (number | string)[] {
  if (text === "") return [];
  return text
    .split(",")
    .map((part) => (part.startsWith("'") ? decodeURIComponent(part.slice(1)) : Number.parseInt(part, 36)));
}
