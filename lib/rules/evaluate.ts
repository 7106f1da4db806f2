// The one evaluation: a pure function of (state, events, now). Live polling, tests, backtest and explain all run it.
import type { Event } from "../model/event.ts";
import { valueText } from "../model/path.ts";
import { type CompiledRule, OCCURRENCE_MS, ruleFor, type Touch } from "./compile.ts";
import { applyAbsence, applyExpect, fireExpect } from "./deadlines.ts";
import { relive } from "./epochs.ts";
import { applyMatch, ended, firing, insertByTime, KEPT_PENDING, type Match, type Step } from "./lifecycle.ts";
import { type Entry, emptyLog, type Found, noteEntry } from "./log.ts";
import { applyResolve, clear } from "./resolve.ts";
import { applySilenceEnd, fireSilence } from "./silence-alerts.ts";
import type { Happening, Held, KeyState, Observed, Transition } from "./state.ts";
import { conditionOf } from "./window.ts";
import { applyToWindow } from "./window-match.ts";

/** Matches of one key that wait for an end to be decided; what more there are take effect at once. */
const MAX_HELD = 20;

/** A touch that others of the same batch follow. */
export interface Turn extends Touch {
  /** Event time of the next one of the same rule and key: nothing from there on is decided before it is applied; ms. */
  next: number;
}

/** Touches as they apply: by time; at the same time starts before what follows them, and last what only resolves: firing wins. */
export function inOrder(touches: readonly Touch[]): Turn[] {
  const place = ({ steps }: Touch) => (steps === 0 ? Number.MAX_SAFE_INTEGER : steps);
  const sorted = touches.toSorted((a, b) => Date.parse(a.event.time) - Date.parse(b.event.time) || place(a) - place(b));
  const times = new Map<string, number>();
  const turns = sorted.toReversed().map((touch): Turn => {
    const name = `${touch.pk}/${touch.sk}`;
    const next = times.get(name) ?? Number.POSITIVE_INFINITY;
    times.set(name, Date.parse(touch.event.time));
    return { ...touch, next };
  });
  return turns.reverse();
}

/** One event for one rule and key: first the deadlines before it that are decided, then what it says itself. */
export function applyEvent(
  given: CompiledRule,
  before: KeyState,
  touch: Happening & Partial<Pick<Turn, "next">>,
  observed: Observed,
): Step {
  const rule = ruleFor(given, before.key);
  const time = Date.parse(touch.event.time);
  const { now } = observed;
  const decided = Math.min(observed.readTo, now, (touch.next ?? Number.POSITIVE_INFINITY) - 1);
  let step = settle(rule, { state: before, transitions: [] }, time, decided, now);
  if (mustWait(rule, step.state, touch, time)) return { ...step, state: hold(step.state, touch, observed) };
  // What ends the alert at once, or is one too many, waits for nobody: nor does what came before it.
  while (timeHeld(step.state, 0) <= time) step = release(rule, step, decided, now);
  step = then(step, applyTouch(rule, step.state, touch, { ...observed, decided }));
  return settle(rule, step, timeHeld(step.state, -1), decided, now);
}

/** The first deadline of the state, fired: once now has reached it and every feeding target has been read up to it. */
export function applyTime(given: CompiledRule, state: KeyState, now: number, readTo: number): Step {
  const rule = ruleFor(given, state.key);
  const end = deadline(rule, state);
  if (end === undefined || end.due > now || end.due > readTo) return { state, transitions: [] };
  const step = fire(rule, state, end.at, readTo);
  return settle(rule, step, timeHeld(step.state, -1), Math.min(now, readTo), now);
}

/**
 * Deadlines before `until` (ms) that are decided, and what was held up to it for want of that, in order of time. The end of an
 * occurrence is silent: a match beyond it is told at once, whatever cannot be read, once now has reached that end.
 */
function settle(rule: CompiledRule, before: Step, until: number, readTo: number, now: number): Step {
  let step = before;
  for (;;) {
    const end = deadline(rule, step.state);
    const held = timeHeld(step.state, 0);
    if (held <= until && (!end || end.at >= held)) step = release(rule, step, readTo, now);
    else if (end && end.at < until && end.due <= (rule.canResolve ? readTo : now))
      step = then(step, fire(rule, step.state, end.at, readTo));
    else return step;
  }
}

/** Whether a match lies after an end of the open alert that is not decided yet: it may belong to this one, or open the next. */
function mustWait(rule: CompiledRule, state: KeyState, { steps }: Happening, time: number): boolean {
  const { absence, expect } = rule.config;
  if (steps === 0 || absence || expect || !firing(state) || (state.held?.length ?? 0) >= MAX_HELD) return false;
  const end = deadline(rule, state);
  return end !== undefined && end.at < time;
}

