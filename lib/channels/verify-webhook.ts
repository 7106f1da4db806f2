// For those who receive Lookout's webhooks: is this request signed with our secret, and recent
// (Standard Webhooks 1.0.0)?
import { timingSafeEqual } from "node:crypto";
import type { Notification } from "../model/notification.ts";
import { base64Key, SECRET_FORM, signatureV1, signingKey } from "./http/standard-webhooks.ts";

/** The request is not to be trusted, or not to be understood; the message says why. Answer it with 400 or 401. */
export class WebhookVerificationError extends Error {
  override name = "WebhookVerificationError";
}

export interface WebhookRequest {
  /** `whsec_…`, or its base64 alone. */
  secret: string;
  /** Names in any case; a header given several times may be a list. */
  headers: Headers | Readonly<Record<string, string | readonly string[] | undefined>>;
  /** The body as it was received, before any parsing. */
  body: string | Uint8Array;
  /** A Date or milliseconds since the epoch; default: the wall clock. */
  now?: Date | number;
  /** Seconds that the request's time may differ from `now`, either way. Default 300. */
  tolerance?: number;
}

/**
 * The payload of an authentic and recent request. Throws WebhookVerificationError for every other. A `webhook-id`
 * already seen is a retry of the same notification: remember them where that matters.
 */
export function verifyWebhook(request: WebhookRequest): Notification {
  const { secret, headers, body, now = Date.now(), tolerance = 300 } = request;
  if (!(tolerance >= 0)) throw new WebhookVerificationError("`tolerance` is not a number of seconds");
  const key = signingKey(secret) ?? base64Key(secret.trim());
  if (!key) throw new WebhookVerificationError(`the secret is not a signing secret: ${SECRET_FORM}`);
  const id = required(headers, "webhook-id");
  const timestamp = required(headers, "webhook-timestamp");
  const signatures = required(headers, "webhook-signature");
  checkTime(timestamp, Math.floor(Number(now) / 1_000), tolerance);
  const expected = Buffer.from(signatureV1(key, id, timestamp, body));
  if (!entriesOf(signatures).some((entry) => sameBytes(Buffer.from(entry), expected))) {
    throw new WebhookVerificationError(
      "no signature matches: another secret, or the body is not exactly what was received",
    );
  }
  return parsed(body);
}

function required(headers: WebhookRequest["headers"], name: string): string {
  const value = headers instanceof Headers ? headers.get(name) : entry(headers, name);
  if (!value) throw new WebhookVerificationError(`the header ${name} is missing`);
  return value;
}

function entry(headers: Exclude<WebhookRequest["headers"], Headers>, name: string): string | undefined {
  const value = Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1];
  return typeof value === "string" ? value : value?.join(" ");
}

/**
 * The entries of a header, `v1,…` each, between spaces or, where a proxy joined two headers, commas. In
 * one pass: nobody is known yet.
 */
function entriesOf(header: string): string[] {
  const parts = header.split(/[\s,]/).filter((part) => part !== "");
  return parts.flatMap((part, at) => (part === "v1" && at + 1 < parts.length ? [`v1,${parts[at + 1]}`] : []));
}

/** All in seconds. */
function checkTime(timestamp: string, now: number, tolerance: number): void {
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookVerificationError("the header webhook-timestamp is not a time in seconds");
  }
  const age = now - Number(timestamp);
  if (age > tolerance) throw new WebhookVerificationError(`the request is too old: by more than ${tolerance} s`);
  if (-age > tolerance)
    throw new WebhookVerificationError(`the request is from the future: by more than ${tolerance} s`);
  if (Number.isNaN(age)) throw new WebhookVerificationError("`now` is not a time");
}

function sameBytes(one: Buffer, other: Buffer): boolean {
  return one.length === other.length && timingSafeEqual(one, other);
}

function parsed(body: string | Uint8Array): Notification {
  try {
    return JSON.parse(typeof body === "string" ? body : new TextDecoder().decode(body)) as Notification;
  } catch (cause) {
    throw new WebhookVerificationError("the body is signed, but no JSON", { cause });
  }
}
