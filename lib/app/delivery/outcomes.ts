// What the sender writes, all within the caller's unit of work: claims before a try, outcomes after it, retries, deaths
// and fallbacks, and how the channels do.
import type { Outcome } from "../../channels/port.ts";
import type { App } from "../deps.ts";
import { isTakenBack } from "../groups/taken-back.ts";
import {
  type ChannelRow,
  channelKey,
  type DeliveryRow,
  deadKey,
  deliveryKey,
  type LateRow,
  lateKey,
  rateKey,
} from "../persistence/delivery-rows.ts";
import type { Claim } from "../persistence/rows.ts";
import type { Unit } from "../persistence/unit.ts";
import type { Attempt } from "./attempt.ts";
import { endTrial, goneOf, noteAccepted, noteFailed } from "./channel-notes.ts";
import { withFallback, withFallbacks } from "./deliveries.ts";
import { dueOf, fallbackAt, isHandingOver, isOver } from "./delivery-due.ts";
import type { Destination } from "./limits/destination.ts";
import { isTripped } from "./limits/gate.ts";
import { forgetLate, startNext, takeBack } from "./next-in-lane.ts";
import { tellElsewhere } from "./tell-elsewhere.ts";

/**
 * How long a claimed delivery is left to its sender before another one tries: more than a send can
 * take and clocks may differ by.
 */
export const CLAIM_MS = 60_000;
const BACKOFF_MS = 1_000;
const MAX_BACKOFF_MS = 300_000;
/** How long an incident that was sent again is kept; ms. */
const RESENT_MS = 3_600_000;
const ERROR_CHARACTERS = 500;
const SHORT_ID = 8;

/** What is known once the unit is committed. */
export interface Effects {
  /** A line of the log each. */
  lines: (() => void)[];
  /** Deliveries that waited for one that is out of the way now. */
  started: DeliveryRow[];
  /** Deliveries of which some that wait behind them are still to go to the fallback. */
  unsettled: DeliveryRow[];
  /** Something went to a fallback. */
  fellBack: boolean;
}

export function noEffects(): Effects {
  return { lines: [], started: [], unsettled: [], fellBack: false };
}

/** Loads what the functions below look at. */
export async function loadDeliveries(
  unit: Unit,
  rows: readonly { id: string; channel: string }[],
  destinations: readonly Destination[],
): Promise<void> {
  const channels = new Set(rows.map(({ channel }) => channel));
  const rates = new Set(destinations.map(({ id }) => id));
  const keys = [...rows.map(({ id }) => deliveryKey(id)), ...[...channels].map(channelKey), ...[...rates].map(rateKey)];
  await unit.load(keys);
}

/** Someone is sending it: not to be sent by another until that has surely ended. */
export function isClaimed(app: App, { claim }: DeliveryRow): boolean {
  return claim !== null && isHeld(app, claim);
}

export function isHeld({ clock, identity }: App, { by, until }: Claim): boolean {
  return until > clock.now() && !identity.isGone(by);
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

/** A try that was not accepted. */
interface Failed extends Pick<Attempt, "asked"> {
  destination: Attempt["destination"] | undefined;
  outcome: Exclude<Outcome, { kind: "delivered" }>;
}

/** Records what became of a try. */
export async function record(
  app: App,
  unit: Unit,
  { delivery, outcome, asked, destination, receipt: before }: Attempt,
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
    endTrial(unit, row.channel);
    return;
  }
  if (outcome.kind === "delivered") {
    const now = app.clock.now();
    if (asked) noteAccepted(unit, row, destination, now);
    else endTrial(unit, row.channel);
    const told = await tellElsewhere(app, unit, { ...free, status: "delivered", error: null }, now);
    // Something is put for a fallback now.
    effects.fellBack ||= told.elsewhere !== free.elsewhere;
    await end(app, unit, told, now, effects);
    const { reason, alerts } = row.notification;
    const note = outcome.note === undefined ? {} : { note: app.redact(outcome.note).slice(0, ERROR_CHARACTERS) };
    const line = { ...aboutOf(row), reason, alerts: alerts.length, attempt: row.attempts, ...note };
    effects.lines.push(() => app.log.info("delivered", line));
  } else {
    const left = isTakenBack(row) ? await takeBack(app, unit, free) : free;
    if (left === undefined) endTrial(unit, row.channel);
    else await recordFailed(app, unit, left, { outcome, asked, destination }, effects);
  }
}

function aboutOf({ channel, id }: DeliveryRow): { channel: string; id: string } {
  return { channel, id: id.slice(0, SHORT_ID) };
}

