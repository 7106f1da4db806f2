// Counts what a replay led to, alert by alert and message by message, in memory that grows with the rules and with what
// is open, not with the history: beyond a fixed number, alerts and messages are counted and not listed.
import type { Alert } from "../../../model/alert.ts";
import { hashOf } from "../../../model/hash.ts";
import { lookup } from "../../../model/lookup.ts";
import type { Notification } from "../../../model/notification.ts";
import type { Transition } from "../../../rules/state.ts";
import type { Waiting } from "../replay.ts";
import type { Outcome, RuleFigures, WouldBeAlert, WouldBeMessage } from "./outcome.ts";

/** As many alerts, and as many messages, are listed. */
const LISTED = 20_000;
/** As many alerts of a message are named. */
const NAMED = 20;
/** As many keys of a rule are told apart, those that fired last. */
const KEYS = 1_000;
/** An alert that resolves within this was brief; ms. */
const BRIEF_MS = 300_000;
/** A key that fires again within this after its last alert ended came back; ms. */
const BACK_MS = 3_600_000;

export interface Tally {
  transition(transition: Transition): void;
  message(at: number, notification: Notification): void;
  /** `days`: how long the replay was; `waiting`: what is still to be notified. */
  outcome(days: number, waiting: Waiting): Outcome;
}

interface Counts {
  alerts: number;
  firing: number;
  messages: number;
  channels: Record<string, number>;
  brief: number;
  unfollowed: number;
  back: number;
  /** By the key as JSON; the one that fired last comes last. */
  keys: Map<string, { key: Record<string, unknown>; alerts: number; endedAt: number | undefined }>;
}

/** What is open, and what ended while it may still be notified. */
interface Known {
  alert: WouldBeAlert;
  listed: boolean;
  /** What it counted when it opened. */
  opening: number;
  brief: boolean;
}

/** Everything that is counted. */
interface Book {
  counts: Map<string, Counts>;
  known: Map<string, Known>;
  channels: Record<string, number>;
  alerts: WouldBeAlert[];
  messages: WouldBeMessage[];
  totals: { alerts: number; messages: number };
  listedTo: Outcome["listedTo"];
}

export function createTally(rules: readonly string[]): Tally {
  const book: Book = {
    counts: new Map(rules.map((rule) => [rule, newCounts()])),
    known: new Map(),
    channels: {},
    alerts: [],
    messages: [],
    totals: { alerts: 0, messages: 0 },
    listedTo: { alerts: null, messages: null },
  };
  return {
    transition({ kind, alert }) {
      const of = book.counts.get(alert.rule);
      if (of === undefined) return;
      if (kind === "opened") open(book, alert, of);
      const entry = book.known.get(alert.id)?.alert;
      if (entry !== undefined) entry.count = alert.count;
      if (kind === "resolved" || kind === "closed") end(book, alert, kind, of);
    },
    message: (at, notification) => note(book, at, notification),
    outcome: (days, waiting) => outcomeOf(book, days, waiting),
  };
}

function open(book: Book, alert: Alert, of: Counts): void {
  const { known, alerts, listedTo } = book;
  of.firing++;
  const before = known.get(alert.id);
  if (before !== undefined) {
    Object.assign(before.alert, { end: "firing", endsAt: null });
    if (before.brief) of.brief--;
    before.brief = false;
    return;
  }
  of.alerts++;
  book.totals.alerts++;
  noteKey(alert, of);
  const { id, rule, severity, key, summary, startsAt, count } = alert;
  const entry: WouldBeAlert = {
    id,
    rule,
    severity,
    key,
    summary,
    startsAt,
    endsAt: null,
    end: "firing",
    count,
    messages: {},
    unnotified: null,
  };
  const listed = alerts.length < LISTED;
  if (listed) alerts.push(entry);
  else if (listedTo.alerts === null || startsAt < listedTo.alerts) listedTo.alerts = startsAt;
  known.set(id, { alert: entry, listed, opening: count, brief: false });
}

/** The key fires once more, and is the last that did. */
function noteKey({ key, startsAt }: Alert, of: Counts): void {
  const name = JSON.stringify(key);
  const last = of.keys.get(name);
  if (last?.endedAt !== undefined && Date.parse(startsAt) - last.endedAt <= BACK_MS) of.back++;
  of.keys.delete(name);
  of.keys.set(name, { key, alerts: (last?.alerts ?? 0) + 1, endedAt: undefined });
  if (of.keys.size > KEYS) of.keys.delete(of.keys.keys().next().value!);
}

