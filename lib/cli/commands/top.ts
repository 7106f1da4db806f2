// `lookout top`, and `run --view`: what is open, how far the sources are read and what is sent, as it changes.
import type * as z from "zod";
import { wallClock } from "../../app/clock.ts";
import { type Delivery, newestDeliveries } from "../../app/delivery/deliver.ts";
import type { App } from "../../app/deps.ts";
import { openAlerts, viewDelivery } from "../../app/queries/lists.ts";
import { readStatus, type Status } from "../../app/queries/status.ts";
import { ago, type NewsLine, type SourceLine, type ViewState } from "../../local/view.ts";
import { timeIn } from "../../model/local-time.ts";
import { redactedValue } from "../../model/printable.ts";
import type { Redactor } from "../../model/redactor.ts";
import { DONE, type Io, jsonDocument } from "../io.ts";
import { type CommonOptions, openExisting } from "../open.ts";
import type { Top } from "../outputs/schemas.ts";
import { drawOnce, drawUntil, quitKeys } from "../print/draw.ts";
import { byNeed } from "../print/severity.ts";
import { routeOf } from "../print/show.ts";
import { newsOf } from "./lists.ts";

/** The state is read so often, or less where reading takes long: a tenth of the time at most. */
const READ_MS = 2_000;
const BUSY = 10;
const KEPT_NEWS = 200;
/** Without a terminal, or as JSON. */
const PRINTED_NEWS = 20;

/** Draws until `q`; without a terminal, or as JSON, it prints the view once. */
export async function topCommand(io: Io, options: CommonOptions): Promise<number> {
  const { app, close } = await openExisting(io, options);
  const read = () => viewOf(app, options.config, "q quits");
  try {
    if (options.json) jsonDocument(io, await documentOf(app));
    else if (io.tty) await watch(io, read);
    else {
      const state = await read();
      const news = state.news.slice(-PRINTED_NEWS);
      io.out(
        `${drawOnce(io, { ...state, news, next: { heading: "", steps: [] } }, { columns: 1_000, rows: Number.POSITIVE_INFINITY })}\n`,
      );
    }
    return DONE;
  } finally {
    await close();
  }
}

async function watch(io: Io, read: () => Promise<ViewState>): Promise<void> {
  const stop = new AbortController();
  const end = () => stop.abort();
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
  for (const signal of signals) process.on(signal, end);
  io.gone.addEventListener("abort", end);
  const keys = quitKeys(end);
  try {
    await drawUntil(io, paced(read), stop.signal);
  } finally {
    keys.end();
    for (const signal of signals) process.off(signal, end);
  }
}

/**
 * The same view again until it is time to read anew. Where that fails, what was known is shown with the reason; where
 * nothing was known yet, it is thrown.
 */
export function paced(read: () => Promise<ViewState>, { now } = wallClock): () => Promise<ViewState> {
  let known: ViewState | undefined;
  let shown: ViewState | undefined;
  let next = Number.NEGATIVE_INFINITY;
  return async () => {
    const began = now();
    if (shown !== undefined && began < next) return shown;
    try {
      known = await read();
      shown = known;
    } catch (error) {
      if (known === undefined) throw error;
      const problem = `the state cannot be read, this is as it was before: ${(error as Error).message}`;
      shown = { ...known, problems: [problem, ...known.problems] };
    }
    next = began + Math.max(READ_MS, (now() - began) * BUSY);
    return shown;
  };
}

/** What there is to see of the state that the configuration names. */
export async function viewOf(app: App, file: string, hint: string, more: readonly Timed[] = []): Promise<ViewState> {
  const newest = { from: app.clock.now() - app.config.history, limit: KEPT_NEWS };
  const [status, open, deliveries] = await Promise.all([
    readStatus(app),
    openAlerts(app),
    newestDeliveries(app, newest, (row) => [deliveryLine(row, app.redact)]),
  ]);
  const time = timeIn(app.config.timezone);
  const { pending, dead } = status.deliveries;
  return {
    title: `Lookout, ${file}: ${status.healthy ? "healthy" : "NOT HEALTHY"}`,
    aside: time(new Date(app.clock.now()).toISOString()),
    problems: problemsOf(status),
    figures: ["TARGETS", "EVENTS", "LAG"],
    sources: status.sources.map((source) => sourceLine(status, source)),
    open: open
      .map((alert) => ({
        alert: redactedValue(alert, app.redact),
        since: Date.parse(alert.startsAt),
        to: routeOf(app, alert),
      }))
      .sort((a, b) => byNeed(a.alert, b.alert) || b.since - a.since),
    latest: `DELIVERIES (${pending} pending, ${dead} dead)`,
    news: [...deliveries, ...more]
      .sort((a, b) => a.at - b.at)
      .map(({ at, ...line }) => ({ ...line, time: time(new Date(at).toISOString()).slice(11, 19) })),
    next: { heading: hint, steps: [] },
  };
}

/** What the view shows, for scripts. */
async function documentOf(app: App): Promise<z.infer<typeof Top>> {
  const newest = { from: app.clock.now() - app.config.history, limit: PRINTED_NEWS };
  const [status, open, deliveries] = await Promise.all([
    readStatus(app),
    openAlerts(app),
    newestDeliveries(app, newest, (row) => [viewDelivery(row)]),
  ]);
  const alerts = open.sort((a, b) => byNeed(a, b) || Date.parse(b.startsAt) - Date.parse(a.startsAt));
  return { status, alerts, deliveries };
}

function problemsOf({ problems, failingChannels }: Status): string[] {
  const failing = failingChannels.map(({ channel, error }) => `channel ${channel} is failing: ${error ?? ""}`);
  return [...problems.map(({ message }) => message), ...failing];
}

function sourceLine({ targets, ledger }: Status, { source, lastRunAt }: Status["sources"][number]): SourceLine {
  const own = targets.filter((one) => one.source === source);
  const lags = own.flatMap(({ lagSeconds }) => lagSeconds ?? []);
  const newest = Object.entries(ledger[source] ?? {})
    .sort()
    .at(-1)?.[1];
  return {
    id: source,
    figures: [own.length, newest?.new ?? 0, lags.length === 0 ? "-" : ago(Math.max(...lags) * 1_000)].map(String),
    at: lastRunAt === null ? undefined : Date.parse(lastRunAt),
    failing: own.filter(({ error }) => error !== null).length,
  };
}

/** News with its time in ms, so that several kinds can be put in order. */
export type Timed = Omit<NewsLine, "time"> & { at: number };

const STYLES = { delivered: "good", pending: "warning", dead: "bad" } as const;

function deliveryLine(row: Delivery, redact: Redactor["redact"]): Timed {
  const error = row.error === null ? "" : ` (${row.error})`;
  return {
    at: row.endedAt ?? row.createdAt,
    what: row.status.toUpperCase(),
    style: STYLES[row.status],
    text: `${row.channel}: ${newsOf(row, redact)}${error}`,
  };
}
