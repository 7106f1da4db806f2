// A webhook receiver on a port of its own that keeps what it was sent and answers as told.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Webhook } from "standardwebhooks";
import { onTestFinished } from "vitest";
import type { Notification } from "../../lib/model/notification.ts";

export const SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

export interface Received {
  /** `webhook-id` */
  id: string;
  path: string;
  headers: Record<string, string>;
  body: string;
  notification: Notification;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: string;
}

export interface WebhookReceiver {
  url: string;
  received: Received[];
  /** Asked for each request, in order of arrival; default 204. */
  answer: (request: Received, number: number) => Answer;
}

/** Closed when the test ends. */
export async function startWebhook(): Promise<WebhookReceiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const headers = Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, String(value)]));
    const one = {
      id: headers["webhook-id"] ?? "",
      path: request.url ?? "",
      headers,
      body,
      notification: JSON.parse(body),
    };
    received.push(one);
    const { status, headers: own = {}, body: text = "" } = receiver.answer(one, received.length);
    response.writeHead(status, own).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  const receiver: WebhookReceiver = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    answer: () => ({ status: 204 }),
  };
  return receiver;
}

/** Throws unless the request is signed with SECRET, as an independent library sees it. */
export function verifySigned({ body, headers }: Received): void {
  new Webhook(SECRET).verify(body, headers);
}
