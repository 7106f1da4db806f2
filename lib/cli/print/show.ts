// What `npm start` shows of the simulated cloud: a steady view for a terminal, lines for anything else.
import { wallClock } from "../../app/clock.ts";
import type { App } from "../../app/deps.ts";
import type { PollReport } from "../../app/polling/poll-shard.ts";
import { channelsOf } from "../../app/queries/filters.ts";
import { openAlerts } from "../../app/queries/lists.ts";
import { ago, type NewsLine, type SourceLine, type ViewState } from "../../local/view.ts";
import type { Alert } from "../../model/alert.ts";
import { withShortIds } from "../../model/printable.ts";
import type { Transition } from "../../rules/state.ts";
import { type Io, oneLine } from "../io.ts";
import { drawOnce, drawUntil } from "./draw.ts";
import { byNeed } from "./severity.ts";

const KEPT_NEWS = 200;
const TITLE = "Lookout watches the event APIs of a simulated cloud";
const ENDED = "This was the simulated cloud. To watch your own:";
const STEPS = [
  "1. cp lookout.example.yml lookout.yml",
  "2. set the three values marked in it",
  "3. npx lookout check --live",
  "4. npx lookout run",
];

/** A source so far. */
interface Polled extends Pick<SourceLine, "id" | "at" | "failing"> {
  polls: number;
  events: number;
  targets: number;
}

/** What happened so far. */
export interface Show {
  io: Io;
  /** Where the same is a page. */
  page: string;
  /** ms */
  startedAt: number;
  sources: Map<string, Polled>;
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

export async function takeTransitions(show: Show, app: App, transitions: readonly Transition[]): Promise<void> {
  const hasOpened = transitions.some(({ kind }) => kind === "opened");
  // These say what holds them back, which may have opened with them.
  const open = new Map((hasOpened ? await openAlerts(app) : []).map((alert) => [alert.id, alert]));
  for (const { kind, alert } of transitions) {
    const at = wallClock.now();
    const time = new Date(at).toISOString().slice(11, 19);
    if (kind === "opened") show.since.set(alert.id, at);
    const text = `${alert.severity}: ${alert.summary} → ${routeOf(app, open.get(alert.id) ?? alert)}`;
    if (kind === "opened") addNews(show, { time, what: "FIRING", style: alert.severity, text });
    if (kind === "resolved") addNews(show, { time, what: "RESOLVED", style: "resolved", text });
  }
}

function addNews({ io, news }: Show, line: NewsLine): void {
  news.push(line);
  if (news.length > KEPT_NEWS) news.shift();
  if (io.tty) return;
  io.live(`${line.time} ${line.what.padEnd(8)} ${oneLine(line.text, 160)}\n`);
}

export async function drawForever(show: Show, app: App, signal: AbortSignal): Promise<void> {
  const { io } = show;
  if (!io.tty) return;
  await drawUntil(io, () => viewState(show, app, "To watch your own cloud (Ctrl-C ends):"), signal);
  const last = await viewState(show, app, ENDED);
  // The shell's prompt comes below it.
  io.out(`${drawOnce(io, last, { columns: io.columns(), rows: io.rows() - 1 })}\n`);
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
  lines.sort((a, b) => byNeed(a.alert, b.alert) || b.since - a.since);
  const next = { heading, steps: STEPS };
  return {
    title: `${TITLE}: ${page}`,
    aside: `running ${ago(wallClock.now() - startedAt)}`,
    problems: [],
    figures: ["TARGETS", "POLLS", "EVENTS"],
    sources: [...sources.values()].map(({ id, at, failing, targets, polls, events }) => {
      return { id, at, failing, figures: [targets, polls, events].map(String) };
    }),
    open: lines,
    news,
    latest: `LATEST (${messages} messages sent)`,
    next,
  };
}

/** `chat (slack)`: the channels the alert is sent to; or what holds it back. */
export function routeOf(app: App, alert: Alert): string {
  const [holder] = alert.suppressedBy;
  if (holder !== undefined) return `held back by ${withShortIds(holder)}`;
  return channelsOf(app, alert)
    .map((name) => `${name} (${app.channels.get(name)!.type.type})`)
    .join(", ");
}
