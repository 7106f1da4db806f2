// What an event that was evaluated did to an alert, found out afterwards from what the alert and its rule's state remember.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import { hashOf } from "../model/hash.ts";
import type { Touch } from "../rules/compile.ts";
import type { KeyState } from "../rules/state.ts";

/** What the event did to an alert, or would do. */
export type EffectKind = "opened" | "counted" | "resolved" | "closed";

/** An alert remembers as many of its events. */
const KEPT_EVENTS = 20;

/** Undefined where the event did nothing to the alert. */
export function effectIn({ rule, key, matches, resolves }: Touch, event: Event, alert: Alert): EffectKind | undefined {
  if (alert.id === hashOf([rule.config.id, key, event.id])) return "opened";
  if (matches && hasCounted(alert, event)) return "counted";
  return resolves && alert.endsAt === event.time ? "resolved" : undefined;
}

/** Beyond its newest events, an alert is known to have counted what lies within its time. */
function hasCounted({ events, startsAt }: Alert, event: Event): boolean {
  if (events.some(({ id }) => id === event.id)) return true;
  const oldest = events[0]?.time ?? startsAt;
  return events.length === KEPT_EVENTS && startsAt <= event.time && event.time <= oldest;
}

/** Why a match led to no alert that is known. `state` is what the rule keeps for the key now. */
export function whyNothing({ rule, matches, resolves }: Touch, event: Event, state: KeyState | undefined): string {
  const time = Date.parse(event.time);
  if (!matches && resolves) {
    if (state?.alert?.status !== "firing") return "it resolves, but no alert was open for its key";
    if (time <= (state.newestMatch ?? 0)) return "it is not newer than the newest match, so it does not resolve";
    return "it resolves, but the alert that is open began after it";
  }
  const { threshold } = rule.config;
  if (threshold !== undefined) {
    const count = fullest(state?.window ?? [], time, threshold.within);
    if (count > 0) return `below the threshold: ${count} of ${threshold.count} so far`;
    return `below the threshold of ${threshold.count}, and its window has passed`;
  }
  if (state === undefined) {
    return "no alert of this rule and key is known: the rule has changed since, or the alert is no longer kept";
  }
  return "it changed what the rule remembers, and opened nothing";
}

/** The most occurrences that lie in one window (ms) together with the time. */
function fullest(window: KeyState["window"], time: number, within: number): number {
  const ends = window.map(([at]) => at).filter((at) => at >= time && at <= time + within);
  const counts = ends.map((end) =>
    window.reduce((sum, [at, count]) => (at <= end && at >= end - within ? sum + count : sum), 0),
  );
  return Math.max(0, ...counts);
}
