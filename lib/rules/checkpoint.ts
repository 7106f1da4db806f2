// Moves what can have no late neighbours any more from the log into the checkpoint, so that a row stays small.
import { NOTHING } from "./at-hand.ts";
import type { CompiledRule } from "./compile.ts";
import { beginFold, type Fold, foldEntry, passTo, savedMemory } from "./fold.ts";
import { countBefore, type Entry } from "./log.ts";
import { meets } from "./reconcile.ts";
import type { Checkpoint, Notified, Observed, Span } from "./state.ts";

/** Beyond these the oldest tenth is moved early: a storm of one key is remembered less exactly. */
const MAX_ENTRIES = 5_000;
const KEPT_ENTRIES = 4_500;
/** Fewer are not worth it. */
const LEAST = 16;
/** Beyond these alerts a key that flaps is remembered less exactly: it goes on with half of them. */
const MAX_OLDER = 20;

/** How many of the oldest entries are too much. */
export function excessOf({ length }: readonly Entry[]): number {
  return length > MAX_ENTRIES ? length - KEPT_ENTRIES : 0;
}

/** How many entries are to move: those before `horizon` (ms) once they are half of all, and what is too much. */
export function movable(entries: readonly Entry[], older: readonly Notified[], horizon: number): number {
  const past = countBefore(entries, horizon);
  const old = past >= Math.max(LEAST, entries.length / 2) ? past : 0;
  const flapped = older.length > MAX_OLDER ? older.at(-MAX_OLDER / 2)! : undefined;
  const over = flapped ? countBefore(entries, flapped.startsAt) : 0;
  return Math.max(old, excessOf(entries), over);
}

/** The checkpoint after these entries too. `gone`: alerts of sorted input that it has no more of. */
export function advance(
  rule: CompiledRule,
  base: Checkpoint,
  entries: readonly Entry[],
  observed: Observed,
): { base: Checkpoint; gone: Span[] } {
  const fold: Fold = beginFold(rule, base);
  for (const entry of entries) {
    // Where there is too much to wait for a deadline it is passed over.
    passTo(rule, fold, entry.time, observed, NOTHING);
    foldEntry(rule, fold, entry, NOTHING);
  }
  const gone = fold.spans.map(plain);
  const span = gone.pop() ?? null;
  return { base: { at: entries.at(-1)!.time, since: base.since, memory: savedMemory(rule, fold.memory), span }, gone };
}

function plain({ startsAt, endsAt, count, newest }: Span): Span {
  return { startsAt, endsAt, count, newest };
}

/** The notified alerts with what can change no more settled, and without those that cannot change at all. */
export function settle(notified: readonly Notified[], gone: readonly Span[], { at, span }: Checkpoint): Notified[] {
  const left = new Set(gone);
  const all = notified.map((one): Notified => {
    const own = [...left].filter((other) => meets(one, other));
    for (const other of own) left.delete(other);
    return own.reduce(withSettled, one);
  });
  return all.filter((one, place) => {
    if (place === all.length - 1 || one.endsAt === null || one.endsAt >= at) return true;
    return span !== null && meets(one, span);
  });
}

function withSettled(one: Notified, { startsAt, endsAt, count }: Span): Notified {
  const before = one.settled ?? { startsAt, count: 0 };
  return { ...one, settled: { startsAt: before.startsAt, count: before.count + count, endsAt: endsAt! } };
}