function hold(state: KeyState, { event, steps, matches, resolves }: Happening, { since, teaches }: Observed): KeyState {
  const one: Held = { event, steps, matches, resolves, since, teaches };
  const held = [...(state.held ?? []), one];
  return { ...state, held: held.sort((a, b) => Date.parse(a.event.time) - Date.parse(b.event.time)) };
}

/** Event time of what is held at that place; ms. Infinity and minus infinity where nothing is, so that neither is ever reached. */
function timeHeld({ held = [] }: KeyState, place: 0 | -1): number {
  const one = held.at(place);
  if (one) return Date.parse(one.event.time);
  return place === 0 ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
}

function release(rule: CompiledRule, before: Step, readTo: number, now: number): Step {
  const { held, ...state } = before.state;
  const [{ since, teaches, ...touch }, ...rest] = held as [Held, ...Held[]];
  const next = rest.length > 0 ? { ...state, held: rest } : state;
  return then(before, applyTouch(rule, next, touch, { now, readTo, since, teaches }));
}

function then(before: Step, { state, transitions }: Step): Step {
  return { state, transitions: [...before.transitions, ...transitions] };
}

function applyTouch(rule: CompiledRule, before: KeyState, touch: Happening, observed: Observed): Step {
  const time = Date.parse(touch.event.time);
  let step: Step = { state: before, transitions: [] };
  if (touch.steps !== 0) step = applySteps(rule, before, touch, time, observed);
  // At the same time firing wins.
  if (!touch.resolves || touch.matches) return step;
  const end = rule.config.absence
    ? applySilenceEnd(rule, step.state, time, observed)
    : applyResolve(rule, step.state, time);
  return then(step, end);
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
  if (rule.config.absence) return fireSilence(rule, state, at, readTo);
  if (opensAt(rule, state)[0]?.at === at) return fireExpect(rule, state, at, readTo);
  const step = ended(rule, state, at);
  // Time that ends an alert takes no start its deadline.
  if (state.expect) return { ...step, state: { ...step.state, expect: { ...state.expect, missed: [] } } };
  // Everything in the window lies before its end, the event at that very moment included.
  const cleared = clear(rule, step.state, at);
  if (!conditionOf(rule.config)) return { ...step, state: cleared };
  const { lead } = step.state;
  return { ...step, state: { ...cleared, window: [], pending: [], ...(lead ? { lead } : {}) } };
}

function applySteps(rule: CompiledRule, state: KeyState, touch: Happening, time: number, observed: Observed): Step {
  const { config } = rule;
  const { event } = touch;
  if (config.absence) return applyAbsence(rule, state, event, observed);
  // Values are remembered beyond what resolves; all else that is late belongs to its own time.
  if (!config.change && !config.newValue) {
    const past = relive(state, time, (before, until) => {
      const step = applyEvent(rule, before, { ...touch, resolves: false }, observed);
      return liveOn(rule, step, until, observed.readTo);
    });
    if (past) return past;
  }
  if (config.expect) return applyExpect(rule, state, touch, time, observed.readTo);
  if (config.change || config.newValue || config.sequence) return applyLog(rule, state, touch, time, observed);
  if (conditionOf(config)) return applyToWindow(rule, state, event, time, observed);
  const match = { at: time, count: event.count, events: [event], opening: event };
  return applyMatch(rule, state, match, observed.readTo);
}

function applyLog(rule: CompiledRule, state: KeyState, touch: Happening, time: number, observed: Observed): Step {
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
    const match = matchOf(one, pending, event);
    const past = relive(next, one.at, (before, until) =>
      liveOn(rule, applyMatch(rule, before, match, observed.readTo), until, observed.readTo),
    );
    const step = past ?? applyMatch(rule, next, match, observed.readTo);
    next = step.state;
    transitions.push(...step.transitions);
  }
  return { state: next, transitions };
}

function matchOf({ at, since, count }: Found, pending: readonly Event[], event: Event): Match {
  const events = pending.filter(({ time }) => Date.parse(time) >= since && Date.parse(time) <= at);
  return { at, count, events, opening: events.findLast(({ time }) => Date.parse(time) === at) ?? event };
}

/** From what was found late on to the resolving event at `until` (ms), which is known already. */
function liveOn(rule: CompiledRule, { state: before, transitions }: Step, until: number, readTo: number) {
  const all = [...transitions];
  let state = before;
  const take = (step: Step): void => {
    state = step.state;
    all.push(...step.transitions);
  };
  for (let end = deadline(rule, state); end && end.at < until && end.due <= readTo; end = deadline(rule, state)) {
    take(fire(rule, state, end.at, readTo));
  }
  take(applyResolve(rule, state, until));
  if (firing(state)) take(ended(rule, state, until));
  return { before, transitions: all };
}
