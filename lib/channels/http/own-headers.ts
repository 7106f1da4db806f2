// The headers that a user adds to a destination's requests: names checked with the file, values once they are resolved.
import * as z from "zod";
import { UnusableOptions } from "../unusable.ts";

const RESERVED = /^(content-type|content-length|host|connection|transfer-encoding|webhook-.*|ce-.*)$/i;
const HeaderName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, "a header name")
  .refine((name) => !RESERVED.test(name), "a header that Lookout sets itself: leave it out");

export const OwnHeaders = z.record(HeaderName, z.string()).optional();

/** The headers as they are sent. Throws UnusableOptions where a value cannot be. */
export function ownHeaders(given: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    const text = value.trim();
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
      throw new UnusableOptions(`the value of the header "${name}" holds characters that no header can carry`);
    }
    headers[name.toLowerCase()] = text;
  }
  return headers;
}
