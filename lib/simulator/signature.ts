// Checking SDK-HMAC-SHA256 signatures. Written from the signing rules on its own, never shared with the code that
// signs, so that a request accepted here is evidence.
// https://github.com/huaweicloud/huaweicloud-sdk-go-v3/tree/master/core/auth/signer
import { createHash, createHmac } from "node:crypto";

export interface SignedRequest {
  method: string;
  /** Path and query as they stood on the request line. */
  url: string;
  /** Lower-case names. */
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

export interface Authorization {
  access: string;
  signedHeaders: string[];
  signature: string;
}

/** The parts of an `Authorization: SDK-HMAC-SHA256 …` header; undefined when it is not one. */
export function parseAuthorization(header: string): Authorization | undefined {
  const match = /^SDK-HMAC-SHA256 Access=([^,\s]+), SignedHeaders=([^,\s]+), Signature=([0-9a-f]{64})$/.exec(header);
  if (!match) return undefined;
  return { access: match[1]!, signedHeaders: match[2]!.split(";"), signature: match[3]! };
}

/** The signature these headers of this request must have: hex. */
export function signatureOf(request: SignedRequest, signedHeaders: readonly string[], secretKey: string): string {
  const canonical = sha256(canonicalRequest(request, signedHeaders));
  const toSign = `SDK-HMAC-SHA256\n${one(request.headers["x-sdk-date"])}\n${canonical}`;
  return createHmac("sha256", secretKey).update(toSign).digest("hex");
}

/** Milliseconds since the epoch of an X-Sdk-Date such as 20200608T023900Z; undefined when it is malformed. */
export function parseSdkDate(text: string): number | undefined {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!match) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function canonicalRequest({ method, url, headers, body }: SignedRequest, signedHeaders: readonly string[]): string {
  const [path, query] = splitOnce(url, "?");
  const segments = path.split("/").map((segment) => percentEncode(decode(segment)));
  const uri = path.endsWith("/") ? segments.join("/") : `${segments.join("/")}/`;
  const pairs = query
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const [name, value] = splitOnce(pair, "=");
      return { name: decode(name.replaceAll("+", " ")), value: decode(value.replaceAll("+", " ")) };
    })
    .sort((a, b) => compare(a.name, b.name) || compare(a.value, b.value));
  const lines = [
    method.toUpperCase(),
    uri,
    pairs.map(({ name, value }) => `${percentEncode(name)}=${percentEncode(value)}`).join("&"),
    ...signedHeaders.map((name) => `${name}:${one(headers[name]).trim()}`),
    "",
    signedHeaders.join(";"),
    one(headers["x-sdk-content-sha256"]) || sha256(body),
  ];
  return lines.join("\n");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function one(header: string | string[] | undefined): string {
  return [header ?? ""].flat().join(",");
}

function splitOnce(text: string, separator: string): [string, string] {
  const place = text.indexOf(separator);
  return place < 0 ? [text, ""] : [text.slice(0, place), text.slice(place + 1)];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Everything but A-Z a-z 0-9 - . _ ~ as %XX. */
function percentEncode(text: string): string {
  return text.replace(/[^\w.~-]+/g, (others) => {
    return Array.from(Buffer.from(others), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
  });
}
