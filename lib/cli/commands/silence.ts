// `lookout silence`: holds notifications back for a while, says what is held back and since when, and lets it go.
import type { App } from "../../app/deps.ts";
import { knownAlerts, previewSilence } from "../../app/oncall/preview.ts";
import {
  addSilence,
  expireSilence,
  LAST,
  listSilences,
  patternOfOne,
  type SilenceView,
  unknownInterval,
  viewSilence,
} from "../../app/oncall/silences.ts";
import type { SilenceRow } from "../../app/persistence/on-call-rows.ts";
import { openAlerts } from "../../app/queries/lists.ts";
import { nearest } from "../../config/document/words.ts";
import type { Pattern } from "../../model/config.ts";
import { parseDuration } from "../../model/duration.ts";
import { instantIn, timeIn } from "../../model/local-time.ts";
import { HEALTH_RULE } from "../../model/own-alerts.ts";
import { PatternError } from "../../patterns/error.ts";
import { parsePatternText } from "../../patterns/pattern.ts";
import { DONE, type Io, jsonDocument, jsonLines, oneLine, table, UsageError } from "../io.ts";
import { checked, isMatcher, patternOf } from "../matchers.ts";
import { type CommonOptions, openExisting } from "../open.ts";
import { alertName, findById, personOf } from "../person.ts";

const SHORT_ID = 8;

export interface SilenceOptions extends CommonOptions {
  match?: string;
  duration?: string;
  from?: string;
  until?: string;
  during?: string[];
  comment?: string;
  by?: string;
  all?: boolean;
}

/** Adds a silence for what the matchers, one alert's id or `--match` mean. */
export async function silenceAddCommand(io: Io, meant: readonly string[], options: SilenceOptions): Promise<number> {
  const by = personOf(options.by);
  const { app, close } = await openExisting(io, options);
  try {
    // It takes all words up to the next option, matchers as well.
    const during = duringOf(app, options);
    const match = await patternFor(app, meant, options);
    const times = timesOf(options, app.clock.now(), app.config.timezone);
    const row = await addSilence(app, { match, ...times, during, comment: options.comment ?? null, by });
    const view = viewSilence(row, app.clock.now());
    for (const rule of unknownRules(app, match)) io.err(`lookout: ${rule}\n`);
    if (options.json) jsonDocument(io, view);
    else {
      const held = (await openAlerts(app)).filter(app.suppression.silence(row).matches).length;
      const now = held === 0 ? "no alert that is open" : `${held} open ${held === 1 ? "alert" : "alerts"}`;
      io.out(
        `Silence ${row.id.slice(0, SHORT_ID)} holds until ${timeIn(app.config.timezone)(view.until)}; it matches ${now}.\n`,
      );
    }
    return DONE;
  } finally {
    await close();
  }
}

export async function silenceListCommand(io: Io, options: SilenceOptions): Promise<number> {
  const { app, close } = await openExisting(io, options);
  try {
    const all = (await listSilences(app)).map((row) => viewSilence(row, app.clock.now()));
    const shown = options.all ? all : all.filter(({ state }) => state !== "expired");
    if (options.json) jsonLines(io, shown);
    else if (shown.length === 0) io.out(options.all ? "There is no silence.\n" : "No silence holds.\n");
    else {
      const rows = shown.map((view) => cells(view, timeIn(app.config.timezone)));
      io.out(table(io, [["ID", "STATE", "FROM", "UNTIL", "BY", "MATCH", "COMMENT"], ...rows]));
    }
    return DONE;
  } finally {
    await close();
  }
}

/** Ends a silence: what it held back is sent at once where it still fires. */
export async function silenceExpireCommand(io: Io, id: string, options: SilenceOptions): Promise<number> {
  const { app, close } = await openExisting(io, options);
  try {
    const about = { what: "silence", where: "lookout silence list --all" };
    const found = findById(await listSilences(app), (row) => row.id, id, about);
    const ended = (await expireSilence(app, found.id)) ?? found;
    const view = viewSilence(ended, app.clock.now());
    if (options.json) jsonDocument(io, view);
    else io.out(`Silence ${ended.id.slice(0, SHORT_ID)} is over since ${timeIn(app.config.timezone)(view.until)}.\n`);
    return DONE;
  } finally {
    await close();
  }
}

