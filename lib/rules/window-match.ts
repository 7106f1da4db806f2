// threshold, distinct, spike: what a match does to its key's window, and what a late one changes about the alert that the window opened.
import type { Event } from "../model/event.ts";
import { valueText } from "../model/path.ts";
import type { CompiledRule } from "./compile.ts";
import {
  countMatch,
  countPast,
  ended,
  firing,
  insertByTime,
  KEPT_PENDING,
  type Match,
  opened,
  type Step,
  updated,
} from "./lifecycle.ts";
import type { KeyState, Observed } from "./state.ts";
import {
  addToWindow,
  type Condition,
  conditionOf,
  countSince,
  type Filled,
  type Window,
  windowSince,
} from "./window.ts";

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
  if (isCleared(state, time)) {
    const isPast = alert && time >= Date.parse(alert.startsAt) && (open || time <= Date.parse(alert.endsAt!));
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
  if (filled) return fill(rule, { ...state, window, pending }, filled, event, { ...observed, since: from });
  return { state: keep({ ...state, newestMatch }, window, pending, oldestAt(newestMatch)), transitions: [] };
}

/** A window that is not full, with what may still matter: what is not before `oldest` (ms). */
function keep(state: KeyState, window: Window, pending: readonly Event[], oldest: number): KeyState {
  const kept = pending.filter(({ time }) => Date.parse(time) >= oldest).slice(-KEPT_PENDING);
  return { ...state, window: windowSince(window, oldest), pending: kept };
}

/** The window has filled. What is known of the time after that counts in, up to where the alert ends; the rest begins anew. */
function fill(rule: CompiledRule, state: KeyState, filled: Filled, event: Event, observed: Observed): Step {
  const condition = conditionOf(rule.config)!;
  const { size, newest, end, window } = lastsUntil(rule, state.window, filled, observed);
  const rest = state.window.slice(size);
  const isOver = ({ time }: Event) => rest.length > 0 && Date.parse(time) > end;
  const events = state.pending.filter((kept) => Date.parse(kept.time) >= filled.since && !isOver(kept));
  const opening = events.find((kept) => Date.parse(kept.time) === filled.at) ?? event;
  const count = countSince(state.window.slice(0, size), filled.since);
  const lead = { from: observed.since, since: filled.since, window: state.window.filter(([at]) => at <= filled.at) };
  const match = { at: filled.at, count, events, opening };
  const begun = opened(rule, { ...state, window, pending: [], lead }, match, newest);
  if (rest.length === 0) return begun;

  const over = ended(rule, begun.state, end);
  const pending = state.pending.filter(isOver);
  const left = { ...over.state, newestMatch: rest.at(-1)![0], clearedAt: end, window: rest, pending };
  const since = Math.max(observed.since, end);
  const again = condition.filledAt(rest, since);
  const next = again ? fill(rule, left, again, event, { ...observed, since }) : { state: left, transitions: [] };
  return { state: next.state, transitions: [...begun.transitions, ...over.transitions, ...next.transitions] };
}

/** How many of the window's entries, and what of them, an alert that it opens has until it ends; ms. */
function lastsUntil({ config }: CompiledRule, all: Window, filled: Filled, { readTo, decided = readTo }: Observed) {
  const { trim, fallsAt } = conditionOf(config)!;
  const after = config.resolve?.after ?? Number.POSITIVE_INFINITY;
  let size = all.findLastIndex(([at]) => at <= filled.at) + 1;
  let window = trim(all.slice(0, size));
  for (let newest = filled.at; ; size++) {
    const end = Math.min(fallsAt(window) ?? Number.POSITIVE_INFINITY, newest + after);
    const next = all[size];
    // An end that is not decided yet ends nothing.
    if (next === undefined || (end < next[0] && end < decided)) return { size, newest, end, window };
    window = trim([...window, next]);
    newest = next[0];
  }
}

/** Whether that belongs to what the last resolution ended. Its own moment does where time ended it, not where an event did. */
function isCleared({ clearedAt, newestResolve }: KeyState, time: number): boolean {
  return clearedAt !== null && (time < clearedAt || (time === clearedAt && newestResolve !== time));
}

/** A match from before the moment that filled the window: with it that may have been earlier, and more of the window counts. */
function applyToLead(condition: Condition, state: KeyState, single: Match, value: string | undefined): Step {
  const lead = state.lead!;
  const window = addToWindow(lead.window, single.at, single.count, value);
  const filled = condition.filledAt(window, lead.from);
  const since = Math.min(filled?.since ?? lead.since, lead.since);
  const before = countSince(lead.window, since) - countSince(lead.window, lead.since);
  const count = before + (single.at >= since ? single.count : 0);
  const next: KeyState = { ...state, lead: { ...lead, since, window } };
  if (firing(state)) next.window = condition.trim(addToWindow(state.window, single.at, single.count, value));
  if (count === 0) return { state: next, transitions: [] };
  const startsAt = Date.parse(state.alert!.startsAt);
  return countPast(next, state.alert!, { ...single, count, at: Math.min(filled?.at ?? startsAt, startsAt) });
}
