// What the tries of deliveries say about their channel and its destination: since when it fails, whether it answers,
// how long its service asks to wait, and whether it is gone. All within the caller's unit of work.
import type { App } from "../deps.ts";
import { type ChannelRow, channelKey, type DeliveryRow, type RateRow, rateKey } from "../persistence/delivery-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import type { Attempt } from "./attempt.ts";
import type { Destination } from "./limits/destination.ts";
import { withAnswer, withFailure } from "./limits/gate.ts";
import { accepted, KEPT_MS, putOff } from "./limits/rate.ts";

/** How often a channel that fails is written, at most, where nothing else of it changes; ms. */
const CHANNEL_MS = 60_000;
const WELL: ChannelRow = { failingSince: null, error: null, failedAt: null };

/** Why the channel is given nothing any more, as long as its options are the same; undefined: it is. */
export function goneOf(row: ChannelRow | undefined, { options }: Destination): ChannelRow["gone"] {
  return row?.gone?.options === options ? row.gone : undefined;
}

/** The receiver took the delivery. A test says no more than that the receiver is there. */
export function noteAccepted(
  unit: Unit,
  { channel, notification }: DeliveryRow,
  destination: Destination | undefined,
  now: number,
): void {
  if (destination) takesAgain(unit, destination, now);
  const before = unit.value<ChannelRow>(channelKey(channel));
  if (before === undefined || (notification.test && before.gone === undefined)) return;
  const { gone, ...row } = withAnswer(before);
  if (row === before && before.failingSince === null && gone === undefined) return;
  unit.put(channelKey(channel), { ...row, failingSince: null, error: null } satisfies ChannelRow);
}

function takesAgain(unit: Unit, { id }: Destination, now: number): void {
  const key = rateKey(id);
  const row = unit.value<RateRow>(key);
  const after = row && accepted(row);
  if (after !== row) unit.put(key, after, { expires: (row?.pause?.until ?? now) + KEPT_MS });
}

/** What is known of a try that failed. */
export interface Failure extends Pick<Attempt, "outcome" | "asked"> {
  destination: Destination | undefined;
  error: string;
}

/** The try failed. Tests change nothing of a channel. */
export function noteFailed(
  app: App,
  unit: Unit,
  { channel, notification }: DeliveryRow,
  failure: Failure,
  now: number,
): void {
  if (notification.test || !app.channels.has(channel)) {
    endTrial(unit, channel);
    return;
  }
  const before = unit.value<ChannelRow>(channelKey(channel)) ?? WELL;
  const { failingSince, failedAt } = before;
  const isKnown = failingSince !== null && now - (failedAt ?? 0) < CHANNEL_MS;
  const failing = isKnown
    ? before
    : { ...before, failingSince: failingSince ?? now, error: failure.error, failedAt: now };
  const after = afterFailure(app, unit, channel, failing, failure, now);
  if (after !== before) unit.put(channelKey(channel), after);
}

function afterFailure(
  app: App,
  unit: Unit,
  channel: string,
  row: ChannelRow,
  { outcome, asked, destination, error }: Failure,
  now: number,
): ChannelRow {
  if (!asked || outcome === undefined || outcome.kind === "delivered") return withoutTrial(row);
  if (outcome.kind === "permanent") {
    if (!outcome.gone || destination === undefined) return withAnswer(row);
    return { ...withAnswer(row), gone: { options: destination.options, error, at: now } };
  }
  if (outcome.after === undefined) return withFailure(row, now);
  if (outcome.after === 0 || destination === undefined) return withAnswer(row);
  const key = rateKey(destination.id);
  const rate = putOff(app.channels.get(channel)!.type.rate, unit.value<RateRow>(key), outcome.after, now);
  unit.put(key, rate, { expires: now + outcome.after + KEPT_MS });
  const limitedUntil = rate.learned?.until ?? rate.pause!.until;
  return { ...withAnswer(row), limitedUntil };
}

/** The channel's next delivery is a trial: no other is claimed until its outcome is known. */
export function noteTrial(app: App, unit: Unit, channel: string, until: number): void {
  const row = unit.value<ChannelRow>(channelKey(channel))!;
  unit.put(channelKey(channel), { ...row, trial: { by: app.identity.id, until } } satisfies ChannelRow);
}

/** A person asks for a try: a channel that has not answered is tried at once. */
export async function tryNow(unit: Unit, channel: string): Promise<void> {
  await unit.load([channelKey(channel)]);
  const row = unit.value<ChannelRow>(channelKey(channel));
  if (row?.trialAt) unit.put(channelKey(channel), { ...row, trialAt: 0 } satisfies ChannelRow);
}

/** A trial that says nothing about the receiver is over. */
export function endTrial(unit: Unit, channel: string): void {
  const row = unit.value<ChannelRow>(channelKey(channel));
  if (row?.trial) unit.put(channelKey(channel), withoutTrial(row));
}

function withoutTrial(row: ChannelRow): ChannelRow {
  return row.trial ? { ...row, trial: null } : row;
}
