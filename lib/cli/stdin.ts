// What comes on standard input, in bounds: whoever writes there may come to no end, nor to that of a line.
import { addAbortSignal } from "node:stream";

/** Characters of a line, and of a text: an event has 16 KB at most, an alert twenty of them. */
const MOST = 1_000_000;
/** How a person reads that. */
export const MOST_TEXT = "1 MB";

/** Each line without its end, undefined in place of one that is too long; until nobody reads what is made of them. */
export async function* stdinLines(gone: AbortSignal): AsyncGenerator<string | undefined> {
  let line: string | undefined = "";
  try {
    for await (const chunk of addAbortSignal(gone, process.stdin.setEncoding("utf8"))) {
      const [rest = "", ...more] = String(chunk).split("\n");
      line = joined(line, rest);
      for (const next of more) {
        yield line?.endsWith("\r") ? line.slice(0, -1) : line;
        line = joined("", next);
      }
    }
  } catch (error) {
    if (gone.aborted) return;
    throw error;
  }
  if (line !== "") yield line;
}

/** All of it; undefined where it is too long. */
export async function stdinText(): Promise<string | undefined> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) {
    text += String(chunk);
    if (text.length > MOST) return undefined;
  }
  return text;
}

function joined(line: string | undefined, rest: string): string | undefined {
  return line === undefined || line.length + rest.length > MOST ? undefined : line + rest;
}