/** What such a silence would have held back in the last day. Its own times are only looked at: they are to come. */
export async function silencePreviewCommand(
  io: Io,
  meant: readonly string[],
  options: SilenceOptions,
): Promise<number> {
  const { app, close } = await openExisting(io, options);
  try {
    const during = duringOf(app, options);
    const match = await patternFor(app, meant, options);
    const { duration, from, until } = options;
    if (duration !== undefined || until !== undefined) timesOf(options, app.clock.now(), app.config.timezone);
    else if (from !== undefined) instantOf("--from", from, app.config.timezone);
    const { since, alerts, deliveries } = await previewSilence(app, await openAlerts(app), { match, during });
    if (options.json) jsonDocument(io, { since, match, alerts, deliveries });
    else {
      const time = timeIn(app.config.timezone);
      const rows = alerts.map((alert) => [
        time(alert.startsAt),
        alert.severity,
        alert.status,
        oneLine(alertName(alert)),
      ]);
      io.out(rows.length === 0 ? "It would have held nothing back in the last day.\n" : table(io, rows));
      const sent = `${deliveries} ${deliveries === 1 ? "delivery" : "deliveries"} of the last day`;
      if (rows.length > 0) io.out(`${sent} would have been held back.\n`);
    }
    return DONE;
  } finally {
    await close();
  }
}

async function patternFor(app: App, meant: readonly string[], { match }: SilenceOptions): Promise<Pattern> {
  if ((match === undefined) === (meant.length === 0)) {
    throw new UsageError(
      "say what to silence: rule=deploy-failed, the id of an alert, or --match with a pattern as JSON",
    );
  }
  if (match !== undefined) return jsonPattern(match);
  const [first = "", ...others] = meant;
  if (others.length > 0 || isMatcher(first)) return patternOf(meant);
  const about = { what: "alert", where: "lookout alerts --all" };
  return patternOfOne(findById(await knownAlerts(app), ({ id }) => id, first, about));
}

function jsonPattern(text: string): Pattern {
  try {
    return checked(parsePatternText(text) as Pattern, "--match");
  } catch (error) {
    if (error instanceof PatternError) throw new UsageError(`--match: ${error.message}`);
    throw error;
  }
}

/** It holds all the same: the rule may come with the next configuration. */
function unknownRules({ config }: App, match: Pattern): string[] {
  const known = config.rules.map(({ id }) => id);
  const named = [match["rule"] ?? []].flat().filter((entry) => typeof entry === "string");
  return named.flatMap((rule) => {
    if (known.includes(rule) || rule === HEALTH_RULE) return [];
    const near = nearest(rule, known);
    return [`the configuration has no rule ${oneLine(rule, 60)}${near === undefined ? "" : `; did you mean ${near}?`}`];
  });
}

function timesOf(
  { duration, from, until }: SilenceOptions,
  now: number,
  timezone: string,
): Pick<SilenceRow, "from" | "until"> {
  if ((duration === undefined) === (until === undefined)) {
    throw new UsageError("say for how long: --duration 2h, or --until 2026-11-20T22:00:00Z");
  }
  const start = from === undefined ? now : instantOf("--from", from, timezone);
  const end = until === undefined ? start + durationOf(duration!) : instantOf("--until", until, timezone);
  if (end <= start) throw new UsageError(`--until ${until}: it is not after the silence's start`);
  if (end <= now) throw new UsageError("the silence would be over already");
  if (end > LAST) throw new UsageError(`--duration ${duration}: it would end after the year 9999`);
  return { from: start, until: end };
}

/** Without an offset it is a time of the configuration's `timezone`, as lists show times; a day is its beginning. */
function instantOf(option: string, text: string, timezone: string): number {
  const written = /^\d{4}-\d\d-\d\d$/.test(text) ? `${text} 00:00` : text;
  const at = instantIn(written, timezone);
  if (at !== undefined && at >= 0 && at <= LAST) return at;
  throw new UsageError(`${option} ${text}: expected an instant such as 2026-11-20T22:00:00Z, or 2026-11-20T22:00`);
}

function durationOf(text: string): number {
  const duration = parseDuration(text);
  if (duration !== undefined && duration > 0) return duration;
  throw new UsageError(`--duration ${text}: expected a duration such as 30m, 2h or 7d`);
}

function duringOf(app: App, { during = [] }: SilenceOptions): string[] {
  const unknown = unknownInterval(app, during);
  if (unknown === undefined) return during;
  const known = Object.keys(app.config.timeIntervals);
  const there = known.length === 0 ? "the configuration has none" : `there are ${known.join(", ")}`;
  throw new UsageError(`--during ${unknown}: there is no such time interval; ${there}`);
}

function cells(view: SilenceView, time: (iso: string) => string): string[] {
  const { id, state, from, until, by, match, during, comment } = view;
  const also = during.length === 0 ? "" : ` during ${during.join(", ")}`;
  const what = oneLine(`${JSON.stringify(match)}${also}`, 80);
  return [id.slice(0, SHORT_ID), state, time(from), time(until), oneLine(by, 30), what, oneLine(comment ?? "")];
}
