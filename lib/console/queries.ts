// What is asked for: filters, the open alerts that pass them, and one alert with its story.
import type { App } from "../app/deps.ts";
import { compiledSilence } from "../app/groups/holds.ts";
import { listSilences, type SilenceView, viewSilence } from "../app/oncall/silences.ts";
import { ENDED, type EndedRow, type RuleRow } from "../app/persistence/rows.ts";
import { type AlertExplanation, createExplainer } from "../app/queries/explain.ts";
import { createReader } from "../app/queries/explain-reader.ts";
import { type Filters as Asked, alertFilter, LIST_WORDS, unknownWord } from "../app/queries/filters.ts";
import type { Alert } from "../model/alert.ts";
import { parseDuration } from "../model/duration.ts";
import type { Console } from "./deps.ts";
import { instantOf } from "./instants.ts";
import type { OpenLine, Watch } from "./open-alerts.ts";
import { Refused } from "./refused.ts";

/** Alerts, events and deliveries on a page. */
export const PAGE = 50;
/** A place in a list, as a page before named it. */
const PLACE = /^\d{15}\/.{0,600}$/s;

/** What is asked for, and which stretch of it. */
export interface Filters extends Asked {
  /** Not newer than this moment; ms. */
  until: number | undefined;
  /** Behind this place of a list. */
  before: string | undefined;
  /** From 1. */
  page: number;
}

/** Throws Refused for what is no filter of the list. */
export function filtersOf(
  { clock, config }: App,
  list: keyof typeof LIST_WORDS,
  query: Record<string, string>,
): Filters {
  const word = (name: string) => (query[name]?.trim() ? query[name].trim().slice(0, 200) : undefined);
  const known = (name: "severity" | "status") => {
    const [text, words] = [word(name), LIST_WORDS[list][name]];
    const wrong = text === undefined ? undefined : unknownWord(text, words);
    if (wrong !== undefined) throw new Refused(400, `${name} ${wrong}: expected ${words.join(", ")}`);
    return text;
  };
  const page = Number(word("page") ?? 1);
  if (!Number.isSafeInteger(page) || page < 1) throw new Refused(400, "page: expected a whole number from 1 on");
  const since = word("since");
  const age = since === undefined ? undefined : parseDuration(since);
  if (since !== undefined && age === undefined) {
    throw new Refused(400, `since ${since}: expected a duration such as 30m, 2h or 7d`);
  }
  const end = word("until");
  const until = end === undefined ? undefined : instantOf(end, clock.now(), config.timezone);
  if (end !== undefined && until === undefined) {
    throw new Refused(400, `until ${end}: expected a time such as 2026-11-20 10:00, or a duration such as 2h`);
  }
  for (const name of ["channel", "status"]) {
    if (list !== "events" || word(name) === undefined) continue;
    throw new Refused(400, `${name}: expected none here; "lookout events --${name}" finds events by their alerts`);
  }
  const before = query["before"] || undefined;
  if (before !== undefined && !PLACE.test(before)) throw new Refused(400, "before: expected what a page before named");
  const names = {
    severity: known("severity"),
    rule: word("rule"),
    channel: word("channel"),
    resource: word("resource"),
    source: word("source"),
    status: known("status"),
  };
  return { ...names, since: age, until, before, text: word("q")?.toLowerCase(), page };
}

export interface Page {
  total: number;
  page: number;
  alerts: OpenLine[];
}

/** One page of the open alerts that pass, as they are stored. */
export async function pageOf(app: App, watch: Watch, filters: Filters): Promise<Page> {
  const { page } = filters;
  const passes = alertFilter(app, filters);
  const { lines } = await watch.read();
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
export async function storyOf(deps: Console, id: string): Promise<AlertExplanation> {
  const app = deps.current();
  const alert = await alertOf(deps, id);
  return createExplainer(app, createReader(app), deps.locate).alert(alert);
}

/** The silences added while it ran that hold the alert back, or did while it fired; the file's are in the file. */
export async function silencesOf(app: App, alert: Alert): Promise<SilenceView[]> {
  const now = app.clock.now();
  const [start, end] = [Date.parse(alert.startsAt), alert.endsAt === null ? now : Date.parse(alert.endsAt)];
  const firing: Alert = { ...alert, status: "firing", endsAt: null };
  const rows = (await listSilences(app)).filter((row) => {
    return row.from <= end && row.until >= start && compiledSilence(app, row)?.matches(firing);
  });
  return rows.map((row) => viewSilence(row, now));
}

/** The only alert, open or ended, whose id begins so. Throws Refused where there is none, or more. */
export async function alertOf({ current, alerts }: Pick<Console, "current" | "alerts">, id: string): Promise<Alert> {
  const app = current();
  const ended = id === "" ? [] : await app.store.list<EndedRow>(ENDED, { prefix: id, limit: 2 });
  const open = await withEvents(app, await openLike(alerts, id, ended.length > 0));
  const found = new Map([...ended.map(({ data }) => data.alert), ...open].map((one) => [one.id, one]));
  return theOnly([...found.values()], id, "alert");
}

/** The only open alert whose id begins so, and its row. Throws Refused where there is none, or more. */
export async function openAlertOf(watch: Watch, id: string): Promise<OpenLine> {
  return theOnly(await openLike(watch, id, false), id, "open alert");
}

/** Where none is known, others may have opened it just now: then it is looked for anew. */
async function openLike(watch: Watch, id: string, known: boolean): Promise<OpenLine[]> {
  if (id === "") return [];
  const like = ({ lines }: { lines: readonly OpenLine[] }) => lines.filter(({ alert }) => alert.id.startsWith(id));
  const found = like(await watch.read());
  return found.length > 0 || known ? found : like(await watch.readAnew());
}

/** The only one of those whose id begins so. */
export function theOnly<T>(found: readonly T[], prefix: string, what: string): T {
  const [one] = found;
  if (one === undefined) throw new Refused(404, `no ${what} has an id that begins with ${prefix.slice(0, 64)}`);
  if (found.length > 1) throw new Refused(409, `several ids of ${what}s begin with ${prefix}: give more of it`);
  return one;
}
