// The one evaluation of a rule and key: a pure function of its state, what was found and how far its feeds have
// been read. Live polling, tests, backtest and explain all run it. It goes through the last `lateness` again and
// brings what was notified to that.
import type { Event } from "../model/event.ts";
import { valueText } from "../model/path.ts";
import { createAtHand, type EventsAtHand, NOTHING } from "./at-hand.ts";
import { advance, excessOf, movable, settle } from "./checkpoint.ts";
import { type CompiledRule, ruleFor, type Touch } from "./compile.ts";
import { beginFold, type Fold, type FoldedSpan, foldAll, savedMemory } from "./fold.ts";
import type { Look } from "./kinds/port.ts";
import {
  compareEntries,
  createPacker,
  type Entry,
  insertEntry,
  type PackedLog,
  packLog,
  shortId,
  unpackLog,
} from "./log.ts";
import { reconcile } from "./reconcile.ts";
import {
  type Checkpoint,
  type Deadline,
  type KeyState,
  markOf,
  type Notified,
  type Observed,
  type Step,
} from "./state.ts";

/** How many matches are kept in full that no alert holds yet. */
const KEPT_PENDING = 20;

/** What an event says about a rule and key; where it says nothing, that time is observed from then on. */
export interface Seen extends Pick<Touch, "event" | "steps" | "resolves"> {
  /** It belongs to its target's first poll: it only teaches. */
  teaches?: boolean;
  /** Its target has ended. */
  over?: boolean;
}

/** A state taken up: what the row says, unpacked. */
interface Work {
  rule: CompiledRule;
  base: Checkpoint;
  entries: Entry[];
  log: PackedLog;
  /** What the entries led to; undefined where that must be found out again. */
  fold: Fold | undefined;
  now: number;
  readTo: number;
}

/** With fewer entries it costs less to go through all of them than to hold them. */
const TAKEN_UP = 64;

/**
 * States that were made here and not yet taken up: an entry after all others needs no look at
 * those. It changes no outcome.
 */
const works = new WeakMap<KeyState, Work>();

/** What was found, in any order, and the deadlines that are decided by now; a timer finds nothing. */
export function live(given: CompiledRule, before: KeyState, seen: readonly Seen[], observed: Observed): Step {
  const rule = ruleFor(given, before.key);
  const work = takeUp(rule, before, observed);
  const fresh = insert(rule, work, seen, observed.since);
  const atHand = createAtHand(before, fresh);
  const fold = work.fold ?? beginFold(rule, work.base);
  work.fold = fold;
  const stop = foldAll(rule, fold, work.entries, observed, atHand, excessOf(work.entries));
  const until = stop?.at ?? Number.POSITIVE_INFINITY;
  const { notified, transitions, held } = reconcile(rule, before.key, notifiedOf(before), fold.spans, until, atHand);
  const horizon = Math.min(observed.readTo, work.entries.at(-1)?.time ?? 0) - rule.lateness;
  const taken = fold.spans.filter((span) => span !== held);
  const pending = pendingOf(rule, before.pending, fresh, taken, fold.memory, horizon, stop);
  for (const span of taken) {
    span.events = [];
    span.pauses = [];
  }
  const kept = checkpoint(rule, work, fold, notified, horizon, observed);
  const { base, log } = work;
  const next: Deadline | null = stop ? { at: stop.at, due: stop.due } : null;
  const state: KeyState = { key: before.key, base, log, ...split(kept), pending, next };
  if (work.entries.length > TAKEN_UP) works.set(state, work);
  return { state, transitions };
}

function takeUp(rule: CompiledRule, state: KeyState, { now, readTo, since }: Observed): Work {
  const known = works.get(state);
  works.delete(state);
  if (known?.rule === rule) {
    // What is decided no more is held again.
    if (now < known.now || readTo < known.readTo) known.fold = undefined;
    known.now = now;
    known.readTo = readTo;
    return known;
  }
  const base = state.base ?? { at: 0, since, memory: savedMemory(rule, rule.kind.begin(since)), span: null };
  return { rule, base, entries: unpackLog(state.log), log: state.log, fold: undefined, now, readTo };
}

/**
 * Puts what was found into the log; what is known already changes nothing. Returns the new matches
 * by their entries' ids.
 */
function insert(rule: CompiledRule, work: Work, seen: readonly Seen[], since: number): Map<string, Event> {
  const events = new Map<string, Event>();
  const { entries } = work;
  const given = new Map<string, Event>();
  const found: Entry[] = [];
  for (const one of seen) {
    const own = entriesOf(rule, one, work.base.at);
    if (own[0]) given.set(own[0].id, one.event);
    found.push(...own);
  }
  if (rule.kind.waitsForSince && since > work.base.since) {
    work.base = { ...work.base, since };
    found.push(markerAt(Math.max(since, work.base.at)));
  }
  if (found.length > 1) found.sort(compareEntries);
  const packer = createPacker(work.log, entries.at(-1));
  let isInOrder = true;
  for (const entry of found) {
    const place = insertEntry(entries, entry);
    if (place < 0) continue;
    if (entry.steps !== 0) events.set(entry.id, given.get(entry.id)!);
    if (place < entries.length - 1) isInOrder = false;
    if (work.fold && (place < work.fold.size || entry.time <= work.fold.fired)) work.fold = undefined;
    if (isInOrder) packer.add(entry);
  }
  work.log = isInOrder ? packer.packed() : packLog(entries);
  return events;
}

