// The life of a rule's alerts for one key: what opens or counts into one, what ends it, and what belongs to the past.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import { countEvents, endAlert, openAlert, reopenAlert } from "./alert.ts";
import { type CompiledRule, OCCURRENCE_MS } from "./compile.ts";
import type { Epoch, KeyState, Transition } from "./state.ts";

/** How many matches are kept in full that no alert holds yet. */
export const KEPT_PENDING = 20;

export interface Step {
  state: KeyState;
  transitions: Transition[];
}

/** A moment at which the rule holds. */
export interface Match {
  /** ms */
  at: number;
  count: number;
  /** Ascending; those that are still known. */
  events: readonly Event[];
  /** The one the alert is opened by. */
  opening: Event;
  /** Names the alert where it is not the opening event that does. */
  seed?: string;
}

export function firing(state: KeyState): Alert | undefined {
  return state.alert?.status === "firing" ? state.alert : undefined;
}

/** A match opens an alert, or counts into the open one, or belongs to one that has ended. */
export function applyMatch(rule: CompiledRule, state: KeyState, match: Match, readTo: number): Step {
  const open = firing(state);
  const newestMatch = Math.max(match.at, state.newestMatch ?? match.at);
  const earlier = state.alert && endBefore(rule, state.alert, match.at);
  if (earlier && earlier <= readTo) return applyEarlier(state, match, earlier, () => opening(rule, state, match));
  if (open) return updated({ ...state, newestMatch }, countMatch(open, match));
  if (match.at < (state.newestResolve ?? 0)) return applyPast(rule, state, match);
  if (state.alert && isWithin(rule, state.alert, match.at, readTo)) return countPast(state, state.alert, match);
  return opened(rule, state, match);
}

/** Opens an alert, or the one that has just ended again. `newestMatch` in ms. */
export function opened(rule: CompiledRule, state: KeyState, match: Match, newestMatch = match.at): Step {
  const alert = again(rule, state.alert, match);
  const transition: Transition = alert ? { kind: "opened", alert } : opening(rule, state, match);
  const { earlier, ...rest } = state;
  const next: KeyState = { ...rest, newestMatch, alert: transition.alert };
  // Of what time ended there may be late matches still.
  const before = alert ? earlier : state.alert;
  if (rule.config.resolve?.after !== undefined && before?.endsAt && isRecent(rule, before, match))
    next.earlier = before;
  // One that goes on is at hand again: what is found late counts in it as it is.
  if (alert && state.past) {
    next.past = state.past.filter(({ before, told }) => ![before.alert, ...told].some((one) => one?.id === alert.id));
  }
  return { state: next, transitions: [transition] };
}

function isRecent({ lateness }: CompiledRule, { endsAt }: Alert, { at }: Match): boolean {
  return at - Date.parse(endsAt!) <= lateness;
}

function again({ config }: CompiledRule, ended: Alert | null, match: Match): Alert | undefined {
  if (!ended?.endsAt || config.reopen === undefined) return undefined;
  const pause = match.at - Date.parse(ended.endsAt);
  return pause >= 0 && pause <= config.reopen ? countMatch(reopenAlert(ended), match) : undefined;
}

export function opening(
  rule: CompiledRule,
  { key }: KeyState,
  { at, count, events, opening, seed }: Match,
): Transition {
  const { alert, unrendered } = openAlert(rule, key, opening, events, count, at, seed);
  return { kind: "opened", alert, ...(unrendered.length > 0 ? { unrendered } : {}) };
}

export function countMatch(alert: Alert, { events, count, at }: Match): Alert {
  return countEvents(alert, events, count, at);
}

/** A late match of the last alert, which has ended; where an epoch remembers that as well, it counts there, too. */
export function countPast(state: KeyState, alert: Alert, match: Match): Step {
  const past = state.past?.map((epoch): Epoch => {
    const { before } = epoch;
    if (before.alert?.id !== alert.id || !firing(before)) return epoch;
    const counted = countMatch(before.alert, match);
    const told = epoch.told.map((one) => (one.id === alert.id ? wordsOf(counted) : one));
    return { ...epoch, before: { ...before, alert: counted }, told };
  });
  return updated(past ? { ...state, past } : state, countMatch(alert, match));
}

export function wordsOf({ id, count, startsAt }: Alert): Epoch["told"][number] {
  return { id, count, startsAt };
}

/** When (ms) time alone would have ended the alert of a match at `at` (ms), where that is before this one began. */
function endBefore({ config: { resolve, expect, reopen = 0 } }: CompiledRule, { startsAt }: Alert, at: number) {
  if (resolve?.after === undefined || expect) return undefined;
  const end = at + resolve.after;
  return end + reopen < Date.parse(startsAt) ? end : undefined;
}

/** A late match of an alert of its own, which came and went before the last one began. */
function applyEarlier(state: KeyState, match: Match, end: number, begin: () => Transition): Step {
  const { earlier } = state;
  if (earlier && end >= Date.parse(earlier.startsAt) && match.at <= Date.parse(earlier.endsAt!)) {
    const counted = countMatch(earlier, match);
    const alert = endAlert(counted, Math.max(end, Date.parse(earlier.endsAt!)));
    return { state: { ...state, earlier: alert }, transitions: [{ kind: "updated", alert }] };
  }
  const begun = begin();
  const alert = endAlert(begun.alert, end);
  return { state: { ...state, earlier: alert }, transitions: [begun, { kind: "resolved", alert }] };
}

/** A match from before the newest resolving event: part of the alert that ended, or one that came and went unseen. */
function applyPast(rule: CompiledRule, state: KeyState, match: Match): Step {
  const ended = state.alert;
  if (ended?.endsAt && match.at <= Date.parse(ended.endsAt)) return countPast(state, ended, match);
  const end = Math.min(state.newestResolve!, match.at + (rule.config.resolve?.after ?? Number.POSITIVE_INFINITY));
  const begun = opening(rule, state, match);
  const alert = endAlert(begun.alert, end);
  return { state: { ...state, alert }, transitions: [begun, { kind: "resolved", alert }] };
}

/** A late match that sorted input would have given to the alert that a deadline ended, too old to make it last until now. */
function isWithin(rule: CompiledRule, ended: Alert, time: number, readTo: number): boolean {
  const after = rule.config.resolve?.after ?? OCCURRENCE_MS;
  return time + after >= Date.parse(ended.startsAt) && time <= Date.parse(ended.endsAt!) && time + after <= readTo;
}

/** A deadline, a match or a follow-up ends the alert at `at` (ms). */
export function ended(rule: CompiledRule, state: KeyState, at: number): Step {
  const alert = endAlert(state.alert!, Math.max(at, Date.parse(state.alert!.startsAt)));
  return { state: { ...state, alert }, transitions: [{ kind: rule.canResolve ? "resolved" : "closed", alert }] };
}

export function updated(state: KeyState, alert: Alert): Step {
  return { state: { ...state, alert }, transitions: [{ kind: "updated", alert }] };
}

/** With one more, ascending by time. */
export function insertByTime(events: readonly Event[], event: Event): Event[] {
  let at = events.length;
  while (at > 0 && events[at - 1]!.time > event.time) at--;
  return events.toSpliced(at, 0, event);
}
