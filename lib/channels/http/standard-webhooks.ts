// The signature of Standard Webhooks 1.0.0: HMAC-SHA256 over "id.timestamp.body" with the key inside a whsec_ secret.
// https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
import { createHmac } from "node:crypto";

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** What a signing secret looks like, for people. */
export const SECRET_FORM =
  '"whsec_" and 24 to 64 random bytes in base64, as from: echo "whsec_$(openssl rand -base64 32)"';

/** The key in `whsec_<base64>`; undefined where the secret is not of that form. */
export function signingKey(secret: string): Buffer | undefined {
  const text = secret.trim();
  return text.startsWith("whsec_") ? base64Key(text.slice("whsec_".length)) : undefined;
}

/** The bytes of non-empty base64 text; undefined where it is none. */
export function base64Key(text: string): Buffer | undefined {
  return text !== "" && BASE64.test(text) ? Buffer.from(text, "base64") : undefined;
}

/** One entry of the `webhook-signature` header. `timestamp`: seconds since the epoch, in digits. */
export function signatureV1(key: Buffer, id: string, timestamp: string, body: string | Uint8Array): string {
  const hmac = createHmac("sha256", key).update(`${id}.${timestamp}.`).update(body);
  return `v1,${hmac.digest("base64")}`;
}
