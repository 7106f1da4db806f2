// Foreign text made fit for one line of a message: no line breaks, no invisible direction marks, never half a code point.

const DIRECTION_MARKS = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** The text on one line: white space and control characters become single spaces, lone surrogates U+FFFD. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(DIRECTION_MARKS, "")
    .replace(/[\s\p{Cc}]+/gu, " ")
    .trim();
}

/** The text, or its beginning and "…", such that it costs at most `max`; `cost` adds up over code points. */
export function cut(text: string, max: number, cost: (text: string) => number): string {
  if (cost(text) <= max) return text;
  let left = max - cost("…");
  let end = 0;
  for (const point of text) {
    left -= cost(point);
    if (left < 0) break;
    end += point.length;
  }
  return `${text.slice(0, end)}…`;
}

/** UTF-16 units. */
export function characters(text: string): number {
  return text.length;
}

/** Bytes of the text in UTF-8. */
export function bytes(text: string): number {
  return Buffer.byteLength(text);
}

/** Bytes of the text within a JSON string. */
export function jsonBytes(text: string): number {
  return Buffer.byteLength(JSON.stringify(text)) - 2;
}

/** Bytes of the value in a JSON list: the comma included. */
export function jsonItemBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value)) + 1;
}
