// What a text holds in base64 or hexadecimal, wherever that begins: what reads as text once it is decoded,
// with the place of each character.
import type { View } from "./decodings.ts";

/** Bytes of what reads as text, at least: chance makes hardly any so long. */
const READABLE = 12;

/** By the number of a character, its value as a digit; -1: it is none. */
const BASE64 = digits("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", "-_", 62);
const HEX = digits("0123456789abcdef", "ABCDEF", 10);

function digits(alphabet: string, others: string, from: number): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (const [value, char] of [...alphabet].entries()) values[char.charCodeAt(0)] = value;
  for (const [at, char] of [...others].entries()) values[char.charCodeAt(0)] = from + at;
  return values;
}

/** Digits without a line break, which divides none: mail wraps base64. */
const LEAST = 22;

/**
 * Six counters in one number, four for base64 that begins at every fourth digit, two for hexadecimal. Each counts the
 * digits in a row that may be those of letters, and is full at 16: names and ids do not come so far.
 */
const COUNTER = 5;
const ALL = 0b11111;
const COUNT_ONE = [0, 1, 2, 3, 4, 5].reduce((sum, counter) => sum | (1 << (counter * COUNTER)), 0);
const FULL = COUNT_ONE << 4;
/** By a place, its two last bits, and the number of its character: the counters that go on. */
const GOES_ON = Int32Array.from({ length: 4 * 128 }, (_, index) => {
  const place = index >> 7;
  const base64 = BASE64[index & 127]!;
  const hex = HEX[index & 127]!;
  let counters = 0;
  for (let first = 0; first < 4; first++) {
    if (base64 >= 0 && isOfLetters(base64, (place - first) & 3)) counters |= ALL << (first * COUNTER);
  }
  for (let first = 0; first < 2; first++) {
    const isHigh = ((place - first) & 1) === 0;
    if (hex >= 0 && (!isHigh || (hex >= 2 && hex < 8))) counters |= ALL << ((4 + first) * COUNTER);
  }
  return counters;
});

/** Each byte of a letter is below 128, which shows in the first, second and third digit of four. */
function isOfLetters(digit: number, role: number): boolean {
  return (digit & [0b100000, 0b001000, 0b000010, 0][role]!) === 0;
}

/** Looks at one character in so many as a run has at least, and goes back from those that are digits. */
function runsOf(text: string): Run[] {
  const runs: Run[] = [];
  for (let begin = 0, last = LEAST - 1; last < text.length; last = begin + LEAST - 1) {
    let at = last;
    while (at >= begin && isDigit(text.charCodeAt(at))) at--;
    if (at >= begin) {
      begin = at + 1;
      continue;
    }
    let end = last + 1;
    while (end < text.length && isDigitOrBreak(text.charCodeAt(end))) end++;
    runs.push([begin, text.slice(begin, end)]);
    begin = end;
  }
  return runs;
}

type Run = readonly [at: number, text: string];

function isDigitOrBreak(code: number): boolean {
  return isDigit(code) || code === 10 || code === 13;
}

function isDigit(code: number): boolean {
  return code < 128 && BASE64[code]! >= 0;
}

function mayRead(run: string): boolean {
  let counters = 0;
  for (let at = 0, place = 0; at < run.length; at++) {
    const code = run.charCodeAt(at);
    if (code === 10 || code === 13) continue;
    counters = (counters + COUNT_ONE) & GOES_ON[((place & 3) << 7) | code]!;
    if ((counters & FULL) !== 0) return true;
    place++;
  }
  return false;
}

/** Digits that belong together: the value and the place of each. */
interface Digits {
  values: number[];
  places: number[];
}

/** The parts of the text that read as text once they are decoded. */
export function packed(text: string): View[] {
  return runsOf(text).flatMap(([index, run]) => {
    if (!mayRead(run)) return [];
    const base64 = digitsOf(run, index, BASE64).flatMap((all) => [0, 1, 2, 3].flatMap((at) => readable(all, at, 6)));
    const hex = digitsOf(run, index, HEX).flatMap((all) => [0, 1].flatMap((at) => readable(all, at, 4)));
    return [...base64, ...hex];
  });
}

function digitsOf(run: string, index: number, alphabet: Int8Array): Digits[] {
  const all: Digits[] = [];
  let digits: Digits = { values: [], places: [] };
  for (let at = 0; at <= run.length; at++) {
    const code = at < run.length ? run.charCodeAt(at) : 0;
    const value = alphabet[code]!;
    if (value >= 0) {
      digits.values.push(value);
      digits.places.push(index + at);
    } else if (code !== 10 && code !== 13) {
      if (digits.values.length > READABLE) all.push(digits);
      digits = { values: [], places: [] };
    }
  }
  return all;
}

/**
 * What reads as text where the first byte begins with the digit at `first`; a NUL between two letters is one of UTF-16.
 */
function readable({ values, places }: Digits, first: number, bits: number): View[] {
  const views: View[] = [];
  let text = "";
  /** Of each letter, the place of the digit that it begins with, and of the one that it ends with. */
  let spans: (readonly [from: number, to: number])[] = [];
  let held = 0;
  let size = 0;
  for (let at = first, bit = 0; at < values.length; at++) {
    held = ((held << bits) | values[at]!) & 0xffff;
    size += bits;
    if (size < 8) continue;
    size -= 8;
    const byte = (held >> size) & 0xff;
    if (isLetter(byte)) {
      text += String.fromCharCode(byte);
      spans.push([places[first + Math.floor(bit / bits)]!, places[at]!]);
    } else if (byte !== 0) {
      if (text.length >= READABLE) views.push(viewOf(text, spans));
      text = "";
      spans = [];
    }
    bit += 8;
  }
  if (text.length >= READABLE) views.push(viewOf(text, spans));
  return views;
}

function isLetter(byte: number): boolean {
  return (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13;
}

function viewOf(text: string, spans: readonly (readonly [from: number, to: number])[]): View {
  return { text, from: (at) => spans[at]![0], to: (at) => spans[at - 1]![1] + 1 };
}
