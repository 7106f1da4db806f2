// The one evaluation: a pure function of (state, events, now). Live polling, tests, backtest and explain all run it.
import type { Alert } from "../model/alert.ts";
import type { Event } from "../model/event.ts";
import { countEvent, endAlert, openAlert } from "./alert.ts";
import { type CompiledRule, OCCURRENCE_MS, type Touch } from "./compile.ts";
import type { KeyState, Transition } from "./state.ts";
import { addToWindow, countSince, fallsAt, filledAt, trimFull } from "./window.ts";

export interface Step {
  state: KeyState;
  transitions: Transition[];
}

/**
 * One event for one rule and key. `readTo` (ms) is up to where every target that feeds the key has been read completely: a
 * deadline before the event is only decided where it is not after that.
 */
export function applyEvent(rule: CompiledRule, before: KeyState, event: Event, touch: Touch, readTo: number): Step {
  const time = Date.parse(event.time);
  const end = deadline(rule, before);
  const ended = end && end.at < time && end.due <= readTo ? endAt(rule, before, end.at) : undefined;
  const state = ended?.state ?? before;
  const step = touch.matches ? applyMatch(rule, state, event, time, readTo) : applyResolve(state, time);
  return ended === undefined ? step : { state: step.state, transitions: [...ended.transitions, ...step.transitions] };
}

/** The deadline of the state, fired: once now has reached it and every feeding target has been read up to it. */
export function applyTime(rule: CompiledRule, state: KeyState, now: number, readTo: number): Step {
  const end = deadline(rule, state);
  if (end === undefined || end.due > now || end.due > readTo) return { state, transitions: [] };
  return endAt(rule, state, end.at);
}

/** A deadline: the moment the alert ends, and the first moment at which that is certain (both in ms). */
export interface Deadline {
  at: number;
  due: number;
}

/** When the open alert ends unless something happens before; undefined where nothing is open or nothing ends it. */
export function deadline(rule: CompiledRule, state: KeyState): Deadline | undefined {
  const { newestMatch } = state;
  if (state.alert?.status !== "firing" || newestMatch === null) return undefined;
  const { threshold, resolve } = rule.config;
  const ends: Deadline[] = [];
  if (resolve?.after !== undefined) ends.push({ at: newestMatch + resolve.after, due: newestMatch + resolve.after });
  if (threshold !== undefined) {
    // The window's ends are part of it: at its last moment it is still full.
    const last = fallsAt(state.window, threshold.count, threshold.within);
    if (last !== undefined) ends.push({ at: last, due: last + 1 });
  }
  if (!rule.canResolve) ends.push({ at: newestMatch + OCCURRENCE_MS, due: newestMatch + OCCURRENCE_MS });
  return ends.toSorted((a, b) => a.due - b.due)[0];
}

function applyMatch(rule: CompiledRule, state: KeyState, event: Event, time: number, readTo: number): Step {
  const open = state.alert?.status === "firing" ? state.alert : undefined;
  if (rule.config.threshold !== undefined) return applyThreshold(rule, state, event, time);
  if (open)
    return updated({ ...state, newestMatch: Math.max(time, state.newestMatch ?? time) }, countEvent(open, event));
  if (time < (state.newestResolve ?? 0)) return applyPast(rule, state, event, time);
  if (state.alert && isWithin(rule, state.alert, time, readTo)) return updated(state, countEvent(state.alert, event));
  const alert = openAlert(rule, state.key, event, [event], event.count, time);
  return { state: { ...state, newestMatch: time, alert }, transitions: [{ kind: "opened", alert }] };
}

/** A match from before the newest resolving event: part of the alert that ended, or one that came and went unseen. */
function applyPast(rule: CompiledRule, state: KeyState, event: Event, time: number): Step {
  const ended = state.alert;
  if (ended?.endsAt && time <= Date.parse(ended.endsAt)) return updated(state, countEvent(ended, event));
  const end = Math.min(state.newestResolve!, time + (rule.config.resolve?.after ?? Number.POSITIVE_INFINITY));
  const alert = endAlert(openAlert(rule, state.key, event, [event], event.count, time), end);
  const transitions: Transition[] = [
    { kind: "opened", alert: { ...alert, status: "firing", endsAt: null } },
    { kind: "resolved", alert },
  ];
  return { state: { ...state, alert }, transitions };
}

