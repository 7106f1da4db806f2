// What `npm start` shows of the simulated cloud: a steady view for a terminal, lines for anything else.
import { wallClock } from "../app/clock.ts";
import type { App } from "../app/deps.ts";
import type { PollReport } from "../app/polling/poll.ts";
import { openAlerts } from "../app/queries/lists.ts";
import { columnsOf } from "../local/columns.ts";
import { steering } from "../local/steering.ts";
import { type NewsLine, type Paint, renderView, type SourceLine, type ViewState } from "../local/view.ts";
import type { Alert } from "../model/alert.ts";
import type { Transition } from "../rules/state.ts";
import { type Io, oneLine, styled } from "./io.ts";
import { severityStyle } from "./severity.ts";

const REDRAW_MS = 500;
const KEPT_NEWS = 200;
/** The alternate screen without a cursor, on which a line that is too long is cut and does not wrap. */
const ENTER = steering("\u001b[?1049h\u001b[?25l\u001b[?7l");
const LEAVE = steering("\u001b[?7h\u001b[?25h\u001b[?1049l");
const HOME = steering("\u001b[H");
const ERASE = steering("\u001b[K");
const ERASE_BELOW = steering("\u001b[J");
/** To the first column of the next line, also where the terminal is raw. */
const NEXT = `${steering("\u001b[G")}\n`;
const TITLE = "Lookout watches the event APIs of a simulated cloud";
const ENDED = "This was the simulated cloud. To watch your own:";
const STEPS = [
  "1. cp lookout.example.yml lookout.yml",
  "2. set the three values marked in it",
  "3. npx lookout check --live",
  "4. npx lookout run",
];

/** What happened so far. */
export interface Show {
  io: Io;
  /** Where the same is a page. */
  page: string;
  /** ms */
  startedAt: number;
  sources: Map<string, SourceLine>;
  /** When an alert opened, by its id; ms. */
  since: Map<string, number>;
  news: NewsLine[];
  /** Messages that the receiver took. */
  messages: number;
}

export function createShow(io: Io): Show {
  return { io, page: "", startedAt: wallClock.now(), sources: new Map(), since: new Map(), news: [], messages: 0 };
}

export function begin(show: Show, app: App, page: string): void {
  const { io, sources } = show;
  show.page = page;
  for (const { id } of app.config.sources) {
    sources.set(id, { id, polls: 0, events: 0, targets: 0, at: undefined, failing: 0 });
  }
  if (!io.tty)
    io.out(`${TITLE}\n  The same as a page: ${page}\n  ${ENDED}\n${STEPS.map((step) => `    ${step}\n`).join("")}\n`);
}

export function takePoll({ sources }: Show, { source, targets, found, failing }: PollReport): void {
  const line = sources.get(source)!;
  line.polls++;
  line.events += found;
  line.targets = targets;
  line.at = wallClock.now();
  line.failing = Object.keys(failing).length;
}

export function takeTransitions(show: Show, app: App, transitions: readonly Transition[]): void {
  for (const { kind, alert } of transitions) {
    const at = wallClock.now();
    if (kind === "opened") show.since.set(alert.id, at);
    const text = `${alert.severity}: ${alert.summary} → ${routeOf(app, alert)}`;
    if (kind === "opened") addNews(show, { at, what: "FIRING", style: alert.severity, text });
    if (kind === "resolved") addNews(show, { at, what: "RESOLVED", style: "resolved", text });
  }
}

function addNews({ io, news }: Show, line: NewsLine): void {
  news.push(line);
  if (news.length > KEPT_NEWS) news.shift();
  if (io.tty) return;
  io.live(`${new Date(line.at).toISOString().slice(11, 19)} ${line.what.padEnd(8)} ${oneLine(line.text, 160)}\n`);
}

export async function drawForever(show: Show, app: App, signal: AbortSignal): Promise<void> {
  const { io } = show;
  if (!io.tty) return;
  io.out(ENTER);
  do {
    io.live(frame(io, await viewState(show, app, "To watch your own cloud (Ctrl-C ends):")));
    await wallClock.sleep(REDRAW_MS, signal).catch(() => {});
  } while (!signal.aborted);
  const last = await viewState(show, app, ENDED);
  // The shell's prompt comes below it.
  const size = { columns: io.columns(), rows: io.rows() - 1 };
  io.out(`${LEAVE}${renderView(last, wallClock.now(), size, painter(io)).join("\n")}\n`);
}

async function viewState(
  { page, startedAt, sources, since, news, messages }: Show,
  app: App,
  heading: string,
): Promise<ViewState> {
  const open = await openAlerts(app);
  const lines = open.map((alert) => {
    return { alert, since: since.get(alert.id) ?? startedAt, to: routeOf(app, alert) };
  });
  const order = ["critical", "error", "warning", "info"];
  lines.sort((a, b) => order.indexOf(a.alert.severity) - order.indexOf(b.alert.severity) || b.since - a.since);
  const next = { heading, steps: STEPS };
  return {
    title: `${TITLE}: ${page}`,
    startedAt,
    sources: [...sources.values()],
    open: lines,
    news,
    notified: messages,
    next,
  };
}

/** Drawn over the last frame, so that nothing flickers. */
function frame(io: Io, state: ViewState): string {
  const size = { columns: io.columns(), rows: io.rows() };
  const lines = renderView(state, wallClock.now(), size, painter(io));
  // Behind the last column there is nothing to erase, and a terminal would erase that column.
  const drawn = lines.map((line) => (columnsOf(line) < size.columns ? line + ERASE : line));
  return HOME + drawn.join(NEXT) + (lines.length < size.rows ? NEXT + ERASE_BELOW : "");
}

function painter(io: Io): Paint {
  return (style, text) => {
    if (style === "title") return styled(io, ["bold", "inverse"], text);
    if (style === "dim") return styled(io, "dim", text);
    if (style === "good") return styled(io, "green", text);
    return styled(io, style === "bad" ? "red" : severityStyle(style), text);
  };
}

/** `chat (slack)`: the channels the alert is sent to. */
function routeOf(app: App, alert: Alert): string {
  const routes = app.router.routes(alert);
  const names = new Set(routes.flatMap(({ channels }) => channels));
  return [...names].map((name) => `${name} (${app.channels.get(name)!.type.type})`).join(", ");
}