function end({ known }: Book, alert: Alert, kind: "resolved" | "closed", of: Counts): void {
  const entry = known.get(alert.id);
  if (entry === undefined || entry.alert.end !== "firing") return;
  const endedAt = Date.parse(alert.endsAt ?? alert.updatedAt);
  entry.alert.endsAt = alert.endsAt;
  entry.alert.end = kind;
  of.firing--;
  const key = of.keys.get(JSON.stringify(alert.key));
  if (key !== undefined) key.endedAt = endedAt;
  entry.brief = kind === "resolved" && endedAt - Date.parse(alert.startsAt) <= BRIEF_MS;
  if (entry.brief) of.brief++;
  if (kind === "closed" && alert.count <= entry.opening) of.unfollowed++;
  if (!entry.listed) known.delete(alert.id);
}

function note(book: Book, at: number, { channel, reason, status, alerts }: Notification): void {
  const { counts, known, messages, listedTo } = book;
  book.totals.messages++;
  add(book.channels, channel);
  // The text that is there already: the same ids come again and again.
  const ids = alerts.map(({ id }) => known.get(id)?.alert.id ?? id);
  const rules = [...new Set(alerts.map(({ rule }) => rule))];
  for (const rule of rules) {
    const of = counts.get(rule);
    if (of === undefined) continue;
    of.messages++;
    add(of.channels, channel);
  }
  for (const id of ids) {
    const entry = known.get(id);
    if (entry !== undefined) add(entry.alert.messages, channel);
  }
  const sentAt = new Date(at).toISOString();
  if (messages.length >= LISTED) {
    listedTo.messages ??= sentAt;
    return;
  }
  messages.push({
    id: hashOf([at, channel, reason, ids.toSorted()], 16),
    at: sentAt,
    channel,
    reason,
    status,
    rules,
    count: ids.length,
    alerts: ids.slice(0, NAMED),
  });
}

function outcomeOf(
  { counts, known, channels, alerts, messages, totals, listedTo }: Book,
  days: number,
  waiting: Waiting,
): Outcome {
  for (const { alert, opening } of known.values()) {
    if (alert.end === "firing" && alert.count <= opening) counts.get(alert.rule)!.unfollowed++;
  }
  for (const alert of alerts) {
    const held = waiting.get(alert.id);
    if (Object.keys(alert.messages).length === 0) alert.unnotified = held === undefined ? "passed" : (held ?? "later");
  }
  return {
    rules: [...counts].map(([rule, of]) => figuresOf(rule, of, days)).sort(byNoise),
    channels,
    totals,
    alerts: alerts.toSorted((a, b) => (a.startsAt < b.startsAt ? -1 : a.startsAt > b.startsAt ? 1 : 0)),
    messages,
    unlisted: { alerts: totals.alerts - alerts.length, messages: totals.messages - messages.length },
    listedTo,
  };
}

function newCounts(): Counts {
  return { alerts: 0, firing: 0, messages: 0, channels: {}, brief: 0, unfollowed: 0, back: 0, keys: new Map() };
}

function figuresOf(rule: string, of: Counts, days: number): RuleFigures {
  const { alerts, firing, messages, channels, brief, unfollowed, back, keys } = of;
  const share = (number: number) => (alerts === 0 ? 0 : round(number / alerts));
  const [worst] = [...keys.values()].sort((a, b) => b.alerts - a.alerts);
  return {
    rule,
    alerts,
    firing,
    messages,
    channels,
    noise: {
      messagesPerDay: round(messages / days),
      brief: share(brief),
      unfollowed: share(unfollowed),
      back: share(back),
      worst: worst && worst.alerts > 1 ? { key: worst.key, alerts: worst.alerts } : null,
    },
  };
}

function byNoise(a: RuleFigures, b: RuleFigures): number {
  return b.messages - a.messages || b.alerts - a.alerts || (a.rule < b.rule ? -1 : 1);
}

function add(counts: Record<string, number>, name: string): void {
  counts[name] = (lookup(counts, name) ?? 0) + 1;
}

function round(number: number): number {
  return Math.round(number * 100) / 100;
}
