// The console's JSON: what the commands print with `--json`, a page at a time; what a person on call does; and a stream
// that says that something changed.
import { type Context, Hono } from "hono";
import { type SSEStreamingApi, streamSSE } from "hono/streaming";
import { listDeliveries } from "../app/delivery/deliver.ts";
import { listSilences, viewSilence } from "../app/oncall/silences.ts";
import { deliveryFilter } from "../app/queries/filters.ts";
import { viewDelivery } from "../app/queries/lists.ts";
import { readStatus } from "../app/queries/status.ts";
import { timeLimit } from "../channels/http/exchange.ts";
import { ack, preview, Refused, sendAgain, silence, test, unsilence } from "./actions.ts";
import type { Console } from "./deps.ts";
import { eventsOf, filtersOf, PAGE, pageOf, storyOf, withEvents } from "./queries.ts";

/** A browser, or what stands between, takes a silent connection for a dead one; ms. */
const BEAT_MS = 15_000;
const TEST_MS = 30_000;

export function api(deps: Console): Hono {
  const { current, alerts } = deps;
  const routes = new Hono();

  routes.get("/alerts", async (context) => {
    const page = await pageOf(current(), alerts, filtersOf(context.req.query()));
    return context.json({ ...page, alerts: await withEvents(current(), page.alerts) });
  });
  routes.get("/alerts/:id", async (context) => context.json(await storyOf(deps, context.req.param("id"))));
  routes.post("/alerts/:id/ack", async (context) => {
    const alert = await ack(current(), context.req.param("id"), await bodyOf(context));
    alerts.touch();
    return context.json(alert);
  });
  routes.get("/events", async (context) => context.json(await eventsOf(current(), filtersOf(context.req.query()))));
  routes.get("/deliveries", async (context) => {
    const filters = filtersOf(context.req.query());
    const { page } = filters;
    const all = (await listDeliveries(current())).reverse().filter(deliveryFilter(current(), filters));
    const shown = all.slice((page - 1) * PAGE, page * PAGE);
    return context.json({ total: all.length, page, deliveries: shown.map(viewDelivery) });
  });
  routes.post("/deliveries/:id/redeliver", async (context) => {
    return context.json(await sendAgain(current(), await listDeliveries(current()), context.req.param("id")));
  });
  routes.post("/channels/:name/test", async (context) => {
    return context.json(
      await test(current(), context.req.param("name"), AbortSignal.any([deps.signal, timeLimit(TEST_MS)])),
    );
  });
  routes.get("/silences", async (context) => {
    const now = current().clock.now();
    return context.json((await listSilences(current())).map((row) => viewSilence(row, now)));
  });
  routes.post("/silences", async (context) => {
    const made = await silence(current(), await bodyOf(context));
    alerts.touch();
    return context.json(made, 201);
  });
  routes.post("/silences/preview", async (context) => context.json(await preview(current(), await bodyOf(context))));
  routes.delete("/silences/:id", async (context) => {
    const ended = await unsilence(current(), context.req.param("id"));
    alerts.touch();
    return context.json(ended);
  });
  routes.get("/status", async (context) => context.json(await readStatus(current())));
  routes.get("/stream", (context) => stream(deps, context));
  routes.onError(answerOf);
  routes.notFound((context) => context.json({ error: "there is nothing here" }, 404));
  return routes;
}

/** What was refused, in words; anything else is ours. */
export function answerOf(error: Error, context: Context): Response {
  if (error instanceof Refused) return context.json({ error: error.message }, error.status);
  return context.json({ error: `it failed: ${error.message}` }, 500);
}

async function bodyOf(context: Context): Promise<unknown> {
  try {
    return await context.req.json();
  } catch {
    throw new Refused(400, "the body is no JSON");
  }
}

/**
 * One line whenever what is open changed. A reader that is slow waits for itself alone: it is sent what is newest then,
 * not all that came between.
 */
function stream({ current, alerts, signal, clock }: Console, context: Context): Response {
  const listen = async (sse: SSEStreamingApi): Promise<void> => {
    const over = new AbortController();
    sse.onAbort(() => over.abort());
    let { version } = await alerts.read();
    await sse.writeSSE({ event: "open", data: version });
    while (!signal.aborted && !over.signal.aborted) {
      const beat = new AbortController();
      void clock
        .sleep(BEAT_MS, AbortSignal.any([signal, over.signal]))
        .then(() => beat.abort())
        .catch(() => {});
      const next = await alerts.changed(version, AbortSignal.any([signal, over.signal, beat.signal]));
      if (next.version === version) await sse.write(": still here\n\n");
      else await sse.writeSSE({ event: "changed", data: next.version, id: next.version });
      version = next.version;
    }
  };
  // The reader is told, and asks again; without this the error would be printed as it is.
  return streamSSE(context, listen, async ({ message }) => {
    current().log.warn("a reader of the console's stream was sent away", { error: current().redact(message) });
  });
}
