// `lookout run`: polls, evaluates and notifies until it is stopped; `--once` does one round and says how it went.
import { wallClock } from "../../app/clock.ts";
import type { App } from "../../app/deps.ts";
import type { Problem } from "../../app/health/problem.ts";
import type { OpenedConfig } from "../../app/open-config.ts";
import { configHash } from "../../app/persistence/generation.ts";
import { Superseded } from "../../app/persistence/superseded.ts";
import type { PollReport } from "../../app/polling/poll-shard.ts";
import { viewDelivery } from "../../app/queries/lists.ts";
import { ConfigError, formatFindings } from "../../config/document/finding.ts";
import { createLocalBus, type LocalBus, runDaemon } from "../../local/daemon.ts";
import { type RoundReport, runOnce } from "../../local/once.ts";
import { createCounters } from "../../model/counters.ts";
import type { Log } from "../../model/log.ts";
import { type Store, StoreError } from "../../store/port.ts";
import { openPage, type Page } from "../console.ts";
import { createLog, DONE, type Io, jsonDocument, oneLine, WRONG } from "../io.ts";
import { assemble, type CommonOptions, type Opened, openApp, openStore, readOwnConfig } from "../open.ts";
import type { RunView } from "./run-view.ts";

/** How often a process that stands by looks whether the newer configuration is gone; ms. */
const STAND_BY_MS = 5_000;
/** Work in hand after the first signal gets this long; ms. */
const STOP_MS = 9_500;
/** What has been written, but not been read by then, is lost; ms. */
const LAST_WORDS_MS = 1_000;

export interface RunOptions extends CommonOptions {
  /** Serve the console; the address and port, or true for those of the configuration. */
  console?: string | boolean;
  /** Draw what happens, where there is a terminal. */
  view?: boolean;
}

/** One round. Exit 1: a target was not read to its end, or a delivery tried in it is undelivered or dead. */
export async function runOnceCommand(io: Io, options: CommonOptions): Promise<number> {
  const opened = await openApp(io, options);
  const stop = stopSignals();
  try {
    await nameUnresolved(opened.app, opened.log);
    const report = await runOnce(opened.app, stop.signal);
    if (options.json) jsonDocument(io, { ...report, deliveries: report.deliveries.map(viewDelivery) });
    else io.out(describe(report));
    return isWell(report) && isSound(opened.app) ? DONE : WRONG;
  } catch (error) {
    // It ran, and was stopped in the middle.
    if (!(error instanceof StoreError)) throw error;
    io.err(`lookout: ${oneLine(error.message)}\n`);
    return WRONG;
  } finally {
    stop.end();
    await opened.close();
  }
}

/**
 * Runs until SIGTERM or SIGINT; SIGHUP reads the configuration anew, and an invalid one is refused while the
 * old one runs on. Where a newer configuration decides on the same state, it reads its own anew too, and
 * stands by while that is older.
 */
export async function runCommand(screen: Io, options: RunOptions): Promise<number> {
  const bus = createLocalBus(wallClock.sleep);
  const counters = createCounters();
  let read = await readStamped(screen, options);
  const store = await openRungStore(screen, read.opened, options, bus);
  const stop = stopSignals();
  const view = await openRunView(screen, options, stop.signal);
  const { io } = view;
  const refused: Problem[] = [];
  const troubles = new Map<string, string | undefined>();
  const log = createLog(io);
  let reload = new AbortController();
  /** Why it stands by, as it was said last; undefined: it does not. */
  let standingBy: string | undefined;
  /** No row of the state was found damaged. */
  let sound = true;
  let page: Page | undefined;

  /** False where the file is invalid: the old configuration runs on. */
  async function readAgain(): Promise<boolean> {
    try {
      read = await readStamped(io, options, read);
      refused.length = 0;
      return true;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      refused.splice(0, 1, refusal(options.config, error));
      log.error("configuration refused; the old one runs on", { findings: formatFindings(error.findings, error.more) });
      return false;
    }
  }
  const onHangup = async () => {
    if (!(await readAgain())) return;
    log.info("configuration reloaded", { file: options.config });
    reload.abort();
  };
  process.on("SIGHUP", onHangup);
  try {
    while (!stop.signal.aborted) {
      reload = new AbortController();
      const { app, places } = assemble(io, read.opened, store, bus, read.stamp, counters);
      if (!standingBy) await nameUnresolved(app, log);
      page = await pageOver({ app, places }, page, options, stop.signal);
      const { url, problems } = page;
      view.use(app);
      try {
        await runDaemon(app, bus, AbortSignal.any([stop.signal, reload.signal]), {
          problems: () => [...refused, ...problems()],
          started: () => {
            standingBy = undefined;
            const { sources, channels } = app.config;
            const ids = sources.map(({ id }) => id).join(",");
            log.info("running", { sources: ids, channels: Object.keys(channels).join(",") });
            if (url() !== undefined) log.info("the console is served", { at: url() });
          },
          polled: logPolls(log, troubles),
        });
        sound = isSound(app);
      } catch (error) {
        if (!(error instanceof Superseded)) throw error;
        if (standingBy !== error.message) log.warn(error.message);
        standingBy = error.message;
        await readAgain();
        await wallClock.sleep(STAND_BY_MS, AbortSignal.any([stop.signal, reload.signal])).catch(() => {});
      }
    }
    await view.ended();
    log.info("stopped");
    return sound ? DONE : WRONG;
  } finally {
    process.off("SIGHUP", onHangup);
    stop.end();
    await view.ended();
    await page?.close();
    await store.close();
  }
}

