// One channel's part of the sender's work: what waits, what is claimed next and what is under way; and how far ahead of
// its receiver the sender goes. Pure.
import type { ChannelType, Rate } from "../../channels/port.ts";
import type { Destination } from "./limits/destination.ts";
import type { Gate, Seen } from "./limits/gate.ts";
import { isLimited } from "./limits/rate.ts";
import type { Claimed, Entry } from "./sender-tasks.ts";

/** Claimed ahead, for each request that a channel may have under way. */
const AHEAD = 4;
/** Claimed as they are put, likewise, where the receiver is a quick one. */
const AHEAD_QUICK = 16;
/**
 * Whoever decides waits while no more than so many have to wait for a quick receiver, likewise: it has soon caught up.
 */
const CROWD = 64;
/** Answers of a quick receiver that are recorded together, likewise. */
const GATHERED = 8;
/** A receiver that answers within this is a quick one; ms. */
export const QUICK_MS = 200;

export interface Lane {
  /** Requests that the channel may have under way. */
  limit: number;
  waiting: Entry[];
  claimed: Claimed[];
  flying: number;
  /** Whether its last answer came within QUICK_MS. */
  quick: boolean;
  /** When it last answered, or was first asked after a pause; ms. */
  heardAt: number;
  /** What its service's documents say that it takes. */
  rates: readonly Rate[] | undefined;
  /** Whether one message may say what several waiting ones say. */
  folds: boolean;
  /** Undefined while the channel's secrets are being resolved: until then nothing is claimed. */
  destination: Destination | undefined;
  seen: Seen;
  /** Tries in a row that the receiver did not answer. */
  failures: number;
  /** The delivery that was told that the receiver is gone, until that is recorded. */
  goneBy: string | undefined;
}

export function createLane(type: Pick<ChannelType, "concurrency" | "rate" | "incident"> | undefined): Lane {
  return {
    limit: type?.concurrency ?? 1,
    waiting: [],
    claimed: [],
    flying: 0,
    quick: false,
    heardAt: 0,
    rates: type?.rate,
    folds: type?.incident === false,
    destination: undefined,
    seen: { channel: undefined, rate: undefined },
    failures: 0,
    goneBy: undefined,
  };
}

/** Whether its receiver takes no more than so many messages, or has not answered for a while. */
function isNarrow({ rates, seen, failures }: Lane, now: number): boolean {
  return failures > 0 || isLimited(rates, seen.rate, now);
}

/**
 * Whether its receiver is gone, as far as is known here: what is claimed is given back, and whoever claims it anew
 * looks at the channel's row.
 */
export function isGone({ goneBy, seen, destination }: Lane): boolean {
  const gone = seen.channel?.gone;
  return goneBy !== undefined || (gone !== undefined && (destination?.options ?? gone.options) === gone.options);
}

/** It answers at once, and does so still. */
export function isQuick({ quick, flying, heardAt }: Lane, now: number): boolean {
  return quick && (flying === 0 || Math.abs(now - heardAt) <= QUICK_MS);
}

/** How many waiting deliveries are to be claimed. */
export function claimsWanted({ claimed, limit }: Lane): number {
  return claimed.length >= limit ? 0 : limit * AHEAD - claimed.length;
}

/** How many deliveries may be claimed as they are put; none where others came before. */
export function roomOf(lane: Lane, now: number): number {
  if (lane.waiting.length > 0 || isNarrow(lane, now)) return 0;
  return lane.limit * (isQuick(lane, now) ? AHEAD_QUICK : AHEAD) - lane.claimed.length;
}

/** It has much to do, and will have done it in a moment. */
export function isCrowded(lane: Lane, now: number): boolean {
  const { limit, waiting, claimed } = lane;
  const much = waiting.length > 0 || claimed.length > limit * AHEAD;
  return much && waiting.length < limit * CROWD && isQuick(lane, now) && !isNarrow(lane, now);
}

/**
 * Quick receivers have more to answer in a moment: until then nothing but the record of `answers`
 * answers would be written.
 */
export function gathers(lanes: Iterable<Lane>, answers: number, now: number): boolean {
  const busy = [...lanes].filter(({ flying }) => flying > 0);
  const more = busy.length > 0 && busy.every((lane) => isQuick(lane, now) && lane.claimed.length > 0);
  return more && answers < busy.reduce((sum, { limit }) => sum + limit * GATHERED, 0);
}

/** The claim of one delivery, with those that it is to take in. */
export interface ClaimOf {
  entry: Entry;
  fold: readonly Entry[];
}

/** A test that a person asked for, else one that was tried before: the others use up no tries. */
function betterTrial(a: Entry, b: Entry): Entry {
  if (Math.min(a.urgency, b.urgency) < 0) return a.urgency <= b.urgency ? a : b;
  return b.attempts > a.attempts ? b : a;
}

/**
 * Takes out of the lane what is claimed now, the most urgent first: at most `most` claims. Where the channel's service
 * takes fewer messages than wait, the last one takes in those of the others that it may, `folds` at most (folding.ts).
 */
export function takeClaims(
  lane: Lane,
  { room, isTrial }: Gate,
  { most, folds }: { most: number; folds: number },
): ClaimOf[] {
  const wanted = Math.min(claimsWanted(lane), most);
  if (wanted <= 0 || room < 1 || lane.waiting.length === 0) return [];
  if (isTrial) {
    if (lane.flying > 0 || lane.claimed.length > 0) return [];
    const entry = lane.waiting.reduce(betterTrial);
    lane.waiting.splice(lane.waiting.indexOf(entry), 1);
    return [{ entry, fold: [] }];
  }
  const isDry = lane.folds && lane.waiting.length > room;
  const alone = lane.waiting.splice(0, Math.min(isDry ? room - 1 : room, wanted));
  const claims = alone.map((entry): ClaimOf => ({ entry, fold: [] }));
  if (!isDry || alone.length === wanted) return claims;
  const entry = lane.waiting.shift()!;
  const alike = ({ foldsWith }: Entry) => foldsWith !== undefined && foldsWith === entry.foldsWith;
  const fold = lane.waiting.filter(alike).slice(0, folds);
  const taken = new Set(fold);
  lane.waiting = lane.waiting.filter((one) => !taken.has(one));
  return [...claims, { entry, fold }];
}
