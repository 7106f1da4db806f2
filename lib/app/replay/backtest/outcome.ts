// What a backtest found out, as its report and its JSON show it.
import type { Suppressed } from "../../../alerts/group.ts";
import type { Alert } from "../../../model/alert.ts";
import type { Notification } from "../../../model/notification.ts";

/** An alert that would have been. */
export interface WouldBeAlert {
  id: string;
  rule: string;
  severity: Alert["severity"];
  key: Record<string, unknown>;
  summary: string;
  startsAt: string;
  endsAt: string | null;
  /** How it ended: by its rule, silently (an occurrence), or not at all. */
  end: "resolved" | "closed" | "firing";
  count: number;
  /** Messages that named it, by channel. */
  messages: Record<string, number>;
  unnotified: Unnotified | null;
}

/**
 * Why no message named an alert: what holds it back still, its group's time comes after the end, or it was over
 * before anyone was due to be notified (`passed`).
 */
export type Unnotified = keyof Suppressed | "later" | "passed";

/** A message that would have been sent. */
export interface WouldBeMessage {
  /** Stands for when it would have been sent, where to, why, and about which alerts: the same for the same message. */
  id: string;
  at: string;
  channel: string;
  reason: Notification["reason"];
  status: Notification["status"];
  rules: string[];
  /** How many alerts it names, and the ids of the first 20. */
  count: number;
  alerts: string[];
}

export interface RuleFigures {
  rule: string;
  alerts: number;
  /** How many of them still fired at the end. */
  firing: number;
  /** Messages that name the rule's alerts, and by channel; one that names several rules counts for each. */
  messages: number;
  channels: Record<string, number>;
  noise: Noise;
}

/** How much a rule disturbs; the shares are of its alerts, from 0 to 1. */
export interface Noise {
  messagesPerDay: number;
  /** Resolved within 5 minutes of its start. */
  brief: number;
  /** Nothing followed: no further match, and no resolution. */
  unfollowed: number;
  /** Its key fired again within an hour of the end of its last alert. */
  back: number;
  /** The key with the most alerts; null where no key has more than one. */
  worst: { key: Record<string, unknown>; alerts: number } | null;
}

export interface Outcome {
  /** The noisiest first; rules that never fired are there, too. */
  rules: RuleFigures[];
  /** Messages by channel, each counted once. */
  channels: Record<string, number>;
  totals: { alerts: number; messages: number };
  /** By their start. */
  alerts: WouldBeAlert[];
  messages: WouldBeMessage[];
  /** What is counted above and not listed here. */
  unlisted: { alerts: number; messages: number };
  /** What starts (or is sent) before then is listed; null: everything is. */
  listedTo: { alerts: string | null; messages: string | null };
}
