// Links in messages that acknowledge one alert: signed, and good for a day. Who has such a link may do that and
// nothing else.
import { createHmac, timingSafeEqual } from "node:crypto";

/** How long a link is good; ms. */
export const ACK_LINK_MS = 86_400_000;

export interface AckLink {
  alert: string;
  /** ms */
  expires: number;
  signature: string;
}

/** `secret` is the console's token, or anything else that only its owner has. */
export function ackLink(secret: string, alert: string, now: number): AckLink {
  const expires = now + ACK_LINK_MS;
  return { alert, expires, signature: signatureOf(secret, alert, expires) };
}

/** The path below the console's address. */
export function ackPath({ alert, expires, signature }: AckLink): string {
  return `/ack/${alert}/${expires}/${signature}`;
}

/** Whether it was made with the secret, and is still good. */
export function isGood(secret: string, { alert, expires, signature }: AckLink, now: number): boolean {
  const [given, wanted] = [Buffer.from(signature), Buffer.from(signatureOf(secret, alert, expires))];
  return given.length === wanted.length && timingSafeEqual(given, wanted) && now < expires;
}

function signatureOf(secret: string, alert: string, expires: number): string {
  return createHmac("sha256", `lookout acknowledge v1 ${secret}`).update(`${alert}.${expires}`).digest("base64url");
}
