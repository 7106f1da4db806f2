// Where most things lie in the store: the names of the rows and what they hold. The other keys are built
// by what owns their rows: tokens, generations, key counts, groups (alerts/group.ts) and
// rule states (rules/compile.ts).
import type { Alert } from "../../model/alert.ts";
import type { Config, SourceConfig } from "../../model/config.ts";
import type { Event } from "../../model/event.ts";
import type { Notification } from "../../model/notification.ts";
import { projectOf } from "../../model/project.ts";
import type { KeyState } from "../../rules/state.ts";
import type { CloudErrorKind } from "../../sources/cloud/client.ts";
import type { Cursor, Found, Target } from "../../sources/port.ts";
import type { Key } from "../../store/port.ts";

/** A rule's state for one key and the groups its open alert belongs to. Queue "timer", due at its deadline. */
export interface RuleRow {
  state: KeyState;
  groups: string[];
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

/** How many keys a rule keeps, and when they were last counted (ms). */
export interface KeysRow {
  count: number;
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
/**
 * A target's cursor is its own: which source or connection of the project reads it may change, and
 * goes on where the other was.
 */
export function targetPartition({ connections }: Pick<Config, "connections">, source: SourceConfig): string {
  return `target/${source.kind}/${projectOf(connections, source.connection)}`;
}
export function targetKey(config: Pick<Config, "connections">, source: SourceConfig, target: string): Key {
  return { pk: targetPartition(config, source), sk: target.toWellFormed() };
}

/** Why something of a cloud could not be read. */
export type FailureKind =
  | CloudErrorKind
  | "secret" // a secret of the connection could not be resolved
  | "project" // its project could not be found out
  | "interrupted" // the run was stopped: no error
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
  /** The targets of the last run, where it did not discover them; rows of older releases lack it. */
  named?: string[];
  /**
   * The last discovery that saw everything; absent for sources with targets of their own. `pieces`: where they lie
   * (source-rows.ts).
   */
  discovered?: { at: number; targets: DiscoveredTarget[]; pieces?: string[] };
  /** Why the last discovery failed. */
  discoveryError?: string;
  discoveryKind?: FailureKind;
  /** Since when discovery fails; ms. */
  discoveryFailingSince?: number;
  ledger: Daily<{ seen: number }>;
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

/** `folded`: another delivery to the channel took in what it says (`into`). */
export type DeliveryStatus = "pending" | "delivered" | "dead" | "folded";

/** One notification on its way to one channel. Queue "delivery" while pending. Times in ms. */
export interface DeliveryRow {
  id: string;
  channel: string;
  status: DeliveryStatus;
  attempts: number;
  /** How many of them the service put off unread, since it takes no more messages; absent: none. */
  putOff?: number;
  nextAttemptAt: number | null;
  error: string | null;
  createdAt: number;
  /** When trying ends. */
  giveUpAt: number;
  /** When it was delivered or died, the last time it was tried; absent before. */
  endedAt?: number;
  /** When its first try failed; absent before. */
  failedSince?: number;
  /** Its alerts were acknowledged while it was being sent: it is not tried again. */
  revoked?: true;
  /** When it went to the channel's fallback, which it does once; absent before. */
  fellBackAt?: number;
  /** Of those that wait for it, the ones that are still to go there with it; absent: none. */
  behind?: readonly string[];
  /** Who is sending it now. */
  claim: Claim | null;
  /** Ids of the alerts it names. */
  alerts: string[];
  /** Of the same group and channel: the one before, and those that wait for this one, more where it took others in. */
  previous: string | null;
  next: readonly string[];
  /** It took in others: what the service calls the message belongs to none of their groups. Absent: it did not. */
  ofSeveral?: true;
  /** The delivery that took this one in, where its channel's service takes fewer messages than there were. */
  into?: string;
  /**
   * What the service calls the message that those of the same group belong to, as far as the channel said so. Each
   * delivery hands it to the next one.
   */
  receipt?: string;
  /** Where it went to the fallback: the last delivery there; what follows it there waits for that. */
  fallback?: string;
  notification: Notification;
}
export const DELIVERIES = "delivery";
export function deliveryKey(id: string): Key {
  return { pk: DELIVERIES, sk: id };
}

/**
 * By channel, the last deliveries of a group that has ended: where it begins anew while they are on their way, it
 * follows them.
 */
export type NewestRow = Record<string, string>;
export function newestKey(groupId: string): Key {
  return { pk: "newest", sk: groupId };
}

/** One dead delivery, so that looking for them costs nothing while there are none. */
export interface DeadRow {
  channel: string;
  error: string | null;
  /** It was a test notification. */
  test?: true;
}
export const DEAD = "dead";
export function deadKey(deliveryId: string): Key {
  return { pk: DEAD, sk: deliveryId };
}

/**
 * One delivery that is still tried, and was in vain for `fallbackAfter`, so that looking for them
 * costs nothing while there are none.
 */
export interface LateRow {
  channel: string;
  error: string | null;
  /** Its first failed try; ms. */
  since: number;
}
export const LATE = "late";
export function lateKey(deliveryId: string): Key {
  return { pk: LATE, sk: deliveryId };
}

/** How a channel does; absent where nothing ever failed. Test notifications change nothing of it. Times in ms. */
export interface ChannelRow {
  /** The first try that failed since the channel last accepted anything; null while it is well. */
  failingSince: number | null;
  error: string | null;
  /** The newest try that failed, within a minute. */
  failedAt: number | null;
  /** Tries in a row without any answer of the receiver's own, tests included; absent: none. */
  failures?: number;
  /** After too many of them: no other try before this, and who makes that one. */
  trialAt?: number;
  trial?: Claim | null;
  /** Its service has asked to wait: until then what is put is not claimed at once. */
  limitedUntil?: number;
  /** The receiver is gone for good, as long as the channel has these options (a hash of them). */
  gone?: { options: string; error: string; at: number };
}
export const CHANNELS = "channel";
export function channelKey(name: string): Key {
  return { pk: CHANNELS, sk: name };
}

/** What a destination's service takes, of all channels and processes that send to it; absent: everything. ms */
export interface RateRow {
  /** When each of its buckets is full again, in the order of its rates. */
  fullAt: readonly number[];
  /** Its service asked to wait, from when until when. */
  pause?: { from: number; until: number };
  /** Its limit is known by that alone: a message in so long, until then. */
  learned?: { every: number; until: number };
}
export const RATES = "rate";
export function rateKey(destination: string): Key {
  return { pk: RATES, sk: destination };
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
 */
export type RegistryRow = Record<string, { pk: string; ends: string; since?: number }>;
export const REGISTRY: Key = { pk: "meta", sk: "rules" };

/** The UTC day of a time in ms. */
export function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