/** The page goes on over what was read anew. */
async function pageOver(
  opened: Pick<Opened, "app" | "places">,
  page: Page | undefined,
  options: RunOptions,
  signal: AbortSignal,
): Promise<Page> {
  if (page === undefined) return openPage(opened, options, signal);
  await page.use(opened.app, opened.places);
  return page;
}

/** What another process made due is notified at once by whichever comes first. */
async function openRungStore(io: Io, opened: OpenedConfig, { state }: RunOptions, bus: LocalBus): Promise<Store> {
  const store = await openStore(io, opened, state);
  store.peers?.onDue(() => void bus.publish([], []));
  return store;
}

/** `troubles`: why the targets of a source are not known, as it was said last. */
function logPolls(log: Log, troubles: Map<string, string | undefined>): (report: PollReport) => void {
  return ({ source, targets, found, failing, discoveryError }) => {
    const unread = Object.keys(failing).length;
    if (found > 0 || unread > 0) log.info("polled", { source, targets, events: found, unread });
    // Said once, not at every poll of a long pause.
    if (discoveryError !== undefined && troubles.get(source) !== discoveryError) {
      log.warn("targets unknown", { source, error: discoveryError });
    }
    troubles.set(source, discoveryError);
  };
}

/** What it writes to while it runs; a view only where one is asked for, and seen. */
async function openRunView(io: Io, { view, config }: RunOptions, signal: AbortSignal): Promise<RunView> {
  if (!view || !io.tty) return { io, use() {}, async ended() {} };
  const { openView } = await import("./run-view.ts");
  return openView(io, config, signal);
}

interface Stamped {
  opened: OpenedConfig;
  /** When this configuration was first read; ms. */
  stamp: number;
}

/** Reads the file; one that says the same as before is no newer than it was. */
async function readStamped(io: Io, options: CommonOptions, before?: Stamped): Promise<Stamped> {
  const opened = await readOwnConfig(io, options);
  const same = before !== undefined && configHash(opened.config) === configHash(before.opened.config);
  return { opened, stamp: same ? before.stamp : wallClock.now() };
}

/** One line for each secret that cannot be resolved: what depends on it fails, the rest runs. */
async function nameUnresolved(app: App, log: Log): Promise<void> {
  for (const { of, name, message } of await app.learnSecrets()) {
    log.error(`secret of ${of} "${name}" cannot be resolved: ${message}`);
  }
}

/**
 * Aborts at SIGTERM or SIGINT. A second one, or work that does not end in time, ends the process:
 * the store is consistent always.
 */
export function stopSignals(): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const onSignal = (name: NodeJS.Signals) => {
    const code = name === "SIGINT" ? 130 : 143;
    if (controller.signal.aborted) process.exit(code);
    timer = setTimeout(() => process.exit(DONE), STOP_MS);
    timer.unref();
    controller.abort(new Error(`stopped by ${name}`));
  };
  process.on("SIGTERM", onSignal);
  process.on("SIGINT", onSignal);
  return {
    signal: controller.signal,
    end() {
      clearTimeout(timer);
      // Output that nobody takes holds no process that was told to stop; its exit code stands.
      if (controller.signal.aborted) setTimeout(() => process.exit(), LAST_WORDS_MS).unref();
      process.off("SIGTERM", onSignal);
      process.off("SIGINT", onSignal);
    },
  };
}

/** No damaged row was come across. */
function isSound({ guard }: App): boolean {
  return guard.damaged().length === 0;
}

function refusal(file: string, error: ConfigError): Problem {
  const message = `The configuration ${file} was refused, the old one runs on: ${formatFindings(error.findings.slice(0, 3))}`;
  return { problem: "configuration refused", name: file, message, connection: null };
}

function isWell({ polls, deliveries }: RoundReport): boolean {
  const read = polls.every(
    ({ failing, discoveryError }) => Object.keys(failing).length === 0 && discoveryError === undefined,
  );
  return read && deliveries.every(({ status }) => status === "delivered");
}

function describe({ polls, deliveries, problems }: RoundReport): string {
  const lines: string[] = [];
  for (const { source, targets, found, failing, unreached, discoveryError, interrupted } of polls) {
    lines.push(`${source}: ${count(targets, "target")}, ${count(found, "new event")}`);
    if (discoveryError !== undefined) lines.push(`  targets unknown: ${oneLine(discoveryError, 300)}`);
    for (const [target, { kind, error }] of Object.entries(failing))
      if (kind !== "interrupted") lines.push(`  ${oneLine(target)} not read: ${oneLine(error, 300)}`);
    const why = interrupted ? "the run was stopped; the next goes on" : "another run reads there, too";
    if (unreached > 0) lines.push(`  ${count(unreached, "target")} not reached: ${why}`);
  }
  for (const { channel, status, notification, attempts, error } of deliveries) {
    const what = `${notification.reason}, ${count(notification.alerts.length, "alert")}`;
    const why = error === null ? "" : ` after ${count(attempts, "attempt")}: ${oneLine(error, 300)}`;
    lines.push(`${channel}: ${status} (${what})${why}`);
  }
  for (const { message } of problems) lines.push(`unhealthy: ${oneLine(message, 300)}`);
  return `${lines.join("\n")}\n`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
