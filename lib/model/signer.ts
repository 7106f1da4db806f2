// Signs requests with SDK-HMAC-SHA256, the access-key scheme of Huawei Cloud and Open Telekom Cloud; pure.
// https://support.huaweicloud.com/intl/en-us/devg-apisign/api-sign-algorithm.html
import { createHash, createHmac } from "node:crypto";

const ALGORITHM = "SDK-HMAC-SHA256";

export interface Signable {
  method: string;
  url: URL;
  /**
   * Exactly the headers to sign, `x-sdk-date` among them; those with "_" in their name are left
   * out, as the gateways do.
   */
  headers: Record<string, string>;
  /** The body as sent, "" for none. */
  body: string;
}

/** Percent-encodes all but RFC 3986's unreserved characters. */
export function escapeUri(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** The `x-sdk-date` of an instant (ms since the epoch): 20200608T023900Z. */
export function sdkDate(now: number): string {
  return new Date(now).toISOString().replace(/[-:]|\.\d+/g, "");
}

/** The value of the `Authorization` header. The secret key is used as it is; no key is derived from it. */
export function authorization(request: Signable, accessKey: string, secretKey: string): string {
  const headers = Object.entries(request.headers)
    .map(([name, value]) => [name.toLowerCase(), value.trim()] as const)
    .filter(([name]) => !name.includes("_"))
    .sort(([a], [b]) => compare(a, b));
  const date = headers.find(([name]) => name === "x-sdk-date")?.[1] ?? "";
  const signed = headers.map(([name]) => name).join(";");
  const canonical = [
    request.method.toUpperCase(),
    canonicalPath(request.url.pathname),
    canonicalQuery(request.url.searchParams),
    headers.map(([name, value]) => `${name}:${value}\n`).join(""),
    signed,
    sha256(request.body),
  ].join("\n");
  const signature = createHmac("sha256", secretKey)
    .update(`${ALGORITHM}\n${date}\n${sha256(canonical)}`)
    .digest("hex");
  return `${ALGORITHM} Access=${accessKey}, SignedHeaders=${signed}, Signature=${signature}`;
}

/** Always with a trailing slash. Segments are decoded first: the gateway signs what it decoded. */
function canonicalPath(pathname: string): string {
  const path = pathname
    .split("/")
    .map((segment) => escapeUri(decode(segment)))
    .join("/");
  return path.endsWith("/") ? path : `${path}/`;
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${escapeUri(name)}=${escapeUri(value)}`)
    .join("&");
}

/** A stray "%" is no escape and stands for itself. */
function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sha256(text: string): string {
  return createHash("sha256").update(text, "utf8").digest("hex");
}
