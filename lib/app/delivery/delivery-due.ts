// When something is to be done about a pending delivery: its next try, its end, and when it goes to
// the channel's fallback. Pure.
import type { Channel } from "../deps.ts";
import type { ChannelRow, DeliveryRow } from "../persistence/delivery-rows.ts";
import { isTripped } from "./limits/gate.ts";

/**
 * When the delivery is late and goes to its channel's fallback, where there is one, as things stand; ms, undefined: not
 * at all, or it has been. One that was tried is late once it, or the channel, has been failing for `fallbackAfter`; one
 * that waits for its turn, where there is a fallback, likewise, but has as long itself, unless the channel answers
 * nobody: then its own try would say nothing new.
 */
export function fallbackAt(
  { failedSince, fellBackAt, createdAt }: DeliveryRow,
  channel: Pick<Channel, "fallback" | "fallbackAfter"> | undefined,
  row: Pick<ChannelRow, "failingSince" | "failures"> | undefined,
): number | undefined {
  const failingSince = row?.failingSince ?? null;
  if (channel === undefined || fellBackAt !== undefined) return undefined;
  const { fallbackAfter } = channel;
  if (failedSince !== undefined) return Math.min(failedSince, failingSince ?? failedSince) + fallbackAfter;
  if (failingSince === null || channel.fallback === undefined) return undefined;
  const isLater = createdAt > failingSince + fallbackAfter;
  return (isLater && !isTripped(row) ? createdAt : failingSince) + fallbackAfter;
}

/** When the queue lists the delivery next; ms. */
export function dueOf({ nextAttemptAt, giveUpAt }: DeliveryRow, fallback: number | undefined): number {
  return Math.min(nextAttemptAt ?? giveUpAt, giveUpAt, fallback ?? giveUpAt);
}

/** There is no next try, or its time is over, and that would be later still. */
export function isOver({ nextAttemptAt, giveUpAt }: DeliveryRow, now: number): boolean {
  return nextAttemptAt === null || (now >= giveUpAt && nextAttemptAt > now);
}

/** Some of it, or of what waits for it, is still to go to the fallback. */
export function isHandingOver({ behind, handedOver }: DeliveryRow): boolean {
  return behind !== undefined || handedOver !== undefined;
}