function markerAt(time: number): Entry {
  return { time, count: 0, steps: 0, resolves: false, teaches: false, value: undefined, id: shortId("") };
}

/**
 * An event that resolves and is a step, too, is as two of one moment: it ends what matched before it. What is older
 * than `oldest` (ms) counts as of then.
 */
function entriesOf({ kind, config }: CompiledRule, seen: Seen, oldest: number): Entry[] {
  const { event, steps, resolves, teaches = false, over = false } = seen;
  const value = kind.field === undefined ? undefined : valueText(event, kind.field);
  const entry: Entry = {
    time: Math.max(Date.parse(event.time), oldest),
    count: event.count,
    steps,
    resolves: false,
    teaches: teaches || (over && config.absence !== undefined),
    value,
    id: shortId(event.id),
  };
  const found: Entry[] = [];
  if (steps !== 0 || (!resolves && kind.observe)) found.push(entry);
  if (resolves) found.push({ ...entry, steps: 0, resolves, value: undefined });
  return found;
}

/**
 * Matches that may still open an alert, in full: of too many the first, which may be the one that does, and the newest.
 */
function pendingOf(
  { kind }: CompiledRule,
  before: readonly Event[],
  fresh: EventsAtHand,
  spans: readonly FoldedSpan[],
  memory: unknown,
  horizon: number,
  stop: Deadline | undefined,
): Event[] {
  if (before.length === 0 && fresh.size === 0) return [];
  // The newest event of an open alert waits for none.
  const last = spans.at(-1)?.events.at(-1);
  if (before.length === 0 && fresh.size === 1 && fresh.values().next().value === last) return [];
  const counted = new Set(spans.flatMap(({ events }) => events));
  let all = [...before, ...fresh.values()].filter((event) => !counted.has(event));
  if (all.length === 0) return all;
  if (all.some(({ time }, at) => at > 0 && time < all[at - 1]!.time)) all.sort((a, b) => (a.time < b.time ? -1 : 1));
  const young = all.findIndex(({ time }) => Date.parse(time) >= horizon - kind.reach);
  if (young !== 0) all = young < 0 ? [] : all.slice(young);
  if (kind.wants) {
    const isWanted = (time: number) => time > (stop?.at ?? time) || kind.wants!(memory, time);
    all = all.filter(({ time }) => isWanted(Date.parse(time)));
  }
  const most = kind.kept ?? KEPT_PENDING;
  if (all.length <= most) return all;
  return most === 1 ? all.slice(-1) : [all[0]!, ...all.slice(1 - most)];
}

function checkpoint(
  rule: CompiledRule,
  work: Work,
  fold: Fold,
  notified: Notified[],
  horizon: number,
  observed: Observed,
): Notified[] {
  const size = Math.min(movable(work.entries, notified, horizon), fold.size);
  if (size === 0) return notified;
  const { base, gone } = advance(rule, work.base, work.entries.splice(0, size), observed);
  work.base = base;
  work.log = packLog(work.entries);
  fold.size -= size;
  fold.spans.splice(0, gone.length);
  return settle(notified, gone, base);
}

function notifiedOf({ alert, mark, older }: KeyState): Notified[] {
  if (alert === null) return older;
  const all = [...older, { ...(mark ?? markOf(alert)), alert }];
  return older.length === 0 ? all : all.sort((a, b) => a.startsAt - b.startsAt);
}

/** The open alert, or the last one, apart from the others. */
function split(notified: readonly Notified[]): Pick<KeyState, "alert" | "mark" | "older"> {
  const main = notified.find(({ alert }) => alert.status === "firing") ?? notified.at(-1);
  if (main === undefined) return { alert: null, mark: null, older: [] };
  const { alert, ...mark } = main;
  const others = notified.length === 1 ? [] : notified.filter((one) => one !== main);
  const older = others.map((one) =>
    one.alert.events.length === 0 ? one : { ...one, alert: { ...one.alert, events: [] } },
  );
  return { alert, mark, older };
}

/** What the rule's kind knows of the key, as far as everything is decided. */
export function peek(given: CompiledRule, state: KeyState): Pick<Look<unknown>, "memory" | "matches"> {
  const rule = ruleFor(given, state.key);
  if (state.base === null) return { memory: undefined, matches: [] };
  const entries = unpackLog(state.log);
  const fold = beginFold(rule, state.base);
  const window = rule.kind.window?.(fold.memory);
  const before = window
    ? window.times.map((time, at) => ({ time, count: window.counts[at]!, value: window.values[at] }))
    : [];
  const decided = state.next ? state.next.due - 1 : Number.POSITIVE_INFINITY;
  foldAll(rule, fold, entries, { now: decided, readTo: decided, since: 0 }, NOTHING, 0);
  return { memory: fold.memory, matches: [...before, ...entries.filter(({ steps }) => steps & 1)] };
}

/** The time of the last event that the state knows of; ms. */
export function lastTime({ log, base }: KeyState): number {
  return unpackLog(log).at(-1)?.time ?? base?.at ?? 0;
}
