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
  /** When the rule was found to hold, among these entries, ascending; ms. */
  told: number[];
  /** What all entries have led to, where a look at the last ones does not show it. */
  tip?: unknown;
}

/** The rule held at `at`, by what happened since `since` (ms). */
export interface Found {
  at: number;
  since: number;
  count: number;
}

/** Beyond these a storm of one key is remembered less exactly: the oldest tenth is given up at once, so that each costs little. */
const MAX_ENTRIES = 5_000;
const KEPT_ENTRIES = 4_500;

export function emptyLog(): Log {
  return { base: null, entries: [], told: [] };
}

/**
 * Adds an entry. `found` is what holds now and did not before, ascending; a find that only moved in time is not told again. What lies
 * before `horizon` (ms) can have no late neighbours any more. An entry after all others costs the same however many they are; a
 * late one, a look at those after it.
 */
export function noteEntry(rule: RuleConfig, log: Log, entry: Entry, horizon: number): { log: Log; found: Found[] } {
  const { entries, at } = insert(log.entries, entry);
  const from = firstChanged(rule, log, entries, at);
  const settled = from === entries.length - 1 ? log.told : log.told.filter((time) => time < entries[from]!.time);
  const resumed = resume(rule, log, entries.slice(0, from));
  const all = scan(resumed, entries.slice(from));
  // Several may be found at one moment: each of them is told once.
  const left = log.told.slice(settled.length);
  const fresh = all.filter((one) => {
    const known = one.by === entry ? -1 : left.indexOf(one.at);
    if (known >= 0) left.splice(known, 1);
    return known < 0;
  });
  const told = [...settled, ...all.map(({ at }) => at)];
  const next: Log = { base: log.base, entries, told, ...(rule.sequence ? { tip: resumed.base() } : {}) };
  return { log: forget(rule, next, horizon), found: fresh.slice(left.length) };
}

/** Without what is before `horizon`, once that is half of all: each entry is gone through once for it. */
function forget(rule: RuleConfig, log: Log, horizon: number): Log {
  const { base, entries, told } = log;
  const past = entries.findIndex(({ time }) => time >= horizon);
  const excess = entries.length > MAX_ENTRIES ? entries.length - KEPT_ENTRIES : 0;
  const old = Math.max(2 * past >= entries.length ? past : 0, excess);
  if (old === 0) return log;
  const begun = scanOf(rule, base);
  const gone = scan(begun, entries.slice(0, old));
  return { ...log, base: begun.base(), entries: entries.slice(old), told: told.slice(gone.length) };
}

/** From where on what is found may be another than before: at the entry's own time the others may find something else, too. */
function firstChanged(rule: RuleConfig, { tip }: Log, entries: readonly Entry[], at: number): number {
  const isLast = at === entries.length - 1;
  if (rule.sequence) return isLast && tip !== undefined ? at : 0;
  let from = at;
  while (!isLast && from > 0 && entries[from - 1]!.time === entries[at]!.time) from--;
  return from;
}

/** The scan as it stands after the log's entries so far, or after these of them. */
function resume(rule: RuleConfig, { base, tip }: Log, before: readonly Entry[]): Scan {
  return rule.sequence && before.length > 0 ? scanOf(rule, tip) : scanOf(rule, base, before);
}

/** Forgets what is before `at` (ms) where the kind's memory is a window. */
export function clearLog(rule: RuleConfig, log: Log, at: number): Log {
  if (!rule.sequence) return log;
  const entries = log.entries.filter(({ time }) => time >= at);
  const begun = scanOf(rule, null);
  const told = scan(begun, entries).map((found) => found.at);
  return { base: null, entries, told, tip: begun.base() };
}

function scan({ step }: Scan, entries: readonly Entry[]): (Found & { by: Entry })[] {
  return entries.flatMap((by) => {
    const found = step(by);
    return found ? { ...found, by } : [];
  });
}

/** At the same time: what begins comes before what follows. `at`: the entry's place. */
function insert(entries: readonly Entry[], entry: Entry): { entries: Entry[]; at: number } {
  let at = entries.length;
  while (at > 0 && isAfter(entries[at - 1]!, entry)) at--;
  return { entries: entries.toSpliced(at, 0, entry), at };
}

function isAfter(one: Entry, other: Entry): boolean {
  if (one.time !== other.time) return one.time > other.time;
  if (one.steps !== other.steps) return one.steps > other.steps;
  return (one.value ?? "") > (other.value ?? "");
}
