// Blots out known secrets in text that people will see, in any usual form, also in one within another.
import type { Redactor } from "../../model/redactor.ts";
import { keysInAddress } from "./address-keys.ts";
import { decodings, looksEscaped, type View } from "./decodings.ts";
import { type Folded, fold, foldedText, HAS_STYLED, spacesIn, unstyled } from "./fold.ts";
import { packed } from "./packed.ts";

const SHOWN_AS = "[secret]";
/** Shorter values occur in ordinary text, which would become unreadable and point at them. */
export const MIN_LENGTH = 6;
/** Words in a row may be a shorter one by chance: only a longer secret is known with white space in it. */
const MIN_SPACED = 12;
/** Of a text, four characters at every third place are looked at: whatever has six holds one of those wholly. */
const STEP = 3;
const PIECE = MIN_LENGTH - STEP + 1;
/** Base64 and hexadecimal are known by six characters of so many: lines that they are broken into are longer. */
const WINDOW = 12;
/** What was encoded is often encoded again: JSON in JSON, an address in an address, an escaped text in base64. */
const LAYERS = 3;

/** A longer one is known by its windows alone: every one of its places would take ten times the memory. */
const LONG = 64;
/** Nor do more places than these say more: it is looked for as a whole. */
const HEAD = 1_024;
/**
 * Of what is issued over and over, so many and so many characters are remembered; each takes some
 * hundred times its length.
 */
const MAX_PASSING = 256;
const MAX_PASSING_CHARS = 262_144;

/** What says of a secret only what it is for. */
const PREFIX = /^(whsec_|bearer |basic )/i;
/** Characters of an escape, also within another, at most. */
const ESCAPE_LENGTH = 12;

/** From a place in the text up to another. */
type Range = readonly [from: number, to: number];

/** All that texts are searched for. */
interface Index {
  /** Folded, with the number of characters of white space that are no part of that. */
  known: Map<string, number>;
  /** Those of which too little would be left: they are known as they are. */
  unfolded: Set<string>;
  /** Pieces of every spelling, and a smaller table that rules out most others sooner. */
  pieces: Set<number>;
  table: Uint8Array;
  /** Six characters each, that hold the pieces. */
  windows: Set<number>;
  /** Some secret holds what looks like an escape. */
  escaped: boolean;
}

export function createRedactor(): Redactor {
  const index: Index = {
    known: new Map(),
    unfolded: new Set(),
    pieces: new Set(),
    table: new Uint8Array(131_072),
    windows: new Set(),
    escaped: false,
  };
  /** The values, as they were given; of those that pass, the one that was used last comes last. */
  const lasting = new Set<string>();
  const passing = new Set<string>();
  return {
    add(value) {
      if (lasting.has(value)) return;
      lasting.add(value);
      learnValue(index, value);
    },
    addPassing(value) {
      const isNew = !passing.delete(value);
      passing.add(value);
      if (!isNew) return;
      learnValue(index, value);
      if (forgetOldest(passing)) learnAnew(index, [...lasting, ...passing]);
    },
    redact(whole, length = Number.POSITIVE_INFINITY) {
      const cut = whole.length >= length;
      const text = cut ? whole.slice(0, length) : whole;
      const ranges = found(index, text, cut, LAYERS, new Set());
      return ranges.length === 0 ? text : blotOut(text, ranges);
    },
  };
}

function learnValue(index: Index, value: string): void {
  for (const part of [value, value.trim().replace(PREFIX, ""), ...keysInAddress(value)]) {
    const trimmed = part.trim();
    if (trimmed.length < MIN_LENGTH) continue;
    index.escaped ||= looksEscaped(trimmed);
    for (const spelling of plainly(trimmed)) learn(index, spelling, trimmed.length > LONG ? WINDOW : 1);
    for (const spelling of opaquely(trimmed)) learn(index, spelling, WINDOW);
  }
}

function learn({ known, unfolded, pieces, table, windows }: Index, spelling: string, every: number): void {
  const text = foldedText(spelling);
  // What hides a secret would otherwise be hidden itself, time after time.
  if (text === "" || SHOWN_AS.includes(text)) return;
  if (text.length < MIN_LENGTH) {
    unfolded.add(spelling);
    return;
  }
  // Of a long one its other spellings' windows are much the same.
  if (known.has(text) && spelling.length > LONG) return;
  known.set(text, spacesIn(spelling));
  const end = Math.min(spelling.length, HEAD);
  for (let window = 0; window + MIN_LENGTH <= end; window += every) {
    windows.add(windowAt(spelling, window));
    for (let at = window; at < window + STEP; at++) {
      const piece = pieceAt(spelling, at);
      pieces.add(piece);
      table[slot(piece)] = 1;
    }
  }
}

/** Where there are more than the bounds allow: the oldest, and a quarter more, so that it is seldom done. */
function forgetOldest(passing: Set<string>): boolean {
  let chars = [...passing].reduce((sum, { length }) => sum + length, 0);
  if (passing.size <= MAX_PASSING && chars <= MAX_PASSING_CHARS) return false;
  for (const value of passing) {
    if (passing.size <= MAX_PASSING * 0.75 && chars <= MAX_PASSING_CHARS * 0.75) break;
    passing.delete(value);
    chars -= value.length;
  }
  return true;
}

function learnAnew(index: Index, values: readonly string[]): void {
  const { known, unfolded, pieces, table, windows } = index;
  for (const part of [known, unfolded, pieces, windows]) part.clear();
  table.fill(0);
  index.escaped = false;
  for (const value of values) learnValue(index, value);
}

