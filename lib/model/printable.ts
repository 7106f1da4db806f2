// Foreign text made fit to be shown or logged: nothing in it steers a terminal, forges a line, or
// reads as what it is not.

/** Signs of Arabic and Syriac that Unicode counts as format, but that are seen. */
const SEEN = "[\\u0600-\\u0605\\u06dd\\u070f\\u0890\\u0891\\u08e2]";
/** Marks and letters that are not. */
const UNSEEN = "\\u034f\\u115f\\u1160\\u17b4\\u17b5\\u3164\\uffa0";
/**
 * Characters that are no text: controls, what turns the direction of writing, what is invisible (zero-width, tags,
 * fillers), separators of lines and paragraphs, half surrogates.
 */
const NO_TEXT = `(?!${SEEN})[\\p{Cc}\\p{Cf}\\p{Cs}\\u2028\\u2029${UNSEEN}]`;
/** Emoji of several people or things are held together by one of those. */
const JOINED = "(?<=[\\p{Extended_Pictographic}\\ufe0f\\u{1f3fb}-\\u{1f3ff}])\\u200d(?=\\p{Extended_Pictographic})";
const STEERING = new RegExp(`(?!${JOINED})(?![\\n\\t])${NO_TEXT}`, "gu");
const INVISIBLE = new RegExp(`(?!${JOINED})${NO_TEXT}`, "gu");

/** What is no text written as in JSON (`\u001b`): JSON stays the JSON that it was. New lines and tabs stay. */
export function printable(text: string): string {
  return text.replace(STEERING, escaped);
}

/** The text on one line: white space and controls become single spaces, half surrogates U+FFFD, the invisible goes. */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\s\p{Cc}\ufeff]+/gu, " ")
    .replace(INVISIBLE, "")
    .trim();
}

/** What is said about alerts, with their ids as people see them: by their beginnings, which every command takes. */
export function withShortIds(text: string): string {
  return text.replace(/\b([0-9a-f]{8})[0-9a-f]{24}\b/g, "$1");
}

/** JSON in which `redact` has seen every text: in the JSON itself it might replace digits or a key. */
export function redactedJson(value: unknown, redact: (text: string) => string, indent?: number): string {
  const json = JSON.stringify(value, null, indent);
  if (json === undefined || redact(json) === json) return json;
  return JSON.stringify(value, (_key, part) => (typeof part === "string" ? redact(part) : part), indent);
}

/** The same JSON value with every text redacted; the value itself where nothing in it is a secret. */
export function redactedValue<T>(value: T, redact: (text: string) => string): T {
  const json = JSON.stringify(value);
  const clean = redactedJson(value, redact);
  return clean === json ? value : JSON.parse(clean);
}

function escaped(char: string): string {
  let text = "";
  for (let at = 0; at < char.length; at++) text += `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`;
  return text;
}
