// A webhook receiver on a port of its own that keeps what it was sent and answers as told.
import { Webhook } from "standardwebhooks";
import { onTestFinished } from "vitest";
import type { Notification } from "../../lib/model/notification.ts";
import { type Answer, type Sent, startReceiver } from "./receiver.ts";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export interface Received extends Sent {
  /** `webhook-id` */
  id: string;
  notification: Notification;
}

export interface WebhookReceiver {
  url: string;
  received: Received[];
  /** Asked for each request, in order of arrival; default 204. */
  answer: (request: Received, number: number) => Answer | Promise<Answer>;
}

/** Closed when the test ends. */
export async function startWebhook(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const { url, close } = await startReceiver((sent) => {
    const one = { ...sent, id: sent.headers["webhook-id"] ?? "", notification: JSON.parse(sent.body) };
    received.push(one);
    return receiver.answer(one, received.length);
  });
  onTestFinished(close);
  const receiver: WebhookReceiver = {
    url: `${url}/hook`,
    received,
    answer: () => ({ status: 204 }),
  };
  return receiver;
}

/** Throws unless the request is signed with SECRET, as an independent library sees it. */
export function verifySigned({ body, headers }: Received): void {
  new Webhook(SECRET).verify(body, headers);
}
