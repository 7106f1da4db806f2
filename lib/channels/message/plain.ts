// Text measured as channels measure it, and cut to what they hold: never half a code point.

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
