// Links that a message may show: web addresses only, which no markup can be made of.

/** The parsed address when it is an http(s) one. */
export function webAddress(text: string): URL | undefined {
  const url = URL.parse(text.trim());
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : undefined;
}

/** A link to show: http(s) only, the delimiters of every markup percent-encoded, user and password left out. */
export function harmlessLink(text: string): string | undefined {
  const url = webAddress(text);
  if (!url) return undefined;
  const path = `${url.pathname}${url.search}${url.hash}`;
  return url.origin + path.replace(DELIMITERS, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}
const DELIMITERS = /[()[\]|*`'"<>]/g;
