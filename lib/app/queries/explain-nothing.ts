// Why an event that a rule's patterns match led to no alert of its own, in words, by the kind of the rule and what it keeps for the key.
import { valueText } from "../../model/path.ts";
import { show } from "../../model/place.ts";
import { iso } from "../../rules/alert.ts";
import type { CompiledRule, Touch } from "../../rules/compile.ts";
import type { KeyState } from "../../rules/state.ts";

/** `state` is what the rule keeps for the key now; undefined where it keeps nothing. */
export function whyNothing(touch: Touch, state: KeyState | undefined): string {
  if (touch.steps === 0) return whyNotResolved(touch, state);
  return whyNotOpened(touch, state) ?? unknown(state);
}

/** Of an event that counts into the alert which keys beyond the rule's bound share. */
export function whyShared({ maxKeys }: CompiledRule): string {
  return `the rule keeps ${maxKeys} keys, as many as it may: what other keys match shares one alert`;
}

function whyNotResolved({ event }: Touch, state: KeyState | undefined): string {
  if (state?.alert?.status !== "firing") return "it resolves, but no alert was open for its key";
  if (Date.parse(event.time) > (state.newestMatch ?? 0))
    return "it resolves, but the alert that is open began after it";
  return "it is not newer than the newest match, so it does not resolve";
}

function whyNotOpened(touch: Touch, state: KeyState | undefined): string | undefined {
  const { threshold, distinct, spike, absence, expect, sequence, change, newValue } = touch.rule.config;
  const time = Date.parse(touch.event.time);
  const field = distinct?.field ?? change?.field ?? newValue?.field;
  const value = field === undefined ? undefined : valueText(touch.event, field);
  if (field !== undefined && value === undefined) return `it has no value in ${field}`;
  if (threshold) {
    const most = fullest(state, time, threshold.within, (window) => window.reduce((sum, [, count]) => sum + count, 0));
    return most === 0
      ? `below the threshold of ${threshold.count}, and its window has passed`
      : `below the threshold: ${most} of ${threshold.count} so far`;
  }
  if (distinct) {
    const most = fullest(state, time, distinct.within, (window) => new Set(window.map(([, , value]) => value)).size);
    return most === 0
      ? `fewer than ${distinct.count} different values in ${field}, and its window has passed`
      : `not enough different values in ${field}: ${most} of ${distinct.count} so far`;
  }
  if (spike) {
    return `its window holds no ${spike.factor} times what the one before it held, or fewer than ${spike.min}, or the one before it was not wholly observed`;
  }
  if (absence) return "it was seen: the rule opens an alert when nothing matches for long";
  if (expect) return whyNotMissed(touch, state, time, expect.within);
  if (sequence) return "the patterns have not all matched in order within the time";
  const taught = "a key's first value, and all of a target's first poll, only teach";
  if (change) return `${field} is ${show(value)}, as it was before; ${taught}`;
  if (newValue) return `${show(value)} in ${field} was known; ${taught}`;
  return undefined;
}

function whyNotMissed({ steps }: Touch, state: KeyState | undefined, time: number, within: number): string {
  if ((steps & 1) === 0) return "it is what is expected, and was not late for anything";
  if (state?.expect?.open.includes(time)) return `waits until ${iso(time + within)} for what is expected to follow`;
  return "what is expected followed in time";
}

function unknown(state: KeyState | undefined): string {
  return state === undefined
    ? "no alert of this rule and key is known: the rule has changed since, or the alert is no longer kept"
    : "it belongs to what was over when it was read, and opened nothing";
}

/** The most that any window (of `within` ms) which has the time in it holds. */
function fullest(
  state: KeyState | undefined,
  time: number,
  within: number,
  measure: (window: KeyState["window"]) => number,
): number {
  const window = state?.window ?? [];
  const ends = window.map(([at]) => at).filter((at) => at >= time && at <= time + within);
  return Math.max(0, ...ends.map((end) => measure(window.filter(([at]) => at <= end && at >= end - within))));
}