async function recordFailed(
  app: App,
  unit: Unit,
  row: DeliveryRow,
  { outcome, asked, destination }: Failed,
  effects: Effects,
): Promise<void> {
  const now = app.clock.now();
  const error = app.redact(outcome.reason).slice(0, ERROR_CHARACTERS);
  const isPutOff = outcome.kind === "retry" && (outcome.after ?? 0) > 0;
  const putOff = isPutOff ? { putOff: (row.putOff ?? 0) + 1 } : {};
  const failed: DeliveryRow = { ...row, ...putOff, error, failedSince: row.failedSince ?? now };
  const over = outcome.kind === "permanent" || now >= row.giveUpAt;
  const after = outcome.kind === "retry" ? outcome.after : undefined;
  const nextAttemptAt = over ? null : now + backoff(app, row.attempts, after);
  noteFailed(app, unit, row, { outcome, asked, destination, error }, now);
  const next = nextAttemptAt === null ? "none" : new Date(nextAttemptAt).toISOString();
  effects.lines.push(() => app.log.warn("delivery failed", { ...aboutOf(row), attempt: row.attempts, error, next }));
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
  const channel = unit.value<ChannelRow>(channelKey(row.channel));
  // One that has waited for its turn all the time, while its channel answered nobody, has been tried for long enough.
  const isUnheard = now >= row.giveUpAt && isTripped(channel);
  if (isUnheard || isOver(row, now)) {
    await die(app, unit, { ...row, error: row.error ?? channel?.error ?? null }, now, effects);
    return;
  }
  const fallback = fallbackAt(row, app.channels.get(row.channel), channel);
  const tryNow = row.nextAttemptAt !== null && row.nextAttemptAt <= now;
  if (!tryNow || isHandingOver(row) || (fallback !== undefined && fallback <= now))
    await reschedule(app, unit, row, now, effects);
}

/** Puts it for the next thing that its time brings; those behind it go to the fallback with it. */
async function reschedule(app: App, unit: Unit, row: DeliveryRow, now: number, effects: Effects): Promise<void> {
  const key = deliveryKey(row.id);
  const channel = app.channels.get(row.channel);
  const at = fallbackAt(row, channel, unit.value<ChannelRow>(channelKey(row.channel)));
  if (!isHandingOver(row) && (at === undefined || at > now)) {
    unit.put(key, row, { queue: "delivery", due: dueOf(row, at) });
    return;
  }
  const moved = await withFallbacks(app, unit, row, now);
  const gone: DeliveryRow = moved.handedOver === undefined ? { fellBackAt: now, ...moved } : moved;
  const isLeft = isHandingOver(gone);
  unit.put(key, gone, { queue: "delivery", due: isLeft ? now : dueOf(gone, undefined) });
  effects.fellBack = true;
  if (isLeft) effects.unsettled.push(gone);
  if (row.fellBackAt !== undefined || row.failedSince === undefined || row.notification.test) return;
  const late: LateRow = { channel: row.channel, error: row.error, since: row.failedSince };
  await unit.load([lateKey(row.id)]);
  unit.put(lateKey(row.id), late, { expires: row.giveUpAt + app.config.history });
}

async function die(app: App, unit: Unit, row: DeliveryRow, now: number, effects: Effects): Promise<void> {
  const { id, channel, error, notification } = row;
  const gone = await withFallback(app, unit, row, now);
  effects.fellBack ||= gone !== row;
  if (gone.handedOver !== undefined) {
    const dying: DeliveryRow = { ...gone, nextAttemptAt: null };
    unit.put(deliveryKey(id), dying, { queue: "delivery", due: now });
    effects.unsettled.push(dying);
    return;
  }
  await end(app, unit, { ...gone, status: "dead" }, now, effects);
  const dead = { channel, error, ...(notification.test ? { test: true } : {}) };
  unit.create(deadKey(id), dead, { expires: now + app.config.history });
  effects.lines.push(() => app.log.error("delivery is dead", { channel, id: id.slice(0, SHORT_ID), error }));
}

async function end(app: App, unit: Unit, row: DeliveryRow, now: number, effects: Effects): Promise<void> {
  const { behind: _left, ...rest } = row;
  const ended: DeliveryRow = { ...rest, nextAttemptAt: null, next: [], endedAt: now };
  unit.put(deliveryKey(row.id), ended, { expires: now + keptFor(app, ended) });
  await forgetLate(unit, row);
  effects.started.push(...(await startNext(unit, row, now)));
}

/** An incident that was sent again says nothing new. */
function keptFor({ channels, config }: App, { channel, status, notification: { reason } }: DeliveryRow): number {
  const isResent = reason === "repeat" && status === "delivered" && channels.get(channel)?.type.incident === true;
  return isResent ? Math.min(RESENT_MS, config.history) : config.history;
}

/** What goes to a channel whose receiver is gone dies at once, which sends it to the fallback; a test is tried. */
export async function dropGone(
  app: App,
  unit: Unit,
  id: string,
  destination: Destination,
  effects: Effects,
): Promise<boolean> {
  const row = unit.value<DeliveryRow>(deliveryKey(id));
  if (row?.status !== "pending" || row.notification.test || isClaimed(app, row)) return false;
  const gone = goneOf(unit.value<ChannelRow>(channelKey(row.channel)), destination);
  if (gone === undefined) return false;
  const error = row.error ?? `not tried, for the receiver is gone: ${gone.error}`;
  await die(app, unit, { ...row, error }, app.clock.now(), effects);
  return true;
}

/** Jittered exponential back-off from 1 s to 5 min, never before what the receiver asked for, or at once (0); ms. */
function backoff(app: App, attempts: number, asked?: number): number {
  if (asked === 0) return 0;
  const ceiling = Math.min(MAX_BACKOFF_MS, BACKOFF_MS * 2 ** Math.min(attempts - 1, 20));
  return Math.ceil(Math.max(asked ?? 0, ceiling / 2 + app.random() * (ceiling / 2)));
}
