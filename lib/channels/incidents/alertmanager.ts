// Alertmanager: alerts are posted to every peer of a cluster, and again while they fire; ended ones with their end.
// https://prometheus.io/docs/alerting/latest/alerts_api/
import * as z from "zod";
import type { NotifiedAlert } from "../../model/notification.ts";
import { Address, postJson, usableAddress } from "../http/address.ts";
import { advised, strangersPage } from "../http/advice.ts";
import { refused } from "../http/answer.ts";
import { OwnHeaders, ownHeaders } from "../http/own-headers.ts";
import { LIMIT_MS } from "../http/posted.ts";
import { bodyParts } from "../message/parts.ts";
import { prometheusAlert } from "../message/prometheus.ts";
import type { HttpRequest, Outcome, SendContext, SendingChannel } from "../port.ts";

const Options = z.strictObject({
  url: z.union([Address, z.array(Address).min(1)]),
  headers: OwnHeaders,
});

/** Alertmanager ends what it was not sent again within its resolve_timeout, 5 minutes by default. ms */
const RESEND = 60_000;
/** An alert that fires ends so long after it was last sent: a few of those may be lost. ms */
const OPEN_FOR = 4 * RESEND;

const ADVICE: Readonly<Record<number, string>> = {
  401: 'check "headers": it wants an authorization',
  403: 'check "headers": it refused the authorization',
  404: 'check "url": it is the address before /api/v2/alerts, its route prefix included',
  405: 'check "url": it is the address before /api/v2/alerts, its route prefix included',
};

export const alertmanager: SendingChannel<z.infer<typeof Options>> = {
  type: "alertmanager",
  options: Options,
  incident: true,
  concurrency: 8,
  resend: RESEND,
  split: (notification) => bodyParts(notification),
  async send({ alerts, test }, options, context) {
    if (alerts.length === 0) return { kind: "delivered" };
    const entries = alerts.map((one) => prometheusAlert(one, test === true, openEnd(one, context.now), context));
    const body = JSON.stringify(entries);
    const headers = ownHeaders(options.headers);
    const requests = [options.url].flat().map((url) => {
      return postJson(`${usableAddress(url).href.replace(/\/+$/, "")}/api/v2/alerts`, body, headers);
    });
    return together(await Promise.all(requests.map((request) => posted(request, context))));
  },
};

/** After its beginning, which a cloud's clock may have put ahead of ours: Alertmanager takes no other end. */
function openEnd({ startsAt }: NotifiedAlert, now: number): string {
  return new Date(Math.max(now, Date.parse(startsAt) || 0) + OPEN_FOR).toISOString();
}

interface Posted {
  host: string;
  outcome: Outcome;
}

async function posted(request: HttpRequest, context: SendContext): Promise<Posted> {
  const { host } = new URL(request.url);
  try {
    const response = await context.exchange(request, LIMIT_MS);
    if (response.status === 200) return { host, outcome: strangersPage(response) ?? { kind: "delivered" } };
    return { host, outcome: advised(refused(response, context.now), ADVICE[response.status]) };
  } catch (error) {
    return { host, outcome: { kind: "retry", reason: (error as Error).message } };
  }
}

/** One peer is enough to notify. The others get the alert when it is sent again: peers share no alerts. */
function together(all: readonly Posted[]): Outcome {
  const failed = all.flatMap(({ host, outcome }) => (outcome.kind === "delivered" ? [] : [{ host, outcome }]));
  const reason = failed.map(({ host, outcome }) => `${host}: ${outcome.reason}`).join("; ");
  if (failed.length === 0) return { kind: "delivered" };
  if (failed.length < all.length) return { kind: "delivered", note: `not accepted by ${reason}` };
  if (failed.every(({ outcome }) => outcome.kind === "permanent")) return { kind: "permanent", reason };
  const after = Math.max(...failed.map(({ outcome }) => (outcome.kind === "retry" ? (outcome.after ?? 0) : 0)));
  return { kind: "retry", reason, ...(after > 0 ? { after } : {}) };
}
