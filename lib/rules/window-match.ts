// threshold, distinct, spike: what a match does to its key's window, and what a late one changes about the alert that the window opened.
import type { Event } from "../model/event.ts";
import { valueText } from "../model/path.ts";
import type { CompiledRule } from "./compile.ts";
import {
  countMatch,
  countPast,
  firing,
  insertByTime,
  KEPT_PENDING,
  type Match,
  opened,
  type Step,
  updated,
} from "./lifecycle.ts";
import type { KeyState, Observed } from "./state.ts";
import { addToWindow, type Condition, conditionOf, countSince, windowSince } from "./window.ts";

/** A match of a rule with a window, at `time` (ms). */
export function applyToWindow(
  rule: CompiledRule,
  state: KeyState,
  event: Event,
  time: number,
  observed: Observed,
): Step {
  const condition = conditionOf(rule.config)!;
  const value = condition.field === undefined ? undefined : valueText(event, condition.field);
  if (condition.field !== undefined && value === undefined) return { state, transitions: [] };
  const single = { at: time, count: event.count, events: [event], opening: event };
  const open = firing(state);
  const { alert, lead } = state;
  if (alert && lead && time < Date.parse(alert.startsAt)) {
    if (time >= lead.from) return applyToLead(condition, state, single, value);
    if (open) return { state, transitions: [] };
  }
  if (time < (state.clearedAt ?? 0)) {
    const isPast = alert?.endsAt && time >= Date.parse(alert.startsAt) && time <= Date.parse(alert.endsAt);
    return isPast ? countPast(state, alert, single) : { state, transitions: [] };
  }
  const window = addToWindow(state.window, time, event.count, value);
  const newestMatch = Math.max(window.at(-1)![0], open ? state.newestMatch! : 0);
  if (open) return updated({ ...state, newestMatch, window: condition.trim(window) }, countMatch(open, single));

  const pending = insertByTime(state.pending, event);
  // What is older than this can have no late neighbours any more: one that is dated ahead must not push the others out.
  const oldestAt = (newest: number) => Math.min(observed.readTo, newest) - condition.span - rule.lateness;
  const forgotten = state.newestMatch === null ? 0 : oldestAt(state.newestMatch);
  const from = Math.max(observed.since, state.clearedAt ?? 0, forgotten);
  const isNewest = time === window.at(-1)![0];
  const filled = isNewest ? condition.filledLast(window, from) : condition.filledAt(window, from);
  if (filled === undefined) {
    const oldest = oldestAt(newestMatch);
    const kept = {
      ...state,
      newestMatch,
      window: windowSince(window, oldest),
      pending: pending.filter((kept) => Date.parse(kept.time) >= oldest).slice(-KEPT_PENDING),
    };
    return { state: kept, transitions: [] };
  }
  const events = pending.filter((kept) => Date.parse(kept.time) >= filled.since);
  const opening = events.find((kept) => Date.parse(kept.time) === filled.at) ?? event;
  const next = {
    ...state,
    window: condition.trim(window),
    pending: [],
    lead: { from, since: filled.since, window: window.filter(([at]) => at <= filled.at) },
  };
  const match = { at: filled.at, count: countSince(window, filled.since), events, opening };
  return opened(rule, next, match, newestMatch);
}

/** A match from before the moment that filled the window: with it that may have been earlier, and more of the window counts. */
function applyToLead(condition: Condition, state: KeyState, single: Match, value: string | undefined): Step {
  const lead = state.lead!;
  const window = addToWindow(lead.window, single.at, single.count, value);
  const filled = condition.filledAt(window, lead.from);
  const since = Math.min(filled?.since ?? lead.since, lead.since);
  const before = countSince(lead.window, since) - countSince(lead.window, lead.since);
  const count = before + (single.at >= since ? single.count : 0);
  const next = { ...state, lead: { ...lead, since, window } };
  if (count === 0) return { state: next, transitions: [] };
  const startsAt = Date.parse(state.alert!.startsAt);
  return countPast(next, state.alert!, { ...single, count, at: Math.min(filled?.at ?? startsAt, startsAt) });
}
