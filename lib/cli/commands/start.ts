// `npm start`: the whole thing on a fresh checkout with no account, over the simulated cloud, the example configuration
// and a store that lasts as long as the show.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wallClock } from "../../app/clock.ts";
import type { Bus } from "../../app/deps.ts";
import { createLocalBus, runDaemon } from "../../local/daemon.ts";
import { demoConfig, demoEnvironment } from "../../local/demo.ts";
import { startReceiver } from "../../simulator/receiver.ts";
import { startSimulator } from "../../simulator/server.ts";
import { LISTEN, openPage, type Page } from "../console.ts";
import { DONE, type Io, UsageError } from "../io.ts";
import { assemble, EXAMPLE, type Opened, openStore, readConfig } from "../open.ts";
import { begin, createShow, drawForever, takePoll, takeTransitions } from "../print/show.ts";

const SPEED = 60;

export async function startCommand(io: Io, options: { for?: string }): Promise<number> {
  const seconds = options.for === undefined ? undefined : Number(options.for);
  if (seconds !== undefined && !(seconds > 0))
    throw new UsageError(`--for ${options.for}: expected a number of seconds`);
  const folder = await mkdtemp(join(tmpdir(), "lookout-"));
  const show = createShow(io);
  const simulator = await startSimulator({ clock: wallClock, speed: SPEED });
  const receiver = await startReceiver(() => void show.messages++);
  const stop = new AbortController();
  const end = () => stop.abort();
  process.once("SIGINT", end).once("SIGTERM", end).once("SIGHUP", end);
  // A view that nobody sees any more is over.
  io.gone.addEventListener("abort", end);
  if (seconds !== undefined) setTimeout(end, seconds * 1_000).unref();
  try {
    const read = await readConfig(EXAMPLE, io.redactor, demoEnvironment(simulator, receiver));
    const config = { ...read, config: demoConfig(read.config, simulator) };
    const store = await openStore(io, config, join(folder, "state.db"));
    const bus = createLocalBus(wallClock.sleep);
    const publish: Bus["publish"] = async (transitions, groups, round) => {
      await bus.publish(transitions, groups, round);
      await takeTransitions(show, app, transitions);
    };
    const opened = assemble(io.tty ? { ...io, err: () => {} } : io, config, store, { publish });
    const { app } = opened;
    const page = await openFreePage(opened, stop.signal);
    begin(show, app, page.url()!);
    const drawing = drawForever(show, app, stop.signal);
    await runDaemon(app, bus, stop.signal, { polled: (report) => takePoll(show, report) });
    await drawing;
    await page.close();
    await store.close();
  } finally {
    await Promise.all([simulator.close(), receiver.close()]);
    await rm(folder, { recursive: true, force: true });
  }
  return DONE;
}

/** On its usual address, or on another where that is taken. */
async function openFreePage(opened: Omit<Opened, "close">, signal: AbortSignal): Promise<Page> {
  try {
    return await openPage(opened, { console: LISTEN }, signal);
  } catch {
    return await openPage(opened, { console: "127.0.0.1:0" }, signal);
  }
}
