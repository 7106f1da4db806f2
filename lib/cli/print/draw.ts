// Draws a view on a terminal again and again, and leaves the terminal as it was, whatever happens.
import { wallClock } from "../../app/clock.ts";
import { columnsOf } from "../../local/columns.ts";
import { steering } from "../../local/steering.ts";
import { type Paint, renderView, type Size, type ViewState } from "../../local/view.ts";
import { type Io, styled } from "../io.ts";
import { severityStyle } from "./severity.ts";

const REDRAW_MS = 500;
/** The alternate screen without a cursor, on which a line that is too long is cut and does not wrap. */
const ENTER = steering("\u001b[?1049h\u001b[?25l\u001b[?7l");
const LEAVE = steering("\u001b[?7h\u001b[?25h\u001b[?1049l");
const HOME = steering("\u001b[H");
const ERASE = steering("\u001b[K");
const ERASE_BELOW = steering("\u001b[J");
/** To the first column of the next line, also where the terminal is raw. */
const NEXT = `${steering("\u001b[G")}\n`;

/** Until the signal aborts; `read` says what there is to see by then. */
export async function drawUntil(io: Io, read: () => Promise<ViewState>, signal: AbortSignal): Promise<void> {
  io.out(ENTER);
  try {
    do {
      io.live(frame(io, await read()));
      await wallClock.sleep(REDRAW_MS, signal).catch(() => {});
    } while (!signal.aborted);
  } finally {
    io.out(LEAVE);
  }
}

/** The view as lines. */
export function drawOnce(io: Io, state: ViewState, size: Size): string {
  return renderView(state, wallClock.now(), size, painter(io)).join("\n");
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

/** Calls back at `q` or Ctrl-C, where somebody types; afterwards the terminal takes lines again. */
export function quitKeys(quit: () => void): { end(): void } {
  const { stdin } = process;
  if (!stdin.isTTY) return { end() {} };
  const onKey = (keys: Buffer) => {
    if (/[qQ\u0003\u0004]/.test(keys.toString("latin1"))) quit();
  };
  stdin.setRawMode(true).on("data", onKey);
  return {
    end() {
      stdin.off("data", onKey).setRawMode(false).pause();
    },
  };
}
