// When something is to be done about a pending delivery: its next try, its end, and when it goes to the channel's
// fallback, and which one that is. Nothing is written.
import type { Told } from "../../model/notification.ts";
import { HEALTH_RULE } from "../../model/own-alerts.ts";
import type { App, Channel } from "../deps.ts";
import { wayAround } from "../groups/assignments.ts";
import { type ChannelRow, channelKey, type DeliveryRow } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
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

/**
 * The channel's fallback; for Lookout's own alerts, where it has none, a way around it, unless they took one as they
 * opened. The channel's row is loaded.
 */
export function fallbackOf(
  app: App,
  unit: Unit,
  { channel: name, notification, createdAt }: DeliveryRow,
): Channel | undefined {
  // An incident that was opened there is acknowledged by itself (closing.ts, strays.ts).
  if (notification.reason === "acknowledged") return undefined;
  const channel = app.channels.get(name);
  const own = app.channels.get(channel?.fallback ?? "");
  if (own !== undefined || channel === undefined || !isOwnHealth(notification)) return own;
  const failingSince = unit.value<ChannelRow>(channelKey(name))?.failingSince ?? null;
  const known = failingSince !== null && createdAt >= failingSince + channel.fallbackAfter;
  return known ? undefined : wayAround(app, name);
}

function isOwnHealth({ alerts }: Told): boolean {
  return alerts.some(({ rule }) => rule === HEALTH_RULE);
}
