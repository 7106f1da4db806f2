// A webhook receiver that counts what it receives.
import type { Notification } from "../lib/model/notification.ts";
import { startReceiver as serve } from "../test/support/receiver.ts";

export interface Told {
  url: string;
  notifications: number;
  /** How often each alert was told, by its id. */
  alerts: Map<string, number>;
  close(): Promise<void>;
}

/** Listens on a free loopback port. */
export async function startReceiver(): Promise<Told> {
  const { url, close } = await serve(({ body }) => {
    const { alerts } = JSON.parse(body) as Notification;
    told.notifications++;
    for (const { id } of alerts) told.alerts.set(id, (told.alerts.get(id) ?? 0) + 1);
    return undefined;
  });
  const told: Told = { url, notifications: 0, alerts: new Map(), close };
  return told;
}
