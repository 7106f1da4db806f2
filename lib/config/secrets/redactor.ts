// Blots out known secrets in text that people will see, also as URLs, JSON, HTML and base64 write them.
import type { Redactor } from "../../model/redactor.ts";
import { keysInAddress } from "./address-keys.ts";
import { decodings, type View } from "./decodings.ts";

const SHOWN_AS = "[secret]";
/** Shorter values occur in ordinary text, which would become unreadable and point at them. */
export const MIN_LENGTH = 6;
/** Of a text, four characters at every third place are looked at: whatever has six holds one of those wholly. */
const STEP = 3;
const PIECE = MIN_LENGTH - STEP + 1;

/** So many of what is issued over and over are remembered, and so many characters of them; each takes twenty times its length. */
const MAX_PASSING = 256;
const MAX_PASSING_CHARS = 1_048_576;

/** What says of a secret only what it is for. */
const PREFIX = /^(whsec_|bearer |basic )/i;
/** Characters of an escape, also within another, at most. */
const ESCAPE_LENGTH = 12;

/** From a place in the text up to another. */
type Range = readonly [from: number, to: number];

export function createRedactor(): Redactor {
  const known = new Set<string>();
  /** The spellings of what passes, by its value, the latest last. */
  const passing = new Map<string, string[]>();
  /** The first pieces of every secret, and a smaller table that rules out most others sooner. */
  const pieces = new Set<number>();
  const table = new Uint8Array(65_536);

  function mayHoldSecret(text: string): boolean {
    for (let i = 0; i + PIECE <= text.length; i += STEP) {
      const piece = pieceAt(text, i);
      if (table[piece & 0xffff] === 1 && pieces.has(piece)) return true;
    }
    return false;
  }

  /** Where secrets stand in the text; with `cut`, also the beginning of one that its end cuts. */
  function found(text: string, cut: boolean): Range[] {
    if (!mayHoldSecret(text)) return [];
    return [...known, ...[...passing.values()].flat()].flatMap((secret) => [
      ...wholes(text, secret),
      ...(cut ? cutOff(text, secret) : []),
    ]);
  }

  function notePieces(spelling: string): void {
    for (let i = 0; i < STEP; i++) {
      const piece = pieceAt(spelling, i);
      pieces.add(piece);
      table[piece & 0xffff] = 1;
    }
  }

  /** The oldest that are beyond the bounds, and their pieces. */
  function forget(): void {
    let chars = [...passing.keys()].reduce((sum, { length }) => sum + length, 0);
    if (passing.size <= MAX_PASSING && chars <= MAX_PASSING_CHARS) return;
    for (const value of passing.keys()) {
      if (passing.size <= MAX_PASSING && chars <= MAX_PASSING_CHARS) break;
      passing.delete(value);
      chars -= value.length;
    }
    pieces.clear();
    table.fill(0);
    for (const spelling of [...known, ...[...passing.values()].flat()]) notePieces(spelling);
  }

  return {
    add(value) {
      for (const spelling of spellingsOf(value)) {
        if (known.has(spelling)) continue;
        known.add(spelling);
        notePieces(spelling);
      }
    },
    addPassing(value) {
      const own = passing.get(value);
      passing.delete(value);
      passing.set(value, own ?? spellingsOf(value));
      if (own !== undefined) return;
      for (const spelling of passing.get(value)!) notePieces(spelling);
      forget();
    },
    redact(whole, length = Number.POSITIVE_INFINITY) {
      const cut = whole.length >= length;
      const text = cut ? whole.slice(0, length) : whole;
      const inText = (view: View) => found(view.text, cut).map(([from, to]): Range => [view.from(from), view.to(to)]);
      const ranges = [...found(text, cut), ...decodings(text).flatMap(inText)];
      return ranges.length === 0 ? text : blotOut(text, ranges);
    },
  };
}

/** Of the value, and of what is a key in it, each spelling once. */
function spellingsOf(value: string): string[] {
  const parts = [value, value.trim().replace(PREFIX, ""), ...keysInAddress(value)];
  // What hides a secret would otherwise be hidden itself, time after time.
  const all = parts.flatMap(spellings).filter((one) => one.length >= MIN_LENGTH && !SHOWN_AS.includes(one));
  return [...new Set(all)];
}

function wholes(text: string, secret: string): Range[] {
  const ranges: Range[] = [];
  for (let at = text.indexOf(secret); at >= 0; at = text.indexOf(secret, at + 1)) ranges.push([at, at + secret.length]);
  return ranges;
}

/** The beginning of the secret where the text ends with it, or with it and an escape that the cut went through. */
function cutOff(text: string, secret: string): Range[] {
  const beginning = secret.slice(0, MIN_LENGTH);
  const first = Math.max(0, text.length - secret.length - ESCAPE_LENGTH);
  for (let at = text.indexOf(beginning, first); at >= 0; at = text.indexOf(beginning, at + 1)) {
    let end = at + MIN_LENGTH;
    while (end < text.length && text[end] === secret[end - at]) end++;
    if (end + ESCAPE_LENGTH >= text.length) return [[at, text.length]];
  }
  return [];
}

/** Secrets may overlap: what belongs to any of them goes. */
function blotOut(text: string, ranges: Range[]): string {
  let clean = "";
  let end = 0;
  for (const [from, to] of ranges.sort((a, b) => a[0] - b[0])) {
    if (to <= end) continue;
    if (from >= end) clean += text.slice(end, from) + SHOWN_AS;
    end = to;
  }
  return clean + text.slice(end);
}

/** A number for the four characters from a place on. */
function pieceAt(text: string, at: number): number {
  const half = text.charCodeAt(at) * 31 + text.charCodeAt(at + 1);
  return (half * 31 + text.charCodeAt(at + 2)) * 31 + text.charCodeAt(at + 3);
}

/**
 * As it is, in small and in capital letters (an event's `text` is made small), as forms and base64 write it, and what is left of it
 * where a text is decoded that holds it as it is.
 */
function spellings(value: string): string[] {
  const trimmed = value.trim();
  const left = decodings(trimmed).map(({ text }) => text);
  const cases = [trimmed, trimmed.toLowerCase(), trimmed.toUpperCase()];
  return [value, ...cases, trimmed.replaceAll(" ", "+"), ...left, ...base64(Buffer.from(trimmed))];
}

/** By itself, and within something longer: a secret may begin at any of the three places of a group. */
function base64(bytes: Buffer): string[] {
  if (bytes.length < MIN_LENGTH) return [];
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // Characters that hold bits of a neighbour are not the secret's alone.
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const all = [bytes.toString("base64"), ...within];
  return [...all, ...all.map((text) => text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""))];
}
