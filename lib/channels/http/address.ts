// Web addresses: the option of every HTTP destination, and the JSON request made from it; no error repeats one.
import * as z from "zod";
import { webAddress } from "../message/link.ts";
import type { HttpRequest } from "../port.ts";

const WANTED = `an http(s) address, or a reference to one such as $\{env:NAME}`;

/** An http(s) address, or text with secret references, which is checked once they are resolved. */
export const Address = z.string().refine((text) => text.includes("${") || webAddress(text) !== undefined, WANTED);

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

/** The address of a path below a service's own, whatever that ends with. Throws as usableAddress does. */
export function addressBelow(address: string, path: string): string {
  const url = usableAddress(address);
  url.pathname = url.pathname.endsWith("/") ? `${url.pathname}${path}` : `${url.pathname}/${path}`;
  return url.href;
}