/** A late match that sorted input would have given to the alert that a deadline ended, too old to make it last until now. */
function isWithin(rule: CompiledRule, ended: Alert, time: number, readTo: number): boolean {
  const after = rule.config.resolve?.after ?? OCCURRENCE_MS;
  return time + after >= Date.parse(ended.startsAt) && time <= Date.parse(ended.endsAt!) && time + after <= readTo;
}

function applyThreshold(rule: CompiledRule, state: KeyState, event: Event, time: number): Step {
  const { count, within } = rule.config.threshold!;
  const open = state.alert?.status === "firing" ? state.alert : undefined;
  if (!open && time < (state.clearedAt ?? 0)) {
    const ended = state.alert && time >= Date.parse(state.alert.startsAt) ? state.alert : undefined;
    return ended ? updated(state, countEvent(ended, event)) : { state, transitions: [] };
  }
  const window = addToWindow(state.window, time, event.count);
  const newestMatch = window.at(-1)![0];
  if (open) return updated({ ...state, newestMatch, window: trimFull(window, count) }, countEvent(open, event));

  const pending = insertByTime(state.pending, event);
  const filled = filledAt(window, count, within);
  if (filled === undefined) {
    // By this event's own time: one that is dated ahead must not push the others out.
    const oldest = time - within - rule.lateness;
    const kept = {
      ...state,
      newestMatch,
      window: window.filter(([at]) => at >= oldest),
      pending: pending.filter((kept) => Date.parse(kept.time) >= oldest).slice(-20),
    };
    return { state: kept, transitions: [] };
  }
  const since = filled - within;
  const counted = pending.filter((kept) => Date.parse(kept.time) >= since);
  const opening = counted.find((kept) => Date.parse(kept.time) === filled) ?? event;
  const alert = openAlert(rule, state.key, opening, counted, countSince(window, since), filled);
  const next = { ...state, newestMatch, window: trimFull(window, count), pending: [], alert };
  return { state: next, transitions: [{ kind: "opened", alert }] };
}

/** A resolving event older than the newest match does not resolve; on a tie in time firing wins. */
function applyResolve(state: KeyState, time: number): Step {
  const newestResolve = Math.max(time, state.newestResolve ?? time);
  const next = { ...state, newestResolve };
  if (state.alert?.status !== "firing") return { state: clear(next, time), transitions: [] };
  if (time <= (state.newestMatch ?? 0)) return { state: next, transitions: [] };
  const alert = endAlert(state.alert, time);
  return { state: { ...clear(next, time), alert }, transitions: [{ kind: "resolved", alert }] };
}

function endAt(rule: CompiledRule, state: KeyState, at: number): Step {
  const alert = endAlert(state.alert!, at);
  const kind = rule.canResolve ? "resolved" : "closed";
  // Everything in the window lies before its end, the event at that very moment included.
  return { state: { ...clear(state, at), window: [], pending: [], alert }, transitions: [{ kind, alert }] };
}

/** Resolving empties the key's window; what was found at that very time or after it stays. */
function clear(state: KeyState, at: number): KeyState {
  return {
    ...state,
    clearedAt: Math.max(at, state.clearedAt ?? at),
    window: state.window.filter(([time]) => time >= at),
    pending: state.pending.filter((event) => Date.parse(event.time) >= at),
  };
}

function updated(state: KeyState, alert: KeyState["alert"] & {}): Step {
  return { state: { ...state, alert }, transitions: [{ kind: "updated", alert }] };
}

function insertByTime(events: readonly Event[], event: Event): Event[] {
  let at = events.length;
  while (at > 0 && events[at - 1]!.time > event.time) at--;
  return events.toSpliced(at, 0, event);
}
