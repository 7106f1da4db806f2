// How many deliveries a channel may be given now: what its destination's rate leaves, and one at a time where the
// destination has not answered for a while. Pure.
import type { Rate } from "../../../channels/port.ts";
import type { ChannelRow, RateRow } from "../../persistence/delivery-rows.ts";
import type { Claim } from "../../persistence/rows.ts";
import { opensAt, tokensOf } from "./rate.ts";

/** After so many tries in a row without an answer a destination is tried one delivery at a time. */
const FAILURES = 5;
/** Then it is tried so often; ms. */
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

/** The channel's row once one more try had no answer: the first trial comes sooner than the others. */
export function withFailure(row: ChannelRow, now: number): ChannelRow {
  const failures = Math.min((row.failures ?? 0) + 1, FAILURES + 1);
  const failed: ChannelRow = { ...row, failures, trial: null };
  return failures < FAILURES ? failed : { ...failed, trialAt: now + (failures > FAILURES ? TRIAL_MS : TRIAL_MS / 2) };
}

/** The channel's row once its receiver has answered; the same where it always has. */
export function withAnswer(row: ChannelRow): ChannelRow {
  if (row.failures === undefined) return row;
  const { failures: _none, trial: _over, trialAt: _past, ...rest } = row;
  return rest;
}
