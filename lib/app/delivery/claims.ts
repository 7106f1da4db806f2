// Which of a channel's waiting deliveries are claimed next: the most urgent first, and where the channel's service
// takes fewer messages than wait, its last one takes in all the others (folding.ts). Pure.
import type { Gate } from "./gate.ts";
import { claimsWanted, type Lane } from "./lane.ts";
import type { Entry } from "./sender-tasks.ts";

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

/** Takes out of the lane what is claimed now: at most `most` claims, which take in `folds` deliveries at most. */
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
  const fold = entry.foldable ? lane.waiting.filter(({ foldable }) => foldable).slice(0, folds) : [];
  const taken = new Set(fold);
  lane.waiting = lane.waiting.filter((one) => !taken.has(one));
  return [...claims, { entry, fold }];
}
