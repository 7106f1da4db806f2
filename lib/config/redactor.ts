// Blots out known secrets in text that people will see; knows each in the spellings it takes in URLs and JSON.
const SHOWN_AS = "[secret]";
/** Shorter values occur in ordinary text, which would become unreadable and point at them. */
const MIN_LENGTH = 6;

export interface Redactor {
  /** From now on `redact` replaces this value. Values under 6 characters are not remembered. */
  add(value: string): void;
  /** The text with every known secret replaced by `[secret]`. */
  redact(text: string): string;
}

export function createRedactor(): Redactor {
  const known = new Set<string>();
  let longestFirst: string[] = [];
  return {
    add(value) {
      const before = known.size;
      for (const spelling of spellings(value)) if (spelling.length >= MIN_LENGTH) known.add(spelling);
      // A secret that holds another must go first, or its rest would remain.
      if (known.size > before) longestFirst = [...known].sort((a, b) => b.length - a.length);
    },
    redact: (text) => longestFirst.reduce((clean, secret) => clean.replaceAll(secret, SHOWN_AS), text),
  };
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
