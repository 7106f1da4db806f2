// `lookout explain`: why an event, an alert or a resource's events did or did not lead to a
// notification, and where that is.
import { createExplainer, type Explainer } from "../../app/queries/explain.ts";
import { createReader } from "../../app/queries/explain-reader.ts";
import { endedAlerts, openAlerts, seenEvents } from "../../app/queries/lists.ts";
import { readStatus } from "../../app/queries/status.ts";
import { readPasted } from "../../app/replay/rule-tests/pasted-event.ts";
import { formatLocation } from "../../config/document/finding.ts";
import { readRegular } from "../../config/document/regular-file.ts";
import { parseDuration } from "../../model/duration.ts";
import type { Event } from "../../model/event.ts";
import { timeIn } from "../../model/local-time.ts";
import type { Place } from "../../model/place.ts";
import { DONE, type Io, jsonDocument, UsageError } from "../io.ts";
import { type CommonOptions, type Opened, openExisting } from "../open.ts";
import { alertText, eventText, type Page, unseenText } from "../print/explain-text.ts";
import { MOST_TEXT, stdinText } from "../stdin.ts";

/** As many of the rules that did not match are shown: of one event, and of each of many. */
const NEAREST = 5;
const NEAREST_OF_MANY = 1;
/** An event has 16 KB at most. */
const MAX_EVENT_BYTES = 1_000_000;
const ALL = Number.POSITIVE_INFINITY;

export interface ExplainOptions extends CommonOptions {
  resource?: string;
  since?: string;
  limit?: string;
  event?: string;
  all?: boolean;
}

/** Explains one event or alert by id, the events of a resource, or a pasted event. Writes nothing. */
export async function explainCommand(io: Io, id: string | undefined, options: ExplainOptions): Promise<number> {
  if ([id, options.resource, options.event].filter((one) => one !== undefined).length !== 1) {
    throw new UsageError("name one event or alert by its id, or say --resource NAME, or --event - with JSON on stdin");
  }
  const since = durationOf(options.since ?? "1h");
  const limit = limitOf(options.limit ?? "20");
  const opened = await openExisting(io, options);
  try {
    const { app, places } = opened;
    const locate = (place: Place) =>
      places.has(place) || place[0] === "rules" ? formatLocation(places.locate(place)) : null;
    const explainer = createExplainer(app, createReader(app), locate);
    const show: Show = {
      out: io.out,
      json: (value) => jsonDocument(io, value),
      page: { ...io, time: timeIn(app.config.timezone) },
      options,
    };
    if (id !== undefined) await explainId(opened, explainer, show, id);
    else if (options.event !== undefined) await explainPasted(opened, explainer, show, options.event);
    else await explainResource(opened, explainer, show, { name: options.resource!, since, limit });
    return DONE;
  } finally {
    await opened.close();
  }
}

interface Show {
  out(words: string): void;
  json(value: unknown): void;
  page: Page;
  options: ExplainOptions;
}

async function explainId({ app }: Opened, explainer: Explainer, { out, json, page, options }: Show, id: string) {
  const isLike = (one: { id: string }) => one.id.startsWith(id);
  const events = await seenEvents(app, 0, (event) => (isLike(event) ? [event] : []));
  const all = [...(await openAlerts(app)).filter(isLike), ...(await endedAlerts(app, isLike))];
  const alerts = [...new Map(all.map((alert) => [alert.id, alert])).values()];
  if (events.length + alerts.length === 0) {
    throw new UsageError(
      `no event or alert has an id that begins with ${id}; "lookout events" and "lookout alerts --all" list them`,
    );
  }
  if (events.length + alerts.length > 1) {
    throw new UsageError(
      `${events.length + alerts.length} events and alerts have ids that begin with ${id}: give more of it`,
    );
  }
  if (alerts[0]) {
    const explanation = await explainer.alert(alerts[0]);
    if (options.json) json(explanation);
    else out(alertText(page, explanation));
    return;
  }
  const explanation = await explainer.event(events[0]!, true);
  if (options.json) json(explanation);
  else out(eventText(page, explanation, options.all ? ALL : NEAREST));
}

async function explainPasted({ app }: Opened, explainer: Explainer, { out, json, page, options }: Show, file: string) {
  const name = file === "-" ? "stdin" : file;
  const { event, filledIn } = readPasted(await readText(file), name, app.config, app.clock.now());
  const explanation = await explainer.event(event, false);
  if (options.json) return json({ ...explanation, filledIn });
  const note = filledIn.length === 0 ? "" : `filled in: ${filledIn.join(", ")}\n`;
  out(`${note}${eventText(page, explanation, options.all ? ALL : NEAREST)}`);
}

async function explainResource(
  { app }: Opened,
  explainer: Explainer,
  { out, json, page, options }: Show,
  { name, since, limit }: { name: string; since: number; limit: number },
) {
  const from = app.clock.now() - since;
  const isOf = ({ resource: { id, name: called } }: Event) => id === name || called === name;
  const found = await seenEvents(app, from, (event) => (isOf(event) ? [event] : []));
  const events = await Promise.all(found.slice(-limit).map((event) => explainer.event(event, true)));
  // Where nothing was seen, the question is whether it was read.
  const targets = found.length > 0 ? [] : (await readStatus(app)).targets.filter(({ target }) => target === name);
  const sinceIso = new Date(from).toISOString();
  const earlier = found.length - events.length;
  if (options.json) return json({ resource: name, since: sinceIso, earlier, events, targets });
  if (found.length === 0) return out(unseenText(page, name, sinceIso, targets));
  if (earlier > 0) out(`The newest ${events.length} of ${found.length} events; --limit shows more.\n\n`);
  out(events.map((one) => eventText(page, one, options.all ? ALL : NEAREST_OF_MANY)).join("\n"));
}

async function readText(file: string): Promise<string> {
  if (file === "-") {
    const text = await stdinText();
    if (text !== undefined) return text;
    throw new UsageError(`--event -: what comes on stdin is longer than ${MOST_TEXT}`);
  }
  let content: string | undefined;
  try {
    content = await readRegular(file, MAX_EVENT_BYTES);
  } catch (error) {
    throw new UsageError(`--event ${file}: ${(error as Error).message}`);
  }
  if (content !== undefined) return content;
  throw new UsageError(`--event ${file}: expected a regular file of at most 1 MB, or - for stdin`);
}

function durationOf(words: string): number {
  const duration = parseDuration(words);
  if (duration !== undefined) return duration;
  throw new UsageError(`--since ${words}: expected a duration such as 30m, 2h or 7d`);
}

function limitOf(words: string): number {
  const limit = Number(words);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new UsageError(`--limit ${words}: expected a whole number above 0`);
}
