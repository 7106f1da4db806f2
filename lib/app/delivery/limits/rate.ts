// How many messages a destination takes now and when it takes the next: a token bucket for each of its rates. Pure.
import type { Rate } from "../../../channels/port.ts";
import type { RateRow } from "../../persistence/delivery-rows.ts";

/** Requests take different times to arrive: a token comes back so much later. ms */
const JITTER_MS = 100;
/** Clocks differ by less than this: what lies further ahead was written by a clock that has been set back. ms */
const SKEW_MS = 60_000;
/** For so long after its service asked to wait a destination without known rates is spared; ms. */
const LEARNED_MS = 60_000;
/** The longest time between two messages that a wait teaches; a longer one is no pace, but a pause. ms */
const LEARNED_EVERY_MS = 1_000;
/** So long at a time a destination without known rates is given nothing at all; ms. */
const PAUSE_MS = 60_000;
/** What is refused again right after a wait waits for this at least, then for twice as long, up to PAUSE_MS. ms */
const AGAIN_MS = 1_000;
/** How long the row is kept after it says anything; ms. */
export const KEPT_MS = 86_400_000;

/** The rates that hold now: those of the service's documents, else what it has taught. */
function ratesOf(known: readonly Rate[] | undefined, row: RateRow | undefined, now: number): readonly Rate[] {
  if (known !== undefined) return known;
  const { learned } = row ?? {};
  if (learned === undefined || now >= learned.until || learned.until - now > 2 * LEARNED_MS + SKEW_MS) return [];
  return [{ messages: 1, per: learned.every }];
}

/**
 * A bucket of half the messages, filled so fast that with a full one no more than all of them leave in any `per`.
 * `every`: how long one token takes; ms.
 */
function bucketOf({ messages, per }: Rate): { size: number; every: number } {
  const size = Math.ceil(messages / 2);
  return { size, every: (per + JITTER_MS) / (messages + 1 - size) };
}

/** How long until the bucket is full, as its row says; a time that no clock of today can have written is none. */
function missing({ size, every }: { size: number; every: number }, fullAt: number | undefined, now: number): number {
  const left = Math.max(0, (fullAt ?? 0) - now);
  return left > size * every + SKEW_MS ? 0 : left;
}

function pausedUntil(row: RateRow | undefined, now: number): number {
  const { from, until } = row?.pause ?? { from: 0, until: 0 };
  return from > now + SKEW_MS ? 0 : until;
}

/** Whether anything limits the destination now. */
export function isLimited(known: readonly Rate[] | undefined, row: RateRow | undefined, now: number): boolean {
  return pausedUntil(row, now) > now || ratesOf(known, row, now).length > 0;
}

/** Messages that it takes now; infinite where nothing limits it. */
export function tokensOf(known: readonly Rate[] | undefined, row: RateRow | undefined, now: number): number {
  if (pausedUntil(row, now) > now) return 0;
  return ratesOf(known, row, now).reduce((least, rate, at) => {
    const bucket = bucketOf(rate);
    // What is whole but for the error of a division is whole.
    const tokens = Math.floor(bucket.size - missing(bucket, row?.fullAt[at], now) / bucket.every + 1e-6);
    return Math.max(0, Math.min(least, tokens));
  }, Number.POSITIVE_INFINITY);
}

/** When it takes the next message; ms, past or `now` where it takes one now. */
export function opensAt(known: readonly Rate[] | undefined, row: RateRow | undefined, now: number): number {
  const tokens = ratesOf(known, row, now).map((rate, at) => {
    const bucket = bucketOf(rate);
    return Math.ceil(now + missing(bucket, row?.fullAt[at], now) - (bucket.size - 1) * bucket.every);
  });
  return Math.max(now, pausedUntil(row, now), ...tokens);
}

/** The row after one more message; undefined where nothing limits the destination. */
export function taken(known: readonly Rate[] | undefined, row: RateRow | undefined, now: number): RateRow | undefined {
  const rates = ratesOf(known, row, now);
  if (rates.length === 0) return undefined;
  const fullAt = rates.map((rate, at) => {
    const bucket = bucketOf(rate);
    return Math.ceil(now + missing(bucket, row?.fullAt[at], now) + bucket.every);
  });
  return { ...row, fullAt };
}

/**
 * The row after its service has asked to wait for so long (ms). A service that takes nothing, wait after wait, is asked
 * less and less often, whatever it names.
 */
export function putOff(
  known: readonly Rate[] | undefined,
  row: RateRow | undefined,
  after: number,
  now: number,
): RateRow {
  const paused = pausedUntil(row, now);
  // Those that were under way together are refused together, and count once.
  const refusals = Math.max(1, (row?.refusals ?? 0) + (paused > now ? 0 : 1));
  const least = refusals > 1 ? Math.min(AGAIN_MS * 2 ** Math.min(refusals - 2, 20), PAUSE_MS) : 0;
  // Where nothing more is known, it may be this one message alone that has to wait for long.
  const pause = Math.max(least, known === undefined ? Math.min(after, PAUSE_MS) : after);
  const until = Math.max(now + pause, paused);
  const waiting: RateRow = { fullAt: row?.fullAt ?? [], pause: { from: now, until }, refusals };
  if (known !== undefined) return waiting;
  return { ...waiting, learned: { every: Math.min(after, LEARNED_EVERY_MS), until: until + LEARNED_MS } };
}

/** The row after it took a message; the same where that says nothing new. */
export function accepted(row: RateRow): RateRow {
  const { refusals, ...rest } = row;
  return refusals === undefined ? row : rest;
}
