// What the sender writes, all within the caller's unit of work: claims before a try, outcomes after it, retries, deaths
// and fallbacks, and how the channels do.
import type { App } from "../deps.ts";
import {
  type ChannelRow,
  channelKey,
  type DeliveryRow,
  deadKey,
  deliveryKey,
  type LateRow,
  lateKey,
} from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import type { Attempt } from "./attempt.ts";
import { withFallback, withFallbacks } from "./deliveries.ts";
import { dueOf, fallbackAt, isOver } from "./delivery-due.ts";

/**
 * How long a claimed delivery is left to its sender before another one tries: more than a send can
 * take and clocks may differ by.
 */
export const CLAIM_MS = 60_000;
const BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 300_000;
/** How often a channel that fails is written, at most; ms. */
const CHANNEL_MS = 60_000;
const ERROR_CHARACTERS = 500;
const SHORT_ID = 8;

/** What is known once the unit is committed. */
export interface Effects {
  /** A line of the log each. */
  lines: (() => void)[];
  /** Deliveries that waited for one that is out of the way now. */
  started: DeliveryRow[];
  /** Something went to a fallback. */
  fellBack: boolean;
}

export function noEffects(): Effects {
  return { lines: [], started: [], fellBack: false };
}

/** Loads what the functions below look at. */
export async function loadDeliveries(unit: Unit, rows: readonly { id: string; channel: string }[]): Promise<void> {
  const channels = new Set(rows.map(({ channel }) => channel));
  await unit.load([...rows.map(({ id }) => deliveryKey(id)), ...[...channels].map(channelKey)]);
}

/** Someone is sending it: not to be sent by another until that has surely ended. */
export function isClaimed(app: App, { claim }: DeliveryRow): boolean {
  return claim !== null && claim.until > app.clock.now() && !app.identity.isGone(claim.by);
}

/** Makes the delivery this process's for a while; undefined where another sender was faster. */
export function claim(app: App, unit: Unit, id: string, attempts: number): DeliveryRow | undefined {
  const key = deliveryKey(id);
  const row = unit.value<DeliveryRow>(key);
  if (row?.status !== "pending" || row.attempts !== attempts || isClaimed(app, row)) return undefined;
  const until = app.clock.now() + CLAIM_MS;
  const claimed: DeliveryRow = { ...row, attempts: attempts + 1, claim: { by: app.identity.id, until } };
  unit.put(key, claimed, { queue: "delivery", due: unit.due(key) });
  return claimed;
}

/** Records what became of a try. */
export async function record(
  app: App,
  unit: Unit,
  { delivery, outcome, asked, receipt: before }: Attempt,
  effects: Effects,
): Promise<void> {
  const key = deliveryKey(delivery.id);
  const row = unit.value<DeliveryRow>(key);
  // Dropped, or claimed anew by someone who thought this sender dead: what they record stands.
  if (row === undefined || row.status !== "pending" || row.attempts !== delivery.attempts) return;
  const receipt = (outcome?.kind === "delivered" ? outcome.receipt : undefined) ?? before;
  const free: DeliveryRow = { ...row, claim: null, ...(receipt === undefined ? {} : { receipt }) };
  if (outcome === undefined) {
    unit.put(key, { ...free, attempts: row.attempts - 1 }, { queue: "delivery", due: unit.due(key) });
    return;
  }
  const now = app.clock.now();
  const about = { channel: row.channel, id: row.id.slice(0, SHORT_ID) };
  if (outcome.kind === "delivered") {
    if (asked) noteAccepted(unit, row);
    await end(app, unit, { ...free, status: "delivered", error: null }, now, effects);
    const { reason, alerts } = row.notification;
    const note = outcome.note === undefined ? {} : { note: app.redact(outcome.note).slice(0, ERROR_CHARACTERS) };
    const line = { ...about, reason, alerts: alerts.length, attempt: row.attempts, ...note };
    effects.lines.push(() => app.log.info("delivered", line));
    return;
  }
  if (row.revoked) {
    await removeDelivery(unit, row.id, now);
    return;
  }
  const error = app.redact(outcome.reason).slice(0, ERROR_CHARACTERS);
  noteFailed(app, unit, row, error, now);
  const failed: DeliveryRow = { ...free, error, failedSince: row.failedSince ?? now };
  const over = outcome.kind === "permanent" || now >= row.giveUpAt;
  const nextAttemptAt = over ? null : now + backoff(app, row.attempts, outcome.after);
  const next = nextAttemptAt === null ? "none" : new Date(nextAttemptAt).toISOString();
  effects.lines.push(() => app.log.warn("delivery failed", { ...about, attempt: row.attempts, error, next }));
  if (over) await die(app, unit, failed, now, effects);
  else await reschedule(app, unit, { ...failed, nextAttemptAt }, now, effects);
}

/**
 * Does what the time asks for without a try: a delivery whose time is over dies, one tried in vain
 * for long goes to the fallback.
 */
export async function settle(app: App, unit: Unit, id: string, effects: Effects): Promise<void> {
  const row = unit.value<DeliveryRow>(deliveryKey(id));
  if (row?.status !== "pending" || unit.due(deliveryKey(id)) === undefined || isClaimed(app, row)) return;
  const now = app.clock.now();
  if (isOver(row, now)) await die(app, unit, row, now, effects);
  else await reschedule(app, unit, row, now, effects);
}

