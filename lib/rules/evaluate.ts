// The one evaluation: a pure function of (state, events, now). Live polling, tests, backtest and explain all run it.
import type { Event } from "../model/event.ts";
import { valueText } from "../model/path.ts";
import { type CompiledRule, OCCURRENCE_MS, ruleFor, type Touch } from "./compile.ts";
import { applyAbsence, applyExpect, fireAbsence, fireExpect } from "./deadlines.ts";
import {
  applyMatch,
  countMatch,
  ended,
  firing,
  insertByTime,
  KEPT_PENDING,
  type Match,
  opened,
  type Step,
  updated,
} from "./lifecycle.ts";
import { clearLog, type Entry, emptyLog, type Found, noteEntry } from "./log.ts";
import type { KeyState, Observed, Transition } from "./state.ts";
import { addToWindow, conditionOf, countSince, windowSince } from "./window.ts";

/** Touches as they apply: by time; at the same time starts before what follows them, and last what only resolves: firing wins. */
export function inOrder(touches: readonly Touch[]): Touch[] {
  const place = ({ steps }: Touch) => (steps === 0 ? Number.MAX_SAFE_INTEGER : steps);
  return touches.toSorted((a, b) => Date.parse(a.event.time) - Date.parse(b.event.time) || place(a) - place(b));
}

/** One event for one rule and key: first the deadlines before it that are decided, then what it says itself. */
export function applyEvent(given: CompiledRule, before: KeyState, touch: Touch, observed: Observed): Step {
  const rule = ruleFor(given, before.key);
  const { event } = touch;
  const time = Date.parse(event.time);
  const transitions: Transition[] = [];
  let state = before;
  const take = (step: Step): void => {
    state = step.state;
    transitions.push(...step.transitions);
  };
  for (
    let end = deadline(rule, state);
    end && end.at < time && end.due <= observed.readTo;
    end = deadline(rule, state)
  ) {
    take(fire(rule, state, end.at, observed.readTo));
  }
  if (touch.steps !== 0) take(applySteps(rule, state, touch, time, observed));
  // At the same time firing wins.
  if (touch.resolves && !touch.matches) take(applyResolve(rule, state, time));
  return { state, transitions };
}

/** The first deadline of the state, fired: once now has reached it and every feeding target has been read up to it. */
export function applyTime(given: CompiledRule, state: KeyState, now: number, readTo: number): Step {
  const rule = ruleFor(given, state.key);
  const end = deadline(rule, state);
  if (end === undefined || end.due > now || end.due > readTo) return { state, transitions: [] };
  return fire(rule, state, end.at, readTo);
}

/** A deadline: the moment at which something happens by itself, and the first at which that is certain (both in ms). */
export interface Deadline {
  at: number;
  due: number;
}

/** What happens next unless something else happens before: an alert ends, or opens; undefined where nothing waits. */
export function deadline(given: CompiledRule, state: KeyState): Deadline | undefined {
  const rule = ruleFor(given, state.key);
  const opens = opensAt(rule, state);
  const ends = endsAt(rule, state);
  return [...opens, ...ends].toSorted((a, b) => a.due - b.due)[0];
}

function opensAt({ config: { absence, expect } }: CompiledRule, state: KeyState): Deadline[] {
  const last = absence && !firing(state) ? state.absence?.[0]?.[1] : undefined;
  const start = expect && state.expect?.open[0];
  const at = last === undefined ? (start === undefined ? undefined : start + expect!.within) : last + absence!.for;
  return at === undefined ? [] : [{ at, due: at }];
}

function endsAt(rule: CompiledRule, state: KeyState): Deadline[] {
  const { newestMatch } = state;
  if (!firing(state) || newestMatch === null) return [];
  const ends: Deadline[] = [];
  const after = rule.config.resolve?.after;
  if (after !== undefined) ends.push({ at: newestMatch + after, due: newestMatch + after });
  // The window's ends are part of it: at its last moment it is still full.
  const last = conditionOf(rule.config)?.fallsAt(state.window);
  if (last !== undefined) ends.push({ at: last, due: last + 1 });
  if (!rule.canResolve) ends.push({ at: newestMatch + OCCURRENCE_MS, due: newestMatch + OCCURRENCE_MS });
  return ends;
}

/** What happens at a deadline: the start that nothing followed, the silence that was too long, or the end of the alert. */
function fire(rule: CompiledRule, state: KeyState, at: number, readTo: number): Step {
  if (opensAt(rule, state)[0]?.at === at)
    return rule.config.expect ? fireExpect(rule, state, at, readTo) : fireAbsence(rule, state, at);
  const step = ended(rule, state, at);
  // Time that ends an alert takes no start its deadline.
  if (state.expect) return { ...step, state: { ...step.state, expect: { ...state.expect, missed: [] } } };
  // Everything in the window lies before its end, the event at that very moment included.
  const cleared = clear(rule, step.state, at);
  return { ...step, state: conditionOf(rule.config) ? { ...cleared, window: [], pending: [] } : cleared };
}

