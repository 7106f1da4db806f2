// What the pages and the API show: open alerts by filter and page, one alert's story, events by search, rules by noise.

import { listDeliveries } from "../app/delivery/deliver.ts";
import type { App } from "../app/deps.ts";
import { knownAlerts } from "../app/oncall/preview.ts";
import type { RuleRow } from "../app/persistence/rows.ts";
import { type AlertExplanation, createExplainer } from "../app/queries/explain.ts";
import { createReader } from "../app/queries/explain-reader.ts";
import { alertFilter, eventFilter, type Filters as Wanted } from "../app/queries/filters.ts";
import { endedAlerts, seenEvents } from "../app/queries/lists.ts";
import type { Alert } from "../model/alert.ts";
import { parseDuration } from "../model/duration.ts";
import type { Event } from "../model/event.ts";
import { byPrefix, Refused } from "./actions.ts";
import type { Console } from "./deps.ts";
import type { OpenLine, Watch } from "./open-alerts.ts";

/** Alerts, events and deliveries on a page. */
export const PAGE = 50;
const DAY_MS = 86_400_000;
/** An alert that ended by itself within this was nothing, as it turned out; ms. */
const BRIEF_MS = 300_000;

/** What a page asks for. */
export interface Filters extends Wanted {
  /** From 1. */
  page: number;
}

/** Throws Refused for what is no filter. */
export function filtersOf(query: Record<string, string>): Filters {
  const word = (name: string) => (query[name]?.trim() ? query[name].trim().slice(0, 200) : undefined);
  const page = Number(query["page"] ?? 1);
  if (!Number.isSafeInteger(page) || page < 1) throw new Refused(400, "page: expected a whole number from 1 on");
  const since = word("since");
  const age = since === undefined ? undefined : parseDuration(since);
  if (since !== undefined && age === undefined) {
    throw new Refused(400, `since ${since}: expected a duration such as 30m, 2h or 7d`);
  }
  const names = {
    severity: word("severity"),
    rule: word("rule"),
    channel: word("channel"),
    resource: word("resource"),
  };
  return { ...names, status: word("status"), since: age, text: word("q")?.toLowerCase(), page };
}

export interface Page {
  total: number;
  page: number;
  alerts: OpenLine[];
}

/** One page of the open alerts that pass. */
export async function pageOf(app: App, watch: Watch, filters: Filters): Promise<Page> {
  const { page } = filters;
  const { lines } = await watch.read();
  const passes = alertFilter(app, filters);
  const found = lines.filter(({ alert }) => passes(alert));
  return { total: found.length, page, alerts: found.slice((page - 1) * PAGE, page * PAGE) };
}

/** The alerts whole, as far as they are still open. */
export async function withEvents(app: App, lines: readonly OpenLine[]): Promise<Alert[]> {
  const rows = await app.store.getMany<RuleRow>(lines.map(({ key }) => key));
  const whole = new Map(rows.flatMap(({ data: { state } }) => (state.alert ? [[state.alert.id, state.alert]] : [])));
  return lines.flatMap(({ alert }) => {
    const found = whole.get(alert.id);
    return found === undefined ? [] : [{ ...found, suppressedBy: alert.suppressedBy }];
  });
}

/** Throws Refused where there is no such alert. */
export async function storyOf({ current, locate }: Console, id: string): Promise<AlertExplanation> {
  const app = current();
  const alert = byPrefix(await knownAlerts(app), (one) => one.id, id, "alert");
  return createExplainer(app, createReader(app), locate).alert(alert);
}

/** The newest events that pass, the newest first. */
export async function eventsOf(app: App, filters: Filters): Promise<{ total: number; page: number; events: Event[] }> {
  const { since = DAY_MS, page } = filters;
  const passes = eventFilter(app, { ...filters, since });
  const all = (await seenEvents(app, app.clock.now() - since)).reverse().filter(passes);
  return { total: all.length, page, events: all.slice((page - 1) * PAGE, page * PAGE) };
}

/** How much a rule says, and how much of it was nothing. */
export interface Noise {
  rule: string;
  open: number;
  /** Alerts that opened within the last 7 days. */
  alerts: number;
  /** Of these, those that were resolved within five minutes. */
  brief: number;
  /** Notifications of the last 7 days that name one of its alerts. */
  messages: number;
}

/** Every rule, the noisiest first. */
export async function noiseOf(app: App): Promise<Noise[]> {
  const from = app.clock.now() - 7 * DAY_MS;
  const noise = new Map(app.rules.all.map(({ config: { id } }) => [id, newNoise(id)]));
  const of = (rule: string): Noise => {
    const known = noise.get(rule) ?? newNoise(rule);
    noise.set(rule, known);
    return known;
  };
  for (const { rule, startsAt, endsAt } of await knownAlerts(app)) {
    const one = of(rule);
    if (endsAt === null) one.open++;
    if (Date.parse(startsAt) < from) continue;
    one.alerts++;
    if (endsAt !== null && Date.parse(endsAt) - Date.parse(startsAt) <= BRIEF_MS) one.brief++;
  }
  for (const { createdAt, notification } of await listDeliveries(app)) {
    if (createdAt < from || notification.test) continue;
    for (const rule of new Set(notification.alerts.map((alert) => alert.rule))) of(rule).messages++;
  }
  return [...noise.values()].sort((a, b) => b.messages - a.messages || b.alerts - a.alerts);
}

function newNoise(rule: string): Noise {
  return { rule, open: 0, alerts: 0, brief: 0, messages: 0 };
}

/** The alerts that ended, the newest first. */
export async function endedPage(app: App, page: number): Promise<{ total: number; page: number; alerts: Alert[] }> {
  const all = (await endedAlerts(app)).sort((a, b) => (a.endsAt! < b.endsAt! ? 1 : -1));
  return { total: all.length, page, alerts: all.slice((page - 1) * PAGE, page * PAGE) };
}
