// How many deliveries a channel may be given now: what its destination's rate leaves, and one at a time where the
// destination has not answered for a while. Pure.
import type { Rate } from "../../channels/port.ts";
import type { ChannelRow, Claim, RateRow } from "../persistence/rows.ts";
import { opensAt, tokensOf } from "./rate.ts";

/** After so many tries in a row without an answer a destination is tried one delivery at a time. */
const FAILURES = 5;
/** Then it is tried so often at least; ms. */
const TRIAL_MS = 30_000;

/** A channel's rows as they were last read or written. */
export interface Seen {
  channel: ChannelRow | undefined;
  rate: RateRow | undefined;
}

export interface Gate {
  /** Deliveries that it may be given now; infinite where nothing limits it. */
  room: number;
  /** When it may be given the next one; ms, `now` or past where it may be now. */
  opensAt: number;
  /** Whether that is a trial: the others wait for its outcome. */
  isTrial: boolean;
}

export function gateOf(
  rates: readonly Rate[] | undefined,
  { channel, rate }: Seen,
  now: number,
  isHeld: (claim: Claim) => boolean,
): Gate {
  const room = tokensOf(rates, rate, now);
  const opens = opensAt(rates, rate, now);
  if (!isTripped(channel)) return { room, opensAt: opens, isTrial: false };
  const trialAt = nextTrial(channel!, now, isHeld);
  return { room: trialAt > now ? 0 : Math.min(room, 1), opensAt: Math.max(opens, trialAt), isTrial: true };
}

/** Too many tries in a row had no answer. */
export function isTripped(row: Pick<ChannelRow, "failures"> | undefined): boolean {
  return (row?.failures ?? 0) >= FAILURES;
}

/** A clock that was set back makes no wait longer. */
function nextTrial({ trial, trialAt = 0 }: ChannelRow, now: number, isHeld: (claim: Claim) => boolean): number {
  if (trial && isHeld(trial)) return trial.until;
  return trialAt - now > TRIAL_MS ? now : trialAt;
}

/** The channel's row once one more try had no answer; `nextAt`: when that delivery is tried again (ms), if at all. */
export function withFailure(row: ChannelRow, nextAt: number | null, now: number): ChannelRow {
  const failed: ChannelRow = { ...row, failures: Math.min((row.failures ?? 0) + 1, FAILURES), trial: null };
  return isTripped(failed)
    ? { ...failed, trialAt: Math.min(nextAt ?? Number.POSITIVE_INFINITY, now + TRIAL_MS) }
    : failed;
}

/** The channel's row once its receiver has answered; the same where it always has. */
export function withAnswer(row: ChannelRow): ChannelRow {
  if (row.failures === undefined) return row;
  const { failures: _none, trial: _over, trialAt: _past, ...rest } = row;
  return rest;
}
