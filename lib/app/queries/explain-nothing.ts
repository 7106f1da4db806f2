// Why an event that a rule's patterns match led to no alert of its own, in words, by the kind of the rule
// and what it keeps for the key.
import { valueText } from "../../model/path.ts";
import type { CompiledRule, Touch } from "../../rules/compile.ts";
import { peek } from "../../rules/live.ts";
import type { KeyState } from "../../rules/state.ts";

/** `state` is what the rule keeps for the key now; undefined where it keeps nothing. */
export function whyNothing(touch: Touch, state: KeyState | undefined): string {
  if (touch.steps === 0 && !touch.resolves) return `it has no value in ${touch.rule.kind.field}`;
  if (touch.steps === 0) return whyNotResolved(touch, state);
  return whyNotOpened(touch, state) ?? unknown(state);
}

/** Of an event that counts into the alert which keys beyond the rule's bound share. */
export function whyShared({ maxKeys }: CompiledRule): string {
  return `the rule keeps ${maxKeys} keys, as many as it may: what other keys match shares one alert`;
}

function whyNotResolved({ event }: Touch, state: KeyState | undefined): string {
  if (state?.alert?.status !== "firing") return "it resolves, but no alert was open for its key";
  const time = Date.parse(event.time);
  if (time <= (state.mark?.newest ?? 0)) return "it is not newer than the newest match, so it does not resolve";
  if (state.next && state.next.at < time) return "it resolves once it is decided whether the alert had ended before it";
  return "it resolves, but the alert that is open began after it";
}

function whyNotOpened({ rule, event, steps }: Touch, state: KeyState | undefined): string | undefined {
  const { kind } = rule;
  const value = kind.field === undefined ? undefined : valueText(event, kind.field);
  const known = state ? peek(rule, state) : { memory: undefined, matches: [] };
  return kind.explain({ time: Date.parse(event.time), steps, value, ...known });
}

function unknown(state: KeyState | undefined): string {
  return state === undefined
    ? "no alert of this rule and key is known: the rule has changed since, or the alert is no longer kept"
    : "it belongs to what was over when it was read, and opened nothing";
}
