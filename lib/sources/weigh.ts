// Weighs an answer while it comes in: what would take long to parse, or fill the memory once parsed, is refused before that.

/** Values of one answer; a page of a thousand rows has a tenth of them. Parsing so many takes less than a tenth of a second. */
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

/** Takes JSON byte by byte, as UTF-8. Returns what is wrong with it, for people; undefined: nothing so far. */
export function createScale(): (bytes: Uint8Array) => string | undefined {
  let values = 0;
  let depth = 0;
  let quoted = false;
  let escaped = false;
  return (bytes) => {
    for (const byte of bytes) {
      if (quoted) {
        if (escaped) escaped = false;
        else if (byte === BACKSLASH) escaped = true;
        else if (byte === QUOTE) quoted = false;
      } else if (byte === QUOTE) quoted = true;
      else if (byte === COMMA) values++;
      else if ((byte & ~CURLY) === OPEN) {
        values++;
        depth++;
        if (depth > MAX_DEPTH) return `is nested deeper than ${MAX_DEPTH} levels`;
      } else if ((byte & ~CURLY) === CLOSE) depth--;
    }
    return values > MAX_VALUES ? `holds more than ${MAX_VALUES} values` : undefined;
  };
}
