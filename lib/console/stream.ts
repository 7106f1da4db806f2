// Server-sent events: one line to each page that is open, whenever what is open changed. A reader that is slow waits
// for itself alone, one that takes nothing is let go, and there are never more than so many.
import type { Context } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import type { Console } from "./deps.ts";

/** A browser, or what stands between, takes a silent connection for a dead one; ms. */
const BEAT_MS = 15_000;
/** Who has not taken a line by then reads no more; ms. */
const PATIENCE_MS = 60_000;
const READERS = 1_000;
/** Pages that are fetched again after a change, each second, at most: the more are open, the longer they take turns. */
const PAGES_PER_SECOND = 20;
/** All of them take turns for so long at least; ms. */
const TURNS_MS = 700;

export function createStreams({ current, alerts, signal, clock }: Console): (context: Context) => Response {
  let readers = 0;

  async function serve(sse: SSEStreamingApi, hangUp: () => void): Promise<void> {
    const over = new AbortController();
    const end = () => over.abort();
    sse.onAbort(end);
    signal.addEventListener("abort", end, { once: true });
    readers++;
    try {
      let { version } = await alerts.read();
      await write(sse, "open", version, hangUp);
      while (!over.signal.aborted) {
        const next = await alerts.changed(version, BEAT_MS, over.signal);
        if (over.signal.aborted) break;
        await write(sse, next.version === version ? "beat" : "changed", next.version, hangUp);
        version = next.version;
      }
    } finally {
      readers--;
      signal.removeEventListener("abort", end);
    }
  }

  /** Returns once the line is taken, or the reader was let go since it takes none. */
  async function write(sse: SSEStreamingApi, event: string, version: string, hangUp: () => void): Promise<void> {
    const taken = new AbortController();
    const within = Math.max(TURNS_MS, Math.round((readers / PAGES_PER_SECOND) * 1_000));
    const late = () => {
      sse.abort();
      hangUp();
    };
    clock.sleep(PATIENCE_MS, taken.signal).then(late, () => {});
    try {
      await sse.writeSSE({ event, data: JSON.stringify({ version, within }) });
    } finally {
      taken.abort();
    }
  }

  return (context) => {
    if (readers >= READERS) {
      context.header("retry-after", "60");
      return context.json({ error: `${READERS} pages are open already: reload this one by hand` }, 503);
    }
    // What is not taken stays in the socket: only its end frees it.
    const hangUp = () => context.env?.outgoing?.destroy();
    // The reader is told, and asks again; without this the error would be printed as it is.
    return streamSSE(
      context,
      (sse) => serve(sse, hangUp),
      async ({ message }) => {
        current().log.warn("a reader of the console's stream was sent away", { error: current().redact(message) });
      },
    );
  };
}
