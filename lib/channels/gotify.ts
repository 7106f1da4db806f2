// Gotify: a notification on phones through a server of one's own, as plain text.
// https://gotify.net/docs/pushmsg, https://gotify.net/docs/msgextras
import * as z from "zod";
import { Address, addressBelow, postJson } from "./http/address.ts";
import { advised, unconfirmed } from "./http/advice.ts";
import { jsonObject, refused } from "./http/answer.ts";
import { apart } from "./message/apart.ts";
import { writeCard } from "./message/card.ts";
import type { Tone } from "./message/news.ts";
import { bytes } from "./message/plain.ts";
import type { HttpChannel } from "./port.ts";

const Options = z.strictObject({ url: Address, token: z.string().min(1, "the token of an application in Gotify") });

/** From 8 on a phone rings and vibrates, from 4 on it rings. */
const PRIORITIES: Readonly<Record<Tone, number>> = { critical: 10, error: 8, warning: 5, info: 2, resolved: 2 };

/** Bytes. Gotify names no limit, but keeps the text in a column of 65,535 bytes on MySQL. */
const MARKUP = {
  limit: 16_000,
  measure: bytes,
  escape: apart,
  strong: (written: string) => written,
  link: (written: string, address: string) => `${written}: ${address}`,
  newline: "\n",
};

export const gotify: HttpChannel<z.infer<typeof Options>> = {
  type: "gotify",
  options: Options,
  incident: false,
  template: "words",
  render(notification, options, context) {
    const { title, tone, lines, links } = writeCard(notification, context, MARKUP);
    const [first] = links;
    const body = {
      title,
      // Gotify refuses an empty one.
      message: lines.length > 0 ? lines.join("\n") : title,
      priority: PRIORITIES[tone],
      extras: {
        "client::display": { contentType: "text/plain" },
        ...(first ? { "client::notification": { click: { url: first.url } } } : {}),
      },
    };
    return postJson(addressBelow(options.url, "message"), body, { "x-gotify-key": options.token.trim() });
  },
  classify(response, { now }) {
    const { status } = response;
    const { id, errorDescription: said } = jsonObject(response.body);
    if (status === 200 && typeof id === "number") return { kind: "delivered" };
    if (status >= 200 && status <= 299) {
      return advised(unconfirmed(response, "a message with an id"), '"url" is the address of a Gotify server');
    }
    return advised(refused(response, now, typeof said === "string" ? said : response.body), ADVICE.get(status));
  },
};

const ADVICE: ReadonlyMap<number, string> = new Map([
  [401, "the token is wrong: take an application's, not a client's (Apps in Gotify)"],
  [403, "the address holds a user and password: leave them out, and give an application's token"],
  [404, '"url" is the address of the Gotify server, without /message'],
]);
