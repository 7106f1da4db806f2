// Any HTTP receiver: the notification as JSON in a format of choice, signed by Standard Webhooks headers where a secret
// is set.
import * as z from "zod";
import type { Notification } from "../model/notification.ts";
import { Address, postJson } from "./http/address.ts";
import { advised } from "./http/advice.ts";
import { refused } from "./http/answer.ts";
import { OwnHeaders, ownHeaders } from "./http/own-headers.ts";
import { SECRET_FORM, signatureV1, signingKey } from "./http/standard-webhooks.ts";
import { bodyParts } from "./message/parts.ts";
import { alertmanagerBody, cloudEventAttributes, cloudEventBody, lookoutBody } from "./message/webhook-formats.ts";
import type { HttpChannel, RenderContext } from "./port.ts";

const Secret = z
  .string()
  .refine((secret) => secret.includes("${") || signingKey(secret) !== undefined, `a signing secret: ${SECRET_FORM}`);

const Options = z.strictObject({
  url: Address,
  secret: z.union([Secret, z.array(Secret).min(1)]).optional(),
  format: z.enum(["lookout", "cloudevents", "cloudevents-binary", "alertmanager"]).default("lookout"),
  headers: OwnHeaders,
});
type Options = z.infer<typeof Options>;

const REFUSED = 'check "secret" and "headers": the receiver refused the signature or the authorization';
const SHAPE = 'check "format" or "template", and "secret": the receiver takes no such body';
const ADVICE: ReadonlyMap<number, string> = new Map([
  [400, SHAPE],
  [401, REFUSED],
  [403, REFUSED],
  [404, 'check "url": the receiver knows no such address'],
  [405, 'check "url": what is there takes no POST'],
  [413, "the receiver takes no body of 1 MB: raise its limit"],
  [415, SHAPE],
  [422, SHAPE],
]);

export const webhook: HttpChannel<Options> = {
  type: "webhook",
  options: Options,
  incident: false,
  concurrency: 16,
  template: "body",
  flaws: ({ secret }) => {
    const secrets = [secret ?? []].flat();
    return secrets.flatMap((one, index) => {
      if (signingKey(one) !== undefined) return [];
      const which = secrets.length === 1 ? "its secret" : `secret ${index + 1} of ${secrets.length}`;
      return [`${which} does not have the form of a signing secret: ${SECRET_FORM}`];
    });
  },
  split: (notification) => bodyParts(notification),
  render(notification, options, context) {
    const { body, headers } =
      context.body === undefined
        ? written(notification, options, context)
        : { body: JSON.stringify(context.body), headers: {} };
    const signed = standardHeaders(notification.id, body, options, context);
    const request = postJson(options.url, body, { ...ownHeaders(options.headers), ...signed });
    return { ...request, headers: { ...request.headers, ...headers } };
  },
  classify(response, { now }) {
    if (response.status >= 200 && response.status <= 299) return { kind: "delivered" };
    return advised(refused(response, now), ADVICE.get(response.status));
  },
};

/** The body in the chosen format, and the headers that say which it is. */
function written(
  notification: Notification,
  { format }: Options,
  context: RenderContext,
): { body: string; headers: Record<string, string> } {
  switch (format) {
    case "cloudevents":
      return { body: cloudEventBody(notification), headers: { "content-type": "application/cloudevents+json" } };
    case "cloudevents-binary": {
      const attributes = Object.entries(cloudEventAttributes(notification));
      return {
        body: lookoutBody(notification),
        headers: Object.fromEntries(attributes.map(([name, value]) => [`ce-${name}`, value])),
      };
    }
    case "alertmanager":
      return { body: alertmanagerBody(notification, context), headers: {} };
    default:
      return { body: lookoutBody(notification), headers: {} };
  }
}

/**
 * With two secrets, as while one replaces the other, there is a signature of each: receivers take either. What is none
 * signs nothing, and the other goes on.
 */
function standardHeaders(id: string, body: string, options: Options, { now }: RenderContext): Record<string, string> {
  if (!/^[\w-]+$/.test(id))
    throw new Error('a delivery\'s id must be of letters, digits, "_" and "-" to be a webhook-id');
  const timestamp = String(Math.floor(now / 1_000));
  const headers = { "webhook-id": id, "webhook-timestamp": timestamp };
  const secrets = [options.secret ?? []].flat();
  if (secrets.length === 0) return headers;
  const keys = secrets.flatMap((secret) => signingKey(secret) ?? []);
  if (keys.length === 0) {
    throw new Error(`the channel's secret does not have the form of a signing secret: ${SECRET_FORM}`);
  }
  const signatures = keys.map((key) => signatureV1(key, id, timestamp, body));
  return { ...headers, "webhook-signature": signatures.join(" ") };
}
