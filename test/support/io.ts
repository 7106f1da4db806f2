// Where a command run in this process writes: everything that it says goes to two functions.
import type { Screen } from "../../lib/cli/io.ts";

export function ioTo(
  out: (text: string) => void,
  err: (text: string) => void = () => {},
  more: Partial<Screen> = {},
): Screen {
  return {
    out,
    err,
    send: async (text) => out(text),
    live: out,
    gone: new AbortController().signal,
    tty: false,
    color: false,
    columns: () => 100,
    rows: () => 40,
    ...more,
  };
}

/** A screen that keeps what is written. */
export function keepingIo(): { io: Screen; written(): { stdout: string; stderr: string } } {
  let stdout = "";
  let stderr = "";
  const io = ioTo(
    (text) => {
      stdout += text;
    },
    (text) => {
      stderr += text;
    },
  );
  return { io, written: () => ({ stdout, stderr }) };
}
