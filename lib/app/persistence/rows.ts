// Where most things lie in the store: the names of the rows and what they hold. The other keys are built
// by what owns their rows: tokens, generations, key counts, groups (alerts/group.ts) and
// rule states (rules/compile.ts).
import type { Alert } from "../../model/alert.ts";
import type { Event } from "../../model/event.ts";
import type { KeyState } from "../../rules/state.ts";
import type { CloudErrorKind } from "../../sources/cloud/client.ts";
import type { Cursor, Found, Target } from "../../sources/port.ts";
import type { Key } from "../../store/port.ts";

/** A rule's state for one key and the groups its open alert belongs to. Queue "timer", due at its deadline. */
export interface RuleRow {
  state: KeyState;
  groups: string[];
  /** Nothing of the key has matched yet: the row is kept for matches that are found late. */
  unmatched?: true;
  /** The rows that say that the open alert holds others back; absent where there is none. */
  inhibitors?: Key[];
}

/** What failed of a rule, by field: how often, when last (ms), and what was said then. */
export type RuleFailuresRow = Partial<
  Record<"summary" | "description" | "extract", { count: number; lastAt: number; error: string }>
>;
export const RULE_FAILURES = "rule-failure";
export function ruleFailuresKey(rule: string): Key {
  return { pk: RULE_FAILURES, sk: rule };
}

/** How many keys a rule keeps. */
export interface KeyCount {
  /** Those that its `when` has matched. */
  count: number;
  /** Those of which only what resolves or follows was found. */
  unmatched?: number;
}

/** `countedAt`: when they were last counted; ms. */
export interface KeysRow extends KeyCount {
  countedAt: number;
}

/** Counts per UTC day, `YYYY-MM-DD`. */
export type Daily<T> = Record<string, T>;

export interface TargetRow {
  cursor: Cursor;
  /** By the source that read, each day's counts, committed together with the events they count. */
  ledgers: Record<string, Daily<TargetCounts>>;
  /** When its first poll began, while that has not come to its end: what is not after it teaches. ms */
  learning?: number;
  /** An event that some rules have seen: those up to this row of theirs. The others come next, then the cursor. */
  rest?: { found: Found; after: string };
  /** Rows with more of the cursor's seen-set (seen-pieces.ts); absent: it is all here. */
  pieces?: number[];
}
export interface TargetCounts {
  new: number;
  matched: number;
  malformed: number;
}

/** Why something of a cloud could not be read. */
export type FailureKind =
  | CloudErrorKind
  | "secret" // a secret of the connection could not be resolved
  | "project" // its project could not be found out
  | "interrupted" // the run was stopped, or another one was faster: no error
  | "internal";

/** Why a target is not read, and since when. Times in ms. */
export interface FailingTarget {
  kind: FailureKind;
  error: string;
  since: number;
  tries: number;
  retryAt: number;
  /** Up to where it has been read completely. */
  readTo: number | null;
  /** It was never read to its end. */
  isNew?: true;
  /** The floor it had at its first try: an outage that begins before a first read moves it no more. */
  floor: number;
}

/** A target as the last complete discovery saw it. Times in ms. */
export interface DiscoveredTarget extends Target {
  floor: number;
  /** When it was first seen to have ended. */
  endedSeen?: number;
  /** It was not read completely since it came, or came back. */
  unread?: true;
}

/** How long a source's lease lasts without being renewed while a run is under way; ms. */
export const LEASE_MS = 10_000;

