// `npm start`: the whole thing on a fresh checkout with no account. The simulated cloud, the example configuration, a store that
// lasts as long as the show, and a steady view of what fires and where it goes.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../app/clock.ts";
import type { App, Bus } from "../app/deps.ts";
import { openAlerts } from "../app/queries/lists.ts";
import { columnsOf } from "../local/columns.ts";
import { createLocalBus, runDaemon } from "../local/daemon.ts";
import { demoConfig, demoEnvironment } from "../local/demo.ts";
import { steering } from "../local/steering.ts";
import { type NewsLine, renderView, type SourceLine, type ViewState } from "../local/view.ts";
import type { Alert } from "../model/alert.ts";
import type { Transition } from "../rules/state.ts";
import { startReceiver } from "../simulator/receiver.ts";
import { startSimulator } from "../simulator/server.ts";
import { DONE, type Io, oneLine, styled, UsageError } from "./io.ts";
import { assemble, EXAMPLE, openStore, readConfig } from "./open.ts";
import { severityStyle } from "./severity.ts";

const SPEED = 60;
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
const TITLE = "Lookout watches the five event APIs of a simulated cloud";
const ENDED = "This was the simulated cloud. To watch your own:";
const STEPS = [
  "1. cp lookout.example.yml lookout.yml",
  "2. set the three values marked in it",
  "3. npx lookout check --live",
  "4. npx lookout run",
];

export async function startCommand(io: Io, options: { for?: string }): Promise<number> {
  const seconds = options.for === undefined ? undefined : Number(options.for);
  if (seconds !== undefined && !(seconds > 0))
    throw new UsageError(`--for ${options.for}: expected a number of seconds`);
  const folder = await mkdtemp(join(tmpdir(), "lookout-"));
  const show = createShow(io);
  const simulator = await startSimulator({ clock: wallClock, speed: SPEED });
  const receiver = await startReceiver(() => show.told());
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once("SIGINT", end).once("SIGTERM", end).once("SIGHUP", end);
  // A view that nobody sees any more is over.
  io.gone.addEventListener("abort", end);
  if (seconds !== undefined) setTimeout(end, seconds * 1_000).unref();
  try {
    const read = await readConfig(EXAMPLE, io.redactor, demoEnvironment(simulator, receiver));
    const config = { ...read, config: demoConfig(read.config, simulator) };
    const store = await openStore(io, config.config, join(folder, "state.db"));
    const bus = createLocalBus(wallClock.sleep);
    const publish: Bus["publish"] = async (transitions, groups, round) => {
      show.transitions(app, transitions);
      await bus.publish(transitions, groups, round);
    };
    const { app } = assemble(io.tty ? { ...io, err: () => {} } : io, config, store, { publish });
    show.begin(app);
    const drawing = show.drawForever(app, stop.signal);
    await runDaemon(app, bus, stop.signal, { polled: (report) => show.polled(report) });
    await drawing;
    await store.close();
  } finally {
    await Promise.all([simulator.close(), receiver.close()]);
    await rm(folder, { recursive: true, force: true });
  }
  return DONE;
}

/** Collects what happens and draws it: a steady view for a terminal, lines for anything else. */
function createShow(io: Io) {
  const sources = new Map<string, SourceLine>();
  const since = new Map<string, number>();
  const news: NewsLine[] = [];
  const startedAt = wallClock.now();
  let messages = 0;

  function add(line: NewsLine): void {
    news.push(line);
    if (news.length > KEPT_NEWS) news.shift();
    if (io.tty) return;
    io.live(`${new Date(line.at).toISOString().slice(11, 19)} ${line.what.padEnd(8)} ${oneLine(line.text, 160)}\n`);
  }
  function begin(app: App): void {
    for (const { id } of app.config.sources) {
      sources.set(id, { id, polls: 0, events: 0, targets: 0, at: undefined, failing: 0 });
    }
    if (!io.tty) io.out(`${TITLE}\n  ${ENDED}\n${STEPS.map((step) => `    ${step}\n`).join("")}\n`);
  }
  function polled({
    source,
    targets,
    found,
    failing,
  }: {
    source: string;
    targets: number;
    found: number;
    failing: object;
  }): void {
    const line = sources.get(source)!;
    line.polls++;
    line.events += found;
    line.targets = targets;
    line.at = wallClock.now();
    line.failing = Object.keys(failing).length;
  }
  function transitions(app: App, all: readonly Transition[]): void {
    for (const { kind, alert } of all) {
      const at = wallClock.now();
      if (kind === "opened") since.set(alert.id, at);
      const text = `${alert.severity}: ${alert.summary} → ${routeOf(app, alert)}`;
      if (kind === "opened") add({ at, what: "FIRING", style: alert.severity, text });
      if (kind === "resolved") add({ at, what: "RESOLVED", style: "resolved", text });
    }
  }
  async function drawForever(app: App, signal: AbortSignal): Promise<void> {
    if (!io.tty) return;
    io.out(ENTER);
    do {
      io.live(frame(await viewState(app, "To watch your own cloud (Ctrl-C ends):")));
      await wallClock.sleep(REDRAW_MS, signal).catch(() => {});
    } while (!signal.aborted);
    const last = await viewState(app, ENDED);
    // The shell's prompt comes below it.
    const size = { columns: io.columns(), rows: io.rows() - 1 };
    io.out(`${LEAVE}${renderView(last, wallClock.now(), size, paint).join("\n")}\n`);
  }
  async function viewState(app: App, heading: string): Promise<ViewState> {
    const open = await openAlerts(app);
    const lines = open.map((alert) => {
      return { alert, since: since.get(alert.id) ?? startedAt, to: routeOf(app, alert) };
    });
    const order = ["critical", "error", "warning", "info"];
    lines.sort((a, b) => order.indexOf(a.alert.severity) - order.indexOf(b.alert.severity) || b.since - a.since);
    const next = { heading, steps: STEPS };
    return { title: TITLE, startedAt, sources: [...sources.values()], open: lines, news, told: messages, next };
  }
  /** Drawn over the last frame, so that nothing flickers. */
  function frame(state: ViewState): string {
    const size = { columns: io.columns(), rows: io.rows() };
    const lines = renderView(state, wallClock.now(), size, paint);
    // Behind the last column there is nothing to erase, and a terminal would erase that column.
    const drawn = lines.map((line) => (columnsOf(line) < size.columns ? line + ERASE : line));
    return HOME + drawn.join(NEXT) + (lines.length < size.rows ? NEXT + ERASE_BELOW : "");
  }
  function paint(style: string, text: string): string {
    if (style === "title") return styled(io, ["bold", "inverse"], text);
    if (style === "dim") return styled(io, "dim", text);
    if (style === "good") return styled(io, "green", text);
    return styled(io, style === "bad" ? "red" : severityStyle(style), text);
  }
  return { begin, polled, transitions, drawForever, told: () => void messages++ };
}

/** `chat (slack)`: the channels the alert is sent to. */
function routeOf(app: App, alert: Alert): string {
  const routes = app.router.routes(alert);
  const names = new Set(routes.flatMap(({ channels }) => channels));
  return [...names].map((name) => `${name} (${app.channels.get(name)!.type.type})`).join(", ");
}
