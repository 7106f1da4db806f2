// The keys within a web address: chat webhooks carry theirs in the path or the query, and whoever has them may post.

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const RUN = /[A-Za-z0-9]{16,}/;
/** Names in CamelCase, or a word with a number at its end. */
const WORDS = /^([A-Z]?[a-z]+){1,4}\d{0,4}$/;

/**
 * Parts of an http(s) address that look like keys, as written and decoded, and its password, also of a mail server's or
 * a database's; none of other text.
 */
export function keysInAddress(text: string): string[] {
  const url = URL.parse(text.trim());
  if (!url || !/^(https?|smtps?|postgres(ql)?):$/.test(url.protocol)) return [];
  const password = url.password === "" ? [] : [url.password, decoded(url.password)];
  if (!url.protocol.startsWith("http")) return [...new Set(password)];
  const raw = [...url.pathname.split("/"), ...url.search.slice(1).split(/[&=]/), url.hash.slice(1)];
  const keys = raw.flatMap((part) => [part, decoded(part)]).filter(looksLikeKey);
  return [...new Set([...keys, ...password])];
}

/** Random letters and digits of some length, or a UUID: no name that people give. */
function looksLikeKey(part: string): boolean {
  const run = RUN.exec(part)?.[0];
  return UUID.test(part) || (run !== undefined && !WORDS.test(run) && /[A-Z\d]/.test(run));
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