/** Puts it for the next thing that its time brings; those behind it go to the fallback with it. */
async function reschedule(app: App, unit: Unit, row: DeliveryRow, now: number, effects: Effects): Promise<void> {
  const key = deliveryKey(row.id);
  const channel = app.channels.get(row.channel);
  const failingSince = unit.value<ChannelRow>(channelKey(row.channel))?.failingSince ?? null;
  const at = fallbackAt(row, channel, failingSince);
  if (at === undefined || at > now) {
    unit.put(key, row, { queue: "delivery", due: dueOf(row, at) });
    return;
  }
  const gone = { fellBackAt: now, ...(await withFallbacks(app, unit, row, now)) };
  unit.put(key, gone, { queue: "delivery", due: dueOf(gone, undefined) });
  effects.fellBack = true;
  if (row.failedSince === undefined || row.notification.test) return;
  const late: LateRow = { channel: row.channel, error: row.error, since: row.failedSince };
  await unit.load([lateKey(row.id)]);
  unit.put(lateKey(row.id), late, { expires: row.giveUpAt + app.config.history });
}

async function die(app: App, unit: Unit, row: DeliveryRow, now: number, effects: Effects): Promise<void> {
  const { id, channel, error, notification } = row;
  const gone = await withFallback(app, unit, row, now);
  effects.fellBack ||= gone !== row;
  await end(app, unit, { ...gone, status: "dead" }, now, effects);
  const dead = { channel, error, ...(notification.test ? { test: true } : {}) };
  unit.create(deadKey(id), dead, { expires: now + app.config.history });
  effects.lines.push(() => app.log.error("delivery is dead", { channel, id: id.slice(0, SHORT_ID), error }));
}

async function end(app: App, unit: Unit, row: DeliveryRow, now: number, effects: Effects): Promise<void> {
  const ended: DeliveryRow = { ...row, nextAttemptAt: null, next: null, endedAt: now };
  unit.put(deliveryKey(row.id), ended, { expires: now + app.config.history });
  await forgetLate(unit, row);
  const next = row.next === null ? undefined : await startNext(unit, row.next, now);
  if (next !== undefined) effects.started.push(next);
}

/** It is late no more: it came to its end, or is to be tried anew. */
export async function forgetLate(unit: Unit, { id, fellBackAt }: DeliveryRow): Promise<void> {
  if (fellBackAt === undefined) return;
  await unit.load([lateKey(id)]);
  unit.delete(lateKey(id));
}

/** Removes a delivery for good; one that waited for it goes next, or waits for the one before it. */
export async function removeDelivery(unit: Unit, id: string, now: number): Promise<void> {
  await unit.load([deliveryKey(id), deadKey(id)]);
  const row = unit.value<DeliveryRow>(deliveryKey(id));
  if (row === undefined) return;
  unit.delete(deliveryKey(id));
  unit.delete(deadKey(id));
  await forgetLate(unit, row);
  if (row.next === null) return;
  const before = row.previous === null ? undefined : deliveryKey(row.previous);
  await unit.load([deliveryKey(row.next), ...(before ? [before] : [])]);
  const next = unit.value<DeliveryRow>(deliveryKey(row.next));
  const previous = before && unit.value<DeliveryRow>(before);
  if (next === undefined || previous?.status !== "pending") {
    await startNext(unit, row.next, now);
    return;
  }
  const due = unit.due(before!);
  unit.put(before!, { ...previous, next: next.id }, due === undefined ? {} : { queue: "delivery", due });
  unit.put(deliveryKey(next.id), { ...next, previous: previous.id });
}

/** What was acknowledged while it was being sent is not tried again. */
export async function dropRevoked(app: App, unit: Unit, id: string): Promise<boolean> {
  const row = unit.value<DeliveryRow>(deliveryKey(id));
  if (row?.revoked !== true || row.status !== "pending" || isClaimed(app, row)) return false;
  await removeDelivery(unit, id, app.clock.now());
  return true;
}

/** Puts the delivery that waited for one that is out of the way now into the queue. */
export async function startNext(unit: Unit, id: string, now: number): Promise<DeliveryRow | undefined> {
  const key = deliveryKey(id);
  await unit.load([key]);
  const next = unit.value<DeliveryRow>(key);
  if (next?.status !== "pending") return undefined;
  unit.put(key, next, { queue: "delivery", due: now });
  return next;
}

function noteAccepted(unit: Unit, { channel, notification }: DeliveryRow): void {
  const before = unit.value<ChannelRow>(channelKey(channel));
  if (notification.test || before === undefined || before.failingSince === null) return;
  unit.put(channelKey(channel), { ...before, failingSince: null, error: null } satisfies ChannelRow);
}

function noteFailed(app: App, unit: Unit, { channel, notification }: DeliveryRow, error: string, now: number): void {
  if (notification.test || !app.channels.has(channel)) return;
  const before = unit.value<ChannelRow>(channelKey(channel));
  const failingSince = before?.failingSince ?? null;
  if (failingSince !== null && now - (before?.failedAt ?? 0) < CHANNEL_MS) return;
  const row: ChannelRow = { failingSince: failingSince ?? now, error, failedAt: now };
  unit.put(channelKey(channel), row);
}

/** Jittered exponential back-off from 1 s to 5 min, never before what the receiver asked for; ms. */
function backoff(app: App, attempts: number, asked = 0): number {
  const ceiling = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.ceil(Math.max(asked, ceiling / 2 + app.random() * (ceiling / 2)));
}
