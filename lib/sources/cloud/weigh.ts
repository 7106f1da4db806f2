// Weighs an answer while it comes in: what would take long to parse, or fill the memory once
// parsed, is refused before that.

/**
 * Values of one answer; a page of a thousand rows has a tenth of them. Parsing so many takes less
 * than a tenth of a second.
 */
const MAX_VALUES = 100_000;
/** Their own items have a few levels; JSON is made of deeper ones by recursion. */
const MAX_DEPTH = 1_000;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** `[` and `{`, `]` and `}` differ in this bit alone. */
const CURLY = 0x20;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** What has been weighed so far. */
interface Scale {
  values: number;
  depth: number;
  /** The part before ended within a text. */
  quoted: boolean;
  /** It ended with a backslash that escapes what comes. */
  escaping: boolean;
}

/** Takes JSON as UTF-8, part by part. Returns what is wrong with it, for people; undefined: nothing so far. */
export function createScale(): (bytes: Uint8Array) => string | undefined {
  const scale: Scale = { values: 0, depth: 0, quoted: false, escaping: false };
  return (bytes) => weigh(scale, bytes);
}

function weigh(scale: Scale, bytes: Uint8Array): string | undefined {
  let at = scale.quoted ? skipText(scale, bytes, 0) : 0;
  for (; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte === QUOTE) at = skipText(scale, bytes, at + 1) - 1;
    else if (byte === COMMA) scale.values++;
    else if ((byte & ~CURLY) === OPEN) {
      scale.values++;
      if (++scale.depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
    } else if ((byte & ~CURLY) === CLOSE) scale.depth--;
  }
  return scale.values > MAX_VALUES ? `holds more than ${MAX_VALUES} values` : undefined;
}

/** The place behind the text that `from` lies in. */
function skipText(scale: Scale, bytes: Uint8Array, from: number): number {
  const end = endOfText(scale, bytes, from);
  scale.quoted = end === bytes.length;
  return end + 1;
}

/**
 * Where the text that `from` lies in ends, which is most of an answer: a search takes less time
 * than a loop over its bytes.
 */
function endOfText(scale: Scale, bytes: Uint8Array, from: number): number {
  for (let at = from; ; ) {
    const end = bytes.indexOf(QUOTE, at);
    const last = end < 0 ? bytes.length : end;
    let slash = last;
    while (slash > at && bytes[slash - 1] === BACKSLASH) slash--;
    const isOdd = (last - slash) % 2 === 1;
    const isEscaped = slash === at && scale.escaping ? !isOdd : isOdd;
    scale.escaping = end < 0 && isEscaped;
    if (end < 0 || !isEscaped) return last;
    at = end + 1;
  }
}
