// Makes what an API returned safe to keep: secrets taken out, depth bounded, text well-formed. Pure.
const MAX_DEPTH = 32;
/** `envs` of a service's configuration hold whatever its owner put there. */
const SECRET_OBJECT = /^(envs?|dew_secret)$/i;
const SECRET_TEXT = /(passw(or)?d|secret|token|credential|api_?key|access_?key|private_?key)/i;

/**
 * A copy of a JSON value without fields that hold secrets; below 32 levels it is cut. `text` may
 * change every string and key.
 */
export function scrub(value: unknown, text: (value: string) => string = (value) => value.toWellFormed()): unknown {
  return copy(value, text, 0);
}

/** A raw item as JSON for people to inspect: secrets removed, those that only `redact` knows included; at most 2 KB. */
export function rawText(value: unknown, redact: (text: string) => string = (text) => text): string {
  const json = JSON.stringify(scrub(value, (part) => redact(part).slice(0, 2_048).toWellFormed())) ?? "undefined";
  return json.length > 2_000 ? `${json.slice(0, 2_000).toWellFormed()}…` : json;
}

function copy(value: unknown, text: (value: string) => string, depth: number): unknown {
  if (typeof value === "string") return text(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth >= MAX_DEPTH) return "…";
  if (Array.isArray(value)) return value.map((item) => copy(item, text, depth + 1));
  const entries = Object.entries(value)
    .filter(([key, item]) => !SECRET_OBJECT.test(key) && !(typeof item === "string" && SECRET_TEXT.test(key)))
    .map(([key, item]) => [text(key), copy(item, text, depth + 1)]);
  return Object.fromEntries(entries);
}