export interface SourceRow {
  /** Every target that is not in `failing` has been read completely up to here. ms */
  completeTo: number | null;
  /** Those of them that are known, likewise: later than `completeTo` while discovery fails. ms */
  knownTo?: number;
  firstRunAt: number;
  lastRunAt: number;
  /** Which daemon polls it: others leave it alone until that has ended. */
  lease?: Claim;
  /** The configuration that summed up (generation.ts). */
  generation?: number;
  failing: Record<string, FailingTarget>;
  /** The targets whose own rows the next run reads (quiet.ts); absent: all. */
  busy?: string;
  /** The targets of the last run, where it did not discover them; rows of older releases lack it. */
  named?: string[];
  /** Where they lie, if they are many (source-rows.ts). */
  namedPiece?: string;
  /**
   * The last discovery that saw everything; absent for sources with targets of their own. `pieces`: where they lie
   * (source-rows.ts).
   */
  discovered?: { at: number; targets: DiscoveredTarget[]; pieces?: string[] };
  /** It lists targets that no run has come to, and that are not in `failing`. */
  unsummed?: true;
  /** Why the last discovery failed. */
  discoveryError?: string;
  discoveryKind?: FailureKind;
  /** Since when discovery fails; ms. */
  discoveryFailingSince?: number;
  /**
   * Which rules over targets watch its targets (evaluation/watched.ts), but for those of these ids: whether they do is
   * to be looked at. Absent: all are.
   */
  watched?: { by: string; but?: string[] };
  ledger: Daily<{ seen: number }>;
  /** The rows of its shards, in order, where this one was put together from them (shard-rows.ts). */
  shards?: readonly SourceRow[];
}
export const SOURCES = "source";
export function sourceKey(sourceId: string): Key {
  return { pk: SOURCES, sk: sourceId };
}

/** The newest items of a source that could not be understood, oldest first; at most 20. Times in ms. */
export type MalformedRow = { at: number; target: string; reason: string; raw: string }[];
export function malformedKey(sourceId: string): Key {
  return { pk: "malformed", sk: sourceId };
}

/** What one process keeps others from doing at the same time: until then (ms), or until it is known to be gone. */
export interface Claim {
  by: string;
  until: number;
}

export interface ConnectionRow {
  /** Whether the credentials have been accepted since they last were refused or changed. */
  proven: boolean;
  /** A hash of the credentials this is about: others start anew. */
  fingerprint: string;
  refusals: number;
  /** Who holds the only try. */
  tried: Claim | null;
  /** ms */
  pausedUntil: number | null;
  error: string | null;
  /** Others that were refused not long ago, oldest first: they go on from there where they come back. */
  refusedBefore?: RefusedCredentials[];
  /** Resources that were refused when they were asked for last, the latest last (suspects.ts); `at` in ms. */
  suspects?: { about: string; at: number }[];
  /** Some that are no suspects and have proven the credentials. */
  provenBy?: string[];
}

export interface RefusedCredentials {
  fingerprint: string;
  refusals: number;
  /** ms; the time of their replacement where they did not rest. */
  pausedUntil: number;
  error: string | null;
}
export const CONNECTIONS = "connection";
export function connectionKey(name: string): Key {
  return { pk: CONNECTIONS, sk: name };
}

/** The id of a connection's project, found by its name. */
export interface ProjectRow {
  /** Stands for where, by which name and with which credentials it was looked up. */
  of: string;
  id: string;
}
export function projectKey(connection: string): Key {
  return { pk: "project", sk: connection };
}

/** That a process could write when it last looked at its own health. Times in ms. */
export interface WrittenRow {
  at: number;
  by: string;
  /** It writes again by then, unless it ends; absent: it has ended, or runs now and then. */
  until?: number;
}
export const META = "meta";
export const WRITTEN: Key = { pk: META, sk: "written" };

/** What a process knows to be wrong and the store does not show: the rows of Lookout's own alerts about it. */
export interface KnowerRow {
  known: readonly string[];
}
export const KNOWERS = "knower";
export function knowerKey(process: string): Key {
  return { pk: KNOWERS, sk: process };
}

/** An alert that has ended, kept for `history`. */
export interface EndedRow {
  alert: Alert;
  groups: string[];
}
export const ENDED = "ended";
export function endedKey(alertId: string): Key {
  return { pk: ENDED, sk: alertId };
}

/** The events of one slice, kept for `history`. */
export interface EventsRow {
  events: Event[];
}
export function eventsPartition(day: string): string {
  return `events/${day}`;
}
export function eventsKey(now: number, sourceId: string, target: string, first: string): Key {
  return { pk: eventsPartition(dayOf(now)), sk: `${String(now).padStart(15, "0")}/${sourceId}/${target}/${first}` };
}

/**
 * Which partition each rule keeps its rows in, since when (ms), and a hash of what its deadlines depend on, by rule id.
 * `retimed`: this hash is becoming another one, and what is open was told so up to this place.
 */
export type RegistryRow = Record<
  string,
  { pk: string; ends: string; since?: number; retimed?: { ends: string; upTo: string } }
>;
export const REGISTRY: Key = { pk: "meta", sk: "rules" };

/** The UTC day of a time in ms. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
