// Any HTTP receiver: the notification as JSON, signed by Standard Webhooks headers where a secret is set.
import * as z from "zod";
import type { Notification } from "../model/notification.ts";
import { Address, postJson } from "./http/address.ts";
import { refused } from "./http/answer.ts";
import { SECRET_FORM, signatureV1, signingKey } from "./http/standard-webhooks.ts";
import { BODY_LIMIT, bodyParts, wireForm } from "./message/parts.ts";
import { bytes } from "./message/plain.ts";
import type { HttpChannel, RenderContext } from "./port.ts";

const RESERVED = /^(content-type|content-length|host|connection|transfer-encoding|webhook-.*)$/i;
const HeaderName = z
  .string()
  .regex(/^[\w!#$%&'*+.^`|~-]+$/, "a header name")
  .refine((name) => !RESERVED.test(name), "a header that Lookout sets itself: leave it out");

const Options = z.strictObject({
  url: Address,
  secret: z
    .string()
    .refine((secret) => secret.includes("${") || signingKey(secret) !== undefined, `a signing secret: ${SECRET_FORM}`)
    .optional(),
  format: z.enum(["lookout"], { error: 'must be "lookout": no other format is built yet' }).default("lookout"),
  headers: z.record(HeaderName, z.string()).optional(),
});
type Options = z.infer<typeof Options>;

export const webhook: HttpChannel<Options> = {
  type: "webhook",
  options: Options,
  incident: false,
  concurrency: 16,
  template: "body",
  split: bodyParts,
  render(notification, options, context) {
    const body = context.body === undefined ? bodyOf(notification) : JSON.stringify(context.body);
    const headers = { ...ownHeaders(options), ...standardHeaders(notification.id, body, options, context) };
    return postJson(options.url, body, headers);
  },
  classify(response, { now }) {
    if (response.status >= 200 && response.status <= 299) return { kind: "delivered" };
    return refused(response, now);
  },
};

/** A body beyond the limit (its notification was not split) goes out with each alert's newest event alone. */
function bodyOf(notification: Notification): string {
  const body = JSON.stringify(wireForm(notification));
  if (bytes(body) <= BODY_LIMIT) return body;
  return JSON.stringify(wireForm({ ...notification, alerts: bodyParts(notification).flat() }));
}

function ownHeaders(options: Options): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    const text = value.trim();
    if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
      throw new Error(`the value of the header "${name}" holds characters that no header can carry`);
    }
    headers[name.toLowerCase()] = text;
  }
  return headers;
}

function standardHeaders(id: string, body: string, options: Options, { now }: RenderContext): Record<string, string> {
  if (!/^[\w-]+$/.test(id))
    throw new Error('a delivery\'s id must be of letters, digits, "_" and "-" to be a webhook-id');
  const timestamp = String(Math.floor(now / 1_000));
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp };
  if (options.secret === undefined) return headers;
  const key = signingKey(options.secret);
  if (!key) throw new Error(`the channel's secret does not have the form of a signing secret: ${SECRET_FORM}`);
  return { ...headers, "webhook-signature": signatureV1(key, id, timestamp, body) };
}
