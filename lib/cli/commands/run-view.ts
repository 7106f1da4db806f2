// `run --view`: the view of `top` while it runs. Log lines, which would tear it, are shown in it.
import { wallClock } from "../../app/clock.ts";
import type { App } from "../../app/deps.ts";
import type { Io } from "../io.ts";
import { drawUntil, quitKeys } from "../print/draw.ts";
import { paced, type Timed, viewOf } from "./top.ts";

const KEPT_LINES = 100;
const STYLES: Record<string, string> = { warn: "warning", error: "bad" };

export interface RunView {
  /** Where everything else writes as long as the view is there. */
  io: Io;
  /** Draws this one from now on. */
  use(app: App): void;
  /** The terminal is as it was. */
  ended(): Promise<void>;
}

/** Until the signal aborts. A log that does not go to the terminal goes on as well. */
export function openView(io: Io, file: string, signal: AbortSignal): RunView {
  const lines: Timed[] = [];
  let app: App | undefined;
  let drawing: Promise<void> | undefined;
  const keys = quitKeys(() => process.kill(process.pid, "SIGINT"));
  const take = (text: string): void => {
    const line = logLine(text);
    if (line === undefined) return;
    lines.push({ ...line, at: wallClock.now() });
    if (lines.length > KEPT_LINES) lines.shift();
  };
  const read = paced(() => viewOf(app!, file, "q stops it", lines));
  const over = new AbortController();
  let shown = true;
  async function draw(): Promise<void> {
    try {
      await drawUntil(io, read, AbortSignal.any([signal, over.signal]));
    } catch (error) {
      io.err(`lookout: the view has ended: ${(error as Error).message}\n`);
    } finally {
      shown = false;
    }
  }
  return {
    io: {
      ...io,
      err(text) {
        if (!shown || !process.stderr.isTTY) io.err(text);
        if (shown) take(text);
      },
      send: async (text) => (shown ? take(text) : io.send(text)),
    },
    use(newer) {
      app = newer;
      drawing ??= draw();
    },
    async ended() {
      keys.end();
      over.abort();
      await drawing;
    },
  };
}

/**
 * `2026-11-20T10:00:00.000Z warn  a message`, as `createLog` writes it, or what a channel prints. Undefined for what
 * the view shows anyway.
 */
function logLine(text: string): Omit<Timed, "at"> | undefined {
  const [, level, message = ""] = /^\d{4}-\S{19} (\w+) +(.*)/s.exec(text) ?? [];
  if (level === "info") return undefined;
  if (level === undefined) return { what: "PRINTED", style: "dim", text };
  return { what: level.toUpperCase(), style: STYLES[level] ?? "dim", text: message };
}
