// The form in which secrets and texts are compared: without white space and what nobody sees, in small letters, wide
// and styled letters as the letters that they are, and the two alphabets of base64 as one.
import type { View } from "./decodings.ts";

/** Wide, circled and mathematical letters and digits. */
export const HAS_STYLED = /[\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\u2460-\u24ff\u{1d400}-\u{1d7ff}]/u;
const PLAIN = /^[!-~]*$/;
const UNSEEN = /[\s\p{Cc}\p{Cf}\p{DI}]/u;

/** A folded text, and where each of its characters begins and ends in the original. */
export interface Folded {
  text: string;
  starts: number[];
  ends: number[];
}

export function fold(text: string): Folded {
  return mapped(text, (char) => known.get(char) ?? foldedChar(char));
}

/** As `fold`, where nobody needs to know what stood where. */
export function foldedText(text: string): string {
  if (!PLAIN.test(text)) return fold(text).text;
  return text.toLowerCase().replaceAll("-", "+").replaceAll("_", "/");
}

function mapped(text: string, map: (char: string) => string): Folded {
  const folded: Folded = { text: "", starts: [], ends: [] };
  let at = 0;
  for (const char of text) {
    const meant = map(char);
    folded.text += meant;
    for (let i = 0; i < meant.length; i++) {
      folded.starts.push(at);
      folded.ends.push(at + char.length);
    }
    at += char.length;
  }
  return folded;
}

/** The text as it reads with plain letters. */
export function unstyled(text: string): View {
  const { text: plain, starts, ends } = mapped(text, (char) => char.normalize("NFKD"));
  return { text: plain, from: (at) => starts[at]!, to: (at) => ends[at - 1]! };
}

export function spacesIn(text: string): number {
  return text.match(/\s/g)?.length ?? 0;
}

function foldedChar(char: string): string {
  if (UNSEEN.test(char)) return "";
  if (char === "-") return "+";
  if (char === "_") return "/";
  return char.normalize("NFKD").toLowerCase();
}

/** Those that most texts consist of. */
const known = new Map(
  Array.from({ length: 128 }, (_, code) => [String.fromCharCode(code), foldedChar(String.fromCharCode(code))]),
);
