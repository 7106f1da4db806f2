// A webhook receiver that counts what it is told of.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Notification } from "../lib/model/notification.ts";

export interface Told {
  url: string;
  notifications: number;
  /** How often each alert was told, by its id. */
  alerts: Map<string, number>;
  close(): Promise<void>;
}

/** Listens on a free loopback port. */
export async function startReceiver(): Promise<Told> {
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    const { alerts } = JSON.parse(body) as Notification;
    told.notifications++;
    for (const { id } of alerts) told.alerts.set(id, (told.alerts.get(id) ?? 0) + 1);
    response.writeHead(204).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const told: Told = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    notifications: 0,
    alerts: new Map(),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return told;
}
