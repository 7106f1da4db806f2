// A key's matches of the last while, ascending: what a late event would have changed is found out by going through them again.
import type { RuleConfig } from "../model/config.ts";
import { type Scan, scanOf } from "./scans.ts";

/** One matching event as the log keeps it. */
export interface Entry {
  /** ms */
  time: number;
  count: number;
  /** Bit 0: it matches `when`; bit n: the n-th pattern of the kind. */
  steps: number;
  value?: string;
  /** It only teaches: it belongs to its target's first poll. */
  teaches?: true;
}

export interface Log {
  /** What the entries before these have led to, in the kind's own terms. */
  base: unknown;
  entries: Entry[];
  /** When the rule was found to hold, among these entries; ms. */
  told: number[];
}

/** The rule held at `at`, by what happened since `since` (ms). */
export interface Found {
  at: number;
  since: number;
  count: number;
}

/** Beyond these a storm of one key is remembered less exactly. */
const MAX_ENTRIES = 5_000;

export function emptyLog(): Log {
  return { base: null, entries: [], told: [] };
}

/**
 * Adds an entry. `found` is what holds now and did not before, ascending; a find that only moved in time is not told again. What lies
 * before `horizon` (ms) can have no late neighbours any more.
 */
export function noteEntry(rule: RuleConfig, log: Log, entry: Entry, horizon: number): { log: Log; found: Found[] } {
  const entries = insert(log.entries, entry);
  const all = scan(scanOf(rule, log.base), entries);
  // Several may be found at one moment: each of them is told once.
  const left = [...log.told];
  const fresh = all.filter((one) => {
    const known = one.by === entry ? -1 : left.indexOf(one.at);
    if (known >= 0) left.splice(known, 1);
    return known < 0;
  });
  const gone = left.length;
  const told = all.map(({ at }) => at);

  const old = Math.max(
    entries.findIndex(({ time }) => time >= horizon),
    entries.length - MAX_ENTRIES,
    0,
  );
  if (old === 0) return { log: { base: log.base, entries, told }, found: fresh.slice(gone) };
  const begun = scanOf(rule, log.base);
  scan(begun, entries.slice(0, old));
  const first = entries[old]!.time;
  const next = { base: begun.base(), entries: entries.slice(old), told: told.filter((at) => at >= first) };
  return { log: next, found: fresh.slice(gone) };
}

/** Forgets what is before `at` (ms) where the kind's memory is a window. */
export function clearLog(rule: RuleConfig, log: Log, at: number): Log {
  if (!rule.sequence) return log;
  const entries = log.entries.filter(({ time }) => time >= at);
  return { base: null, entries, told: scan(scanOf(rule, null), entries).map((found) => found.at) };
}

function scan({ step }: Scan, entries: readonly Entry[]): (Found & { by: Entry })[] {
  return entries.flatMap((by) => {
    const found = step(by);
    return found ? { ...found, by } : [];
  });
}

/** At the same time: what begins comes before what follows. */
function insert(entries: readonly Entry[], entry: Entry): Entry[] {
  let at = entries.length;
  while (at > 0 && isAfter(entries[at - 1]!, entry)) at--;
  return entries.toSpliced(at, 0, entry);
}

function isAfter(one: Entry, other: Entry): boolean {
  if (one.time !== other.time) return one.time > other.time;
  if (one.steps !== other.steps) return one.steps > other.steps;
  return (one.value ?? "") > (other.value ?? "");
}
