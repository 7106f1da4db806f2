// How much each rule says, and how much of it was nothing: counted over the lists of the last seven days, and kept for
// a while, so that a page that is open reads them now and then only.
import type { App } from "../app/deps.ts";
import { ENDS, type EndRow, newestFirst, SENT, type SentRow } from "../app/persistence/by-time.ts";
import type { Row } from "../store/port.ts";
import type { Watch } from "./open-alerts.ts";

const DAYS = 7;
const DAY_MS = 86_400_000;
/** An alert that ended by itself within this was nothing, as it turned out; ms. */
const BRIEF_MS = 300_000;
/** So long what was counted is good enough; ms. */
const FRESH_MS = 60_000;
/** Rows of a list that are read at once: they are small. */
const AT_ONCE = 1_000;

export interface Noise {
  rule: string;
  open: number;
  /** Alerts that opened within the last 7 days. */
  alerts: number;
  /** Of these, those that were resolved within five minutes. */
  brief: number;
  /** Notifications a day that name one of its alerts, in the last 7 days. */
  messagesPerDay: number;
}

/** Counts when it is asked to, at most once a minute: every rule, the noisiest first. */
export function createNoise(current: () => App, watch: Watch): () => Promise<Noise[]> {
  let known: Promise<Noise[]> | undefined;
  let countedAt = Number.NEGATIVE_INFINITY;
  let countedFor: App | undefined;
  return () => {
    const app = current();
    const now = app.clock.now();
    if (known === undefined || countedFor !== app || Math.abs(now - countedAt) >= FRESH_MS) {
      countedAt = now;
      countedFor = app;
      known = count(app, watch, now).catch((error) => {
        known = undefined;
        throw error;
      });
    }
    return known;
  };
}

async function count(app: App, watch: Watch, now: number): Promise<Noise[]> {
  const range = { from: now - DAYS * DAY_MS, to: now, atOnce: AT_ONCE };
  const from = new Date(range.from).toISOString();
  const noise = new Map<string, Omit<Noise, "rule">>();
  const of = (rule: string) => {
    const one = noise.get(rule) ?? { open: 0, alerts: 0, brief: 0, messagesPerDay: 0 };
    noise.set(rule, one);
    return one;
  };
  for (const { config } of app.rules.all) of(config.id);
  const counted = new Set<string>();
  for (const { alert } of (await watch.read()).lines) {
    counted.add(alert.id);
    of(alert.rule).open++;
    if (alert.startsAt >= from) of(alert.rule).alerts++;
  }
  for await (const { id, rule, startsAt, endsAt } of each(newestFirst<EndRow>(app.store, ENDS, range))) {
    // Its newest end counts, unless it opened again.
    if (counted.has(id) || startsAt < from) continue;
    counted.add(id);
    of(rule).alerts++;
    if (Date.parse(endsAt) - Date.parse(startsAt) <= BRIEF_MS) of(rule).brief++;
  }
  const messages = new Map<string, Set<string>>();
  for await (const { id, rules } of each(newestFirst<SentRow>(app.store, SENT, range))) {
    for (const rule of rules) messages.set(rule, (messages.get(rule) ?? new Set()).add(id));
  }
  for (const [rule, ids] of messages) of(rule).messagesPerDay = Math.round((ids.size / DAYS) * 10) / 10;
  const all = [...noise].map(([rule, one]): Noise => ({ rule, ...one }));
  return all.sort((a, b) => b.messagesPerDay - a.messagesPerDay || b.alerts - a.alerts);
}

async function* each<T>(pieces: AsyncIterable<readonly Row<T>[]>): AsyncGenerator<T> {
  for await (const rows of pieces) for (const { data } of rows) yield data;
}
