// Blots out known secrets in text that people will see; knows each in the spellings it takes in URLs and JSON.
const SHOWN_AS = "[secret]";
/** Shorter values occur in ordinary text, which would become unreadable and point at them. */
const MIN_LENGTH = 6;
/** Of a text, four characters at every third place are looked at: whatever has six holds one of those wholly. */
const STEP = 3;
const PIECE = MIN_LENGTH - STEP + 1;

export interface Redactor {
  /** From now on `redact` replaces this value. Values under 6 characters are not remembered. */
  add(value: string): void;
  /** The text with every known secret replaced by `[secret]`; fast where it holds none. */
  redact(text: string): string;
}

export function createRedactor(): Redactor {
  const known = new Set<string>();
  let longestFirst: string[] = [];
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

  return {
    add(value) {
      const before = known.size;
      for (const spelling of spellings(value)) if (spelling.length >= MIN_LENGTH) known.add(spelling);
      if (known.size === before) return;
      // A secret that holds another must go first, or its rest would remain.
      longestFirst = [...known].sort((a, b) => b.length - a.length);
      for (const secret of known) {
        for (let i = 0; i < STEP; i++) {
          const piece = pieceAt(secret, i);
          pieces.add(piece);
          table[piece & 0xffff] = 1;
        }
      }
    },
    redact(text) {
      if (!mayHoldSecret(text)) return text;
      return longestFirst.reduce((clean, secret) => clean.replaceAll(secret, SHOWN_AS), text);
    },
  };
}

/** A number for the four characters from a place on. */
function pieceAt(text: string, at: number): number {
  const half = text.charCodeAt(at) * 31 + text.charCodeAt(at + 1);
  return (half * 31 + text.charCodeAt(at + 2)) * 31 + text.charCodeAt(at + 3);
}

function spellings(value: string): string[] {
  const trimmed = value.trim();
  const encoded = encodeURIComponent(trimmed.toWellFormed());
  return [
    value,
    trimmed,
    encoded,
    encoded.replaceAll("%20", "+"),
    JSON.stringify(trimmed).slice(1, -1),
    ...base64(trimmed),
  ];
}

function base64(value: string): string[] {
  const bytes = Buffer.from(value);
  return bytes.length < MIN_LENGTH ? [] : [bytes.toString("base64"), bytes.toString("base64url")];
}