function applySteps(rule: CompiledRule, state: KeyState, touch: Touch, time: number, observed: Observed): Step {
  const { config } = rule;
  const { event } = touch;
  if (config.expect) return applyExpect(rule, state, touch, time, observed.readTo);
  if (config.absence) return applyAbsence(rule, state, event, time, observed);
  if (config.change || config.newValue || config.sequence) return applyLog(rule, state, touch, time, observed);
  if (conditionOf(config)) return applyWindow(rule, state, event, time, observed);
  const match = { at: time, count: event.count, events: [event], opening: event };
  return applyMatch(rule, state, match, observed.readTo);
}

function applyWindow(rule: CompiledRule, state: KeyState, event: Event, time: number, observed: Observed): Step {
  const condition = conditionOf(rule.config)!;
  const value = condition.field === undefined ? undefined : valueText(event, condition.field);
  if (condition.field !== undefined && value === undefined) return { state, transitions: [] };
  const single = { at: time, count: event.count, events: [event], opening: event };
  const open = firing(state);
  if (!open && time < (state.clearedAt ?? 0)) {
    const past = state.alert && time >= Date.parse(state.alert.startsAt) ? state.alert : undefined;
    return past ? updated(state, countMatch(past, single)) : { state, transitions: [] };
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
  const next = { ...state, window: condition.trim(window), pending: [] };
  const match = { at: filled.at, count: countSince(window, filled.since), events, opening };
  return opened(rule, next, match, newestMatch);
}

function applyLog(rule: CompiledRule, state: KeyState, touch: Touch, time: number, observed: Observed): Step {
  const { config } = rule;
  const { event } = touch;
  const field = config.change?.field ?? config.newValue?.field;
  const value = field === undefined ? undefined : valueText(event, field);
  if (field !== undefined && value === undefined) return { state, transitions: [] };
  if (config.sequence && time < (state.clearedAt ?? 0)) return { state, transitions: [] };
  const entry: Entry = {
    time,
    count: event.count,
    steps: touch.steps,
    ...(value === undefined ? {} : { value }),
    ...(observed.teaches && !config.sequence ? { teaches: true } : {}),
  };
  const pending = insertByTime(state.pending, event).slice(-KEPT_PENDING);
  const newest = state.log?.entries.at(-1)?.time ?? time;
  const horizon = Math.min(observed.readTo, Math.max(newest, time)) - rule.lateness;
  const { log, found } = noteEntry(config, state.log ?? emptyLog(), entry, horizon);
  let next: KeyState = { ...state, log, pending };
  const transitions: Transition[] = [];
  for (const one of found) {
    const step = applyMatch(rule, next, matchOf(one, pending, event), observed.readTo);
    next = step.state;
    transitions.push(...step.transitions);
  }
  return { state: next, transitions };
}

function matchOf({ at, since, count }: Found, pending: readonly Event[], event: Event): Match {
  const events = pending.filter(({ time }) => Date.parse(time) >= since && Date.parse(time) <= at);
  return { at, count, events, opening: events.findLast(({ time }) => Date.parse(time) === at) ?? event };
}

/** A resolving event older than the newest match does not resolve; on a tie in time firing wins. */
function applyResolve(rule: CompiledRule, state: KeyState, time: number): Step {
  const newestResolve = Math.max(time, state.newestResolve ?? time);
  const next = { ...state, newestResolve };
  if (!firing(state)) return { state: clear(rule, next, time), transitions: [] };
  const { expect, absence } = state;
  // A deadline is no match: what comes late and lies before it would have prevented it.
  const missed = expect?.missed.filter((start) => start >= time) ?? [];
  if (missed.length > 0) {
    const cleared = clear(rule, next, time);
    return { state: { ...cleared, expect: { ...cleared.expect!, missed } }, transitions: [] };
  }
  if (!expect && time <= (absence?.[0]?.[1] ?? state.newestMatch ?? 0)) return { state: next, transitions: [] };
  const step = ended(rule, next, time);
  return { ...step, state: clear(rule, step.state, time) };
}

/** Resolving empties the key's window; what was found at that very time or after it stays. */
function clear(rule: CompiledRule, state: KeyState, at: number): KeyState {
  const { log, expect, absence } = state;
  return {
    ...state,
    clearedAt: Math.max(at, state.clearedAt ?? at),
    window: state.window.filter(([time]) => time >= at),
    pending: state.pending.filter((event) => Date.parse(event.time) >= at),
    ...(log ? { log: clearLog(rule.config, log, at) } : {}),
    ...(expect
      ? { expect: { open: expect.open.filter((time) => time >= at), missed: [], served: expect.served } }
      : {}),
    ...(absence
      ? { absence: absence.flatMap(([from, to]): typeof absence => (to >= at ? [[Math.max(from, at), to]] : [])) }
      : {}),
  };
}