/** Where secrets stand in the text; with `cut`, also the beginning of one that its end cuts. */
function found(index: Index, text: string, cut: boolean, layers: number, seen: Set<string>): Range[] {
  const ranges = mayHoldSecret(index, text) ? knownIn(index, text, cut) : [];
  if (index.unfolded.size > 0) for (const one of index.unfolded) ranges.push(...places(text, one));
  if (layers === 0) return ranges;
  for (const view of viewsOf(text, index.escaped)) {
    // Undone in another order, most texts read the same.
    if (index.escaped && isSeen(seen, `${layers} ${view.text}`)) continue;
    const within = found(index, view.text, cut, layers - 1, seen);
    for (const [from, to] of within) ranges.push([view.from(from), view.to(to)]);
  }
  return ranges;
}

function isSeen(seen: Set<string>, text: string): boolean {
  return seen.size === seen.add(text).size;
}

function mayHoldSecret({ pieces, table, windows }: Index, text: string): boolean {
  for (let i = 0; i + PIECE <= text.length; i += STEP) {
    const piece = pieceAt(text, i);
    if (table[slot(piece)] === 1 && pieces.has(piece) && isInWindow(windows, text, i)) return true;
  }
  return false;
}

/** Six characters around the piece are those of a spelling. */
function isInWindow(windows: ReadonlySet<number>, text: string, at: number): boolean {
  for (let before = 0; before < STEP; before++) {
    if (at >= before && windows.has(windowAt(text, at - before))) return true;
  }
  return false;
}

function knownIn({ known }: Index, text: string, cut: boolean): Range[] {
  const folded = fold(text);
  return [...known].flatMap(([secret, spaces]) => [
    ...wholes(text, folded, secret, spaces),
    ...(cut ? cutOff(text, folded, secret) : []),
  ]);
}

/** A number for the four characters from a place on, which small and capital letters have in common. */
function pieceAt(text: string, at: number): number {
  const half = ((text.charCodeAt(at) | 32) << 7) ^ (text.charCodeAt(at + 1) | 32);
  return (((half << 7) ^ (text.charCodeAt(at + 2) | 32)) << 7) ^ (text.charCodeAt(at + 3) | 32);
}

/** Likewise for six. */
function windowAt(text: string, at: number): number {
  const rest = ((text.charCodeAt(at + 4) | 32) << 7) ^ (text.charCodeAt(at + 5) | 32);
  return pieceAt(text, at) * 0x800000 + rest;
}

/** In the table: pieces have their lowest bits in common. */
function slot(piece: number): number {
  return Math.imul(piece, 0x9e3779b1) >>> 15;
}

function* placesOf(text: string, part: string): Generator<number> {
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) yield at;
}

function places(text: string, part: string): Range[] {
  return [...placesOf(text, part)].map((at) => [at, at + part.length]);
}

function wholes(text: string, { text: folded, starts, ends }: Folded, secret: string, spaces: number): Range[] {
  const ranges = [...placesOf(folded, secret)].map((at): Range => [starts[at]!, ends[at + secret.length - 1]!]);
  if (secret.length >= MIN_SPACED) return ranges;
  return ranges.filter(([from, to]) => spacesIn(text.slice(from, to)) <= spaces);
}

/** The text as it reads once something is undone. */
function viewsOf(text: string, separately: boolean): View[] {
  const views = decodings(text, separately);
  if (HAS_STYLED.test(text)) views.push(unstyled(text));
  for (const view of packed(text)) views.push(view);
  return views;
}

/** The beginning of the secret where the text ends with it, or with it and an escape that the cut went through. */
function cutOff(text: string, { text: folded, starts }: Folded, secret: string): Range[] {
  const beginning = secret.slice(0, MIN_LENGTH);
  const first = Math.max(0, folded.length - secret.length - ESCAPE_LENGTH);
  for (let at = folded.indexOf(beginning, first); at >= 0; at = folded.indexOf(beginning, at + 1)) {
    let end = at + MIN_LENGTH;
    while (end < folded.length && folded[end] === secret[end - at]) end++;
    if (end + ESCAPE_LENGTH >= folded.length) return [[starts[at]!, text.length]];
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

/**
 * As it is, in small and in capital letters, as forms write it, and what is left of it once a text
 * that holds it is decoded.
 */
function plainly(value: string): string[] {
  const forms = [value, value.toLowerCase(), value.toUpperCase(), value.replaceAll(" ", "+"), ...undone(value, LAYERS)];
  return forms.filter((form) => form.length >= MIN_LENGTH);
}

/** As base64 and hexadecimal write it. What is in one of these within another is found as the text is decoded. */
function opaquely(value: string): string[] {
  const wide = Buffer.from(value, "utf16le");
  return [Buffer.from(value), wide, Buffer.from(wide).swap16()].flatMap((bytes) => [
    bytes.toString("hex"),
    ...base64(bytes),
  ]);
}

function undone(value: string, layers: number): string[] {
  if (layers === 0) return [];
  return decodings(value, true).flatMap(({ text }) => [text, ...undone(text, layers - 1)]);
}

/** By itself, and within something longer: a secret may begin at any of the three places of a group. */
function base64(bytes: Buffer): string[] {
  const within = [0, 1, 2].map((before) => {
    const text = Buffer.concat([Buffer.alloc(before), bytes]).toString("base64");
    // Characters that hold bits of a neighbour are not the secret's alone.
    return text.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
  });
  const all = [bytes.toString("base64"), ...within];
  return [...all, ...all.map((text) => text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", ""))];
}
