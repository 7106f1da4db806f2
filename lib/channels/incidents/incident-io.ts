// incident.io: one alert each, sent to an HTTP alert source under the alert's id.
// https://api-docs.incident.io/tag/Alert-Events-V2
import * as z from "zod";
import { Address, postJson } from "../http/address.ts";
import { advised, strangersPage } from "../http/advice.ts";
import { notAccepted, refused } from "../http/answer.ts";
import { factsOf, incidentText, incidentTitle, oneByOne, onlyAlert, pageOf } from "../message/incident.ts";
import type { HttpChannel } from "../port.ts";

const Options = z.strictObject({
  url: Address,
  token: z.string().min(1, "the token of an HTTP alert source"),
});

/** Its documents name no limits for texts; this much is read by people. A whole event may have 512 KB. */
const TITLE_CHARACTERS = 250;
const TEXT_CHARACTERS = 10_000;
const ACCEPTED = 202;

const TOKEN = 'check "token": it is the one shown with the alert source of "url"';
const SOURCE = 'check "url": there is no such alert source';
const ADVICE: Readonly<Record<number, string>> = {
  401: TOKEN,
  403: TOKEN,
  404: SOURCE,
  405: SOURCE,
};

export const incidentIo: HttpChannel<z.infer<typeof Options>> = {
  type: "incident-io",
  options: Options,
  incident: true,
  template: "words",
  concurrency: 8,
  split: oneByOne,
  render(notification, { url, token }, context) {
    const alert = onlyAlert(notification);
    if (!alert) return null;
    const page = pageOf(alert, context);
    const body = {
      title: incidentTitle(alert, notification.test === true, context.words?.title, TITLE_CHARACTERS),
      description: incidentText(notification, context, TEXT_CHARACTERS),
      deduplication_key: alert.id,
      status: alert.status,
      metadata: factsOf(alert, notification),
      ...(page ? { source_url: page } : {}),
    };
    return postJson(url, body, { authorization: `Bearer ${token.trim()}` });
  },
  classify(response, { now }) {
    if (response.status === ACCEPTED) return strangersPage(response) ?? { kind: "delivered" };
    return advised(notAccepted(response) ?? refused(response, now), ADVICE[response.status]);
  },
};
