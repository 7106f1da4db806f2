// A notification: what one delivery says about one group of alerts, in the `lookout` format.
import * as z from "zod";
import { Alert, AlertStatus } from "./alert.ts";
import type { Severity } from "./severity.ts";

/** `acknowledged`: only incident services that have a word for it get one. */
export const NotifyReason = z.enum(["new", "resolved", "update", "repeat", "escalation", "digest", "acknowledged"]);
export type NotifyReason = z.infer<typeof NotifyReason>;

export const NotifiedAlert = Alert.extend({
  /** What the alert counted since its group's last notification. */
  newCount: z.number(),
  /** Why this alert is in the notification. Absent in what an older version stored. */
  reason: NotifyReason.optional(),
});
export type NotifiedAlert = z.infer<typeof NotifiedAlert>;

export const Notification = z.object({
  version: z.literal("1"),
  /** The delivery's id: the same over retries and `redeliver`. */
  id: z.string(),
  channel: z.string(),
  status: AlertStatus,
  group: z.record(z.string(), z.unknown()),
  reason: NotifyReason,
  alerts: z.array(NotifiedAlert),
  suppressed: z.object({ silenced: z.number(), muted: z.number(), inhibited: z.number() }),
  /** True for what `lookout send-test` sends. */
  test: z.boolean().optional(),
});
export type Notification = z.infer<typeof Notification>;

/** Alerts that people have been notified of, and that a message to them counts without having them. */
export interface Counted {
  alerts: Partial<Record<Severity, number>>;
  /** What they counted since, together. */
  newCount: number;
}

/** A notification as it is kept for a channel that writes to people. No receiver gets `counted` as it is. */
export interface Told extends Notification {
  counted?: Counted;
}
