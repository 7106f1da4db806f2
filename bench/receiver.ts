// A webhook receiver that counts what it receives.
import type { Notification } from "../lib/model/notification.ts";
import { startReceiver as serve } from "../test/support/receiver.ts";

export interface Notified {
  url: string;
  notifications: number;
  /** How often each alert was notified, by its id. */
  alerts: Map<string, number>;
  close(): Promise<void>;
}

/** Listens on a free loopback port. */
export async function startReceiver(): Promise<Notified> {
  const { url, close } = await serve(({ body }) => {
    const { alerts } = JSON.parse(body) as Notification;
    notified.notifications++;
    for (const { id } of alerts) notified.alerts.set(id, (notified.alerts.get(id) ?? 0) + 1);
    return undefined;
  });
  const notified: Notified = { url, notifications: 0, alerts: new Map(), close };
  return notified;
}
