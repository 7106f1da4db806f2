// Where deliveries and what is known of channels lie in the store, as rows.ts has the rest.
import type { Told } from "../../model/notification.ts";
import type { Key } from "../../store/port.ts";
import type { Claim } from "./rows.ts";

/** `folded`: another delivery to the channel took in what it says (`into`). */
export type DeliveryStatus = "pending" | "delivered" | "dead" | "folded";

/** One notification on its way to one channel. Queue "delivery" while pending. Times in ms. */
export interface DeliveryRow {
  id: string;
  channel: string;
  status: DeliveryStatus;
  attempts: number;
  /** How many of them the service put off unread, since it takes no more messages; absent: none. */
  putOff?: number;
  nextAttemptAt: number | null;
  error: string | null;
  createdAt: number;
  /** When trying ends. */
  giveUpAt: number;
  /** When it was delivered or died, the last time it was tried; absent before. */
  endedAt?: number;
  /** When its first try failed; absent before. */
  failedSince?: number;
  /** Alerts of it were acknowledged while it was being sent: it is not tried again with them. */
  takenBack?: TakenBack;
  /** Likewise all of its alerts, as an older version says it. */
  revoked?: true;
  /** When it went to the channel's fallback, which it does once; absent before. */
  fellBackAt?: number;
  /** Of those that wait for it, the ones that are still to go there with it; absent: none. */
  behind?: readonly string[];
  /** Where it names too many for one commit: how many of its alerts are there so far. Absent: none, or all. */
  handedOver?: number;
  /** Who is sending it now. */
  claim: Claim | null;
  /** Ids of the alerts it names. */
  alerts: string[];
  /** Of the same group and channel: the one before, and those that wait for this one, more where it took others in. */
  previous: string | null;
  next: readonly string[];
  /** It took in others: what the service calls the message belongs to none of their groups. Absent: it did not. */
  ofSeveral?: true;
  /** The delivery that took this one in, where its channel's service takes fewer messages than there were. */
  into?: string;
  /**
   * What the service calls the message that those of the same group belong to, as far as the channel said so. Each
   * delivery hands it to the next one.
   */
  receipt?: string;
  /** Where it went to the fallback: the last delivery there; what follows it there waits for that. */
  fallback?: string;
  /** Who beside the channel is to hear of an end, as its lane knows it up to here. Absent: nobody. */
  elsewhere?: Elsewhere;
  notification: Told;
}
/** By fallback, a chat or the like: which alerts, by the beginning of their ids, it knows as firing. */
export type Elsewhere = Readonly<
  Record<
    string,
    {
      /** The last delivery that told of them. */
      last: string;
      alerts: readonly string[];
    }
  >
>;

/** What acknowledgements take back of a delivery that is being sent. */
export interface TakenBack {
  /** The ids of the alerts that no other try names. */
  alerts: readonly string[];
  /** Of each of its groups the alerts that nobody there has been notified of, unless by this try or the others. */
  groups: readonly {
    group: string;
    unheard: readonly string[];
    /** Other deliveries that were being sent with them. */
    others: readonly string[];
  }[];
}
export const DELIVERIES = "delivery";
export function deliveryKey(id: string): Key {
  return { pk: DELIVERIES, sk: id };
}

/**
 * By channel, the last deliveries of a group that has ended: where it begins anew while they are on their way, it
 * follows them.
 */
export type NewestRow = Record<string, string>;
export function newestKey(groupId: string): Key {
  return { pk: "newest", sk: groupId };
}

/** One dead delivery, so that looking for them costs nothing while there are none. */
export interface DeadRow {
  channel: string;
  error: string | null;
  /** It was a test notification. */
  test?: true;
}
export const DEAD = "dead";
export function deadKey(deliveryId: string): Key {
  return { pk: DEAD, sk: deliveryId };
}

/**
 * One delivery that is still tried, and was in vain for `fallbackAfter`, so that looking for them
 * costs nothing while there are none.
 */
export interface LateRow {
  channel: string;
  error: string | null;
  /** Its first failed try; ms. */
  since: number;
}
export const LATE = "late";
export function lateKey(deliveryId: string): Key {
  return { pk: LATE, sk: deliveryId };
}

/** An incident that no group closes: a fallback opened it, or the route that led to its channel has gone. */
export interface StrayRow {
  channel: string;
  /** The alert's id. */
  alert: string;
  /** The channel's last delivery about it. */
  last: string;
}
export const STRAYS = "stray";
export function strayKey(channel: string, alertId: string): Key {
  return { pk: STRAYS, sk: `${alertId}/${channel}` };
}

/** A delivery that was dropped, of which what comes next in its lane is to know something. */
export interface DroppedRow {
  /** The one before it, where that was pending: what comes next waits for that. */
  previous?: string;
  elsewhere?: Elsewhere;
}
export function droppedKey(deliveryId: string): Key {
  return { pk: "dropped", sk: deliveryId };
}

/** How a channel does; absent where nothing ever failed. Test notifications change nothing of it. Times in ms. */
export interface ChannelRow {
  /** The first try that failed since the channel last accepted anything; null while it is well. */
  failingSince: number | null;
  error: string | null;
  /** The newest try that failed, within a minute. */
  failedAt: number | null;
  /** Tries in a row without any answer of the receiver's own, tests included; absent: none. */
  failures?: number;
  /** After too many of them: no other try before this, and who makes that one. */
  trialAt?: number;
  trial?: Claim | null;
  /** Its service has asked to wait: until then what is put is not claimed at once. */
  limitedUntil?: number;
  /** The receiver is gone for good, as long as the channel has these options (a hash of them). */
  gone?: { options: string; error: string; at: number };
}
export const CHANNELS = "channel";
export function channelKey(name: string): Key {
  return { pk: CHANNELS, sk: name };
}

/** What a destination's service takes, of all channels and processes that send to it; absent: everything. ms */
export interface RateRow {
  /** When each of its buckets is full again, in the order of its rates. */
  fullAt: readonly number[];
  /** Its service asked to wait, from when until when. */
  pause?: { from: number; until: number };
  /** How often in a row it did, and took nothing in between; absent: never. */
  refusals?: number;
  /** Its limit is known by that alone: a message in so long, until then. */
  learned?: { every: number; until: number };
}
const RATES = "rate";
export function rateKey(destination: string): Key {
  return { pk: RATES, sk: destination };
}
