// Web addresses: the option of every HTTP destination, the JSON request made from it, links to show; no error repeats one.
import * as z from "zod";
import type { HttpRequest } from "../port.ts";

const WANTED = `an http(s) address, or a reference to one such as $\{env:NAME}`;

/** An http(s) address, or text with secret references, which is checked once they are resolved. */
export const Address = z.string().refine((text) => text.includes("${") || webAddress(text) !== undefined, WANTED);

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

/** A POST of `body` as JSON. Throws an Error for people when the address is none. */
export function postJson(address: string, body: unknown, headers: Record<string, string> = {}): HttpRequest {
  return {
    method: "POST",
    url: usableAddress(address).href,
    headers: { ...headers, "content-type": "application/json", "user-agent": "lookout" },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

/** The resolved address of an attempt. Throws an Error for people when it is none. */
export function usableAddress(address: string): URL {
  const url = webAddress(address);
  if (!url) throw new Error("the channel's address is no http(s) address: check the variable or file it comes from");
  return url;
}
