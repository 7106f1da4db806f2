// Folds a key's sorted entries, one after the other: deadlines in their place among them, and the
// life of what opens and ends.
import type { Event } from "../model/event.ts";
import { type CompiledRule, OCCURRENCE_MS } from "./compile.ts";
import type { Hit } from "./kinds/port.ts";
import type { Entry } from "./log.ts";
import type { Checkpoint, Deadline, Observed, Span } from "./state.ts";

/** An alert of sorted input while it is folded. */
export interface FoldedSpan extends Span {
  /** How it opened; undefined where that lies before the checkpoint. */
  opening: Opening | undefined;
  /** What it counted since it was notified last, as far as that is at hand. */
  events: Event[];
  /** Where it ended since then, and went on. */
  pauses: Pause[];
}

export interface Pause {
  /** ms */
  endsAt: number;
  /** What it had counted then. */
  count: number;
}

export interface Opening {
  /** The event that opened it, or whose deadline passed; undefined where it is not at hand any more, or nothing is. */
  event: Event | undefined;
  count: number;
  /** What it counted then, ascending. */
  events: Event[];
}

/** Everything that sorted input has led to so far. Changed in place. */
export interface Fold {
  memory: unknown;
  /** Ascending; the first may be the checkpoint's. */
  spans: FoldedSpan[];
  /** The last deadline that fired; ms. */
  fired: number;
  /** Entries folded. */
  size: number;
}

/** The events that are at hand. */
export interface AtHand {
  of(entry: Entry): Event | undefined;
  /** Those from and to these moments (ms), ascending. */
  between(since: number, until: number): Event[];
  /** The last one up to `time` (ms), or else the first. */
  nearest(time: number): Event | undefined;
}

/** The next deadline, with what it does. */
interface Next extends Deadline {
  opens: boolean;
}

export function beginFold({ kind }: CompiledRule, { memory, span }: Checkpoint): Fold {
  const spans = span ? [{ ...span, opening: undefined, events: [], pauses: [] }] : [];
  return {
    memory: kind.load ? kind.load(memory) : copyOf(memory),
    spans,
    fired: Number.NEGATIVE_INFINITY,
    size: 0,
  };
}

/** What the kind remembers, as a checkpoint has it. */
export function savedMemory({ kind }: CompiledRule, memory: unknown): unknown {
  return kind.save ? kind.save(memory) : copyOf(memory);
}

/** structuredClone takes longer than a whole match does. */
function copyOf(json: unknown): unknown {
  if (typeof json !== "object" || json === null) return json;
  if (Array.isArray(json)) return json.map(copyOf);
  return Object.fromEntries(Object.entries(json).map(([name, value]) => [name, copyOf(value)]));
}

/**
 * Folds all entries that are not folded yet, up to the first deadline that is not decided, which is returned where
 * there is one. The first `excess` entries wait for none.
 */
export function foldAll(
  rule: CompiledRule,
  fold: Fold,
  entries: readonly Entry[],
  observed: Observed,
  atHand: AtHand,
  excess: number,
): Deadline | undefined {
  while (fold.size < entries.length) {
    const entry = entries[fold.size]!;
    const isDecided = passTo(rule, fold, entry.time, observed, atHand);
    if (!isDecided && fold.size >= excess) return nextDeadline(rule, fold);
    foldEntry(rule, fold, entry, atHand);
  }
  passTo(rule, fold, Number.POSITIVE_INFINITY, observed, atHand);
  return nextDeadline(rule, fold);
}

/** Fires the deadlines before `time` (ms). False where one of them is not decided yet. */
export function passTo(rule: CompiledRule, fold: Fold, time: number, observed: Observed, atHand: AtHand): boolean {
  for (let next = nextDeadline(rule, fold); next && next.at < time; next = nextDeadline(rule, fold)) {
    if (!isDecided(rule, next, observed)) return false;
    fold.fired = next.at;
    if (next.opens) {
      const hit = rule.kind.open!(fold.memory, next.at);
      const events = atHand.between(hit.since, hit.until);
      count(rule, fold, next.at, hit, events, events[0] ?? atHand.between(hit.since, hit.since)[0]);
    } else {
      end(fold, next.at);
      rule.kind.clear(fold.memory, next.at, "time");
    }
  }
  return true;
}

/** The end of an occurrence is silent: it waits for no feed. */
function isDecided({ canResolve }: CompiledRule, { due }: Deadline, { now, readTo }: Observed): boolean {
  return due <= now && (due <= readTo || !canResolve);
}

/** What happens next by itself. At one moment what opens comes before what ends. */
function nextDeadline({ kind, config, canResolve }: CompiledRule, { memory, spans }: Fold): Next | undefined {
  const open = openSpan(spans);
  const opensAt = kind.opensAt?.(memory, open !== undefined);
  let next: Next | undefined = opensAt === undefined ? undefined : { at: opensAt, due: opensAt, opens: true };
  if (open === undefined) return next;
  const after = config.resolve?.after ?? (canResolve ? undefined : OCCURRENCE_MS);
  const ends = after === undefined ? undefined : open.newest + after;
  if (ends !== undefined && (next === undefined || ends < next.at)) next = { at: ends, due: ends, opens: false };
  // The window's ends are part of it: at its last moment it is still full.
  const falls = kind.fallsAt?.(memory);
  if (falls !== undefined && (next === undefined || falls < next.at))
    next = { at: falls, due: falls + 1, opens: false };
  return next;
}

export function openSpan(spans: readonly FoldedSpan[]): FoldedSpan | undefined {
  const last = spans.at(-1);
  return last?.endsAt === null ? last : undefined;
}

/** The entry, whatever deadline lies before it. */
export function foldEntry(rule: CompiledRule, fold: Fold, entry: Entry, atHand: AtHand): void {
  const { kind } = rule;
  const { time, steps, resolves } = entry;
  fold.size++;
  if (steps !== 0) {
    const isOpen = openSpan(fold.spans) !== undefined;
    const hit = kind.take(fold.memory, entry, isOpen);
    if (isOpen && kind.ends?.(entry)) end(fold, time);
    if (hit) {
      const event = atHand.of(entry);
      const single = event ? [event] : [];
      count(rule, fold, time, hit, hit.since === time ? single : atHand.between(hit.since, time), event);
    }
  } else if (!resolves) kind.observe?.(fold.memory, time, openSpan(fold.spans) !== undefined);
  // It ends what matched before it. At the same time firing wins.
  if (resolves && !((openSpan(fold.spans)?.newest ?? Number.NEGATIVE_INFINITY) >= time)) {
    end(fold, time);
    kind.clear(fold.memory, time, "resolve");
  }
}

/** The condition holds at `at` (ms): the open alert counts it, or one opens, or the one that has just ended goes on. */
function count(
  { config: { reopen = -1 } }: CompiledRule,
  { spans }: Fold,
  at: number,
  hit: Hit,
  events: Event[],
  event: Event | undefined,
): void {
  const last = spans.at(-1);
  if (last && (last.endsAt === null || at - last.endsAt <= reopen)) {
    if (last.endsAt !== null) last.pauses.push({ endsAt: last.endsAt, count: last.count });
    last.endsAt = null;
    last.count += hit.count;
    last.newest = at;
    last.events.push(...events);
    return;
  }
  const opening = { event, count: hit.count, events };
  spans.push({ startsAt: at, endsAt: null, count: hit.count, newest: at, opening, events: [...events], pauses: [] });
}

function end({ spans }: Fold, at: number): void {
  const open = openSpan(spans);
  if (open) open.endsAt = at;
}
