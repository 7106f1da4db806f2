// The console's JSON: what the commands print with `--json`, a page at a time; what a person on call does; and a stream
// that says that something changed.
import { type Context, Hono } from "hono";
import { listSilences, viewSilence } from "../app/oncall/silences.ts";
import { redactedStored } from "../app/persistence/redacted.ts";
import type { LIST_WORDS } from "../app/queries/filters.ts";
import { readStatus } from "../app/queries/status.ts";
import { timeLimit } from "../channels/http/exchange.ts";
import { ack, preview, sendAgain, silence, test, unsilence } from "./actions.ts";
import type { Console } from "./deps.ts";
import { deliveriesOf, endedOf, eventsOf } from "./lists.ts";
import { type Filters, filtersOf, pageOf, storyOf, withEvents } from "./queries.ts";
import { Refused } from "./refused.ts";
import { createStreams } from "./stream.ts";

const TEST_MS = 30_000;

export function api(deps: Console): Hono {
  const { current, alerts } = deps;
  const streams = createStreams(deps);
  const routes = new Hono();

  const asked = (context: Context, list: keyof typeof LIST_WORDS) => filtersOf(current(), list, context.req.query());
  const ended = async (context: Context, filters: Filters) => {
    const { items, next } = await endedOf(current(), filters);
    return context.json({ alerts: items, next });
  };

  routes.get("/alerts", async (context) => {
    const filters = asked(context, "alerts");
    const { status = "firing" } = filters;
    if (status === "resolved") return ended(context, filters);
    if (status !== "firing") {
      throw new Refused(400, `status ${status}: expected one of them, since each has pages of its own`);
    }
    const app = current();
    const page = await pageOf(app, alerts, filters);
    return context.json({ ...page, alerts: await redactedStored(await withEvents(app, page.alerts), app.redact) });
  });
  routes.get("/alerts/:id", async (context) => context.json(await storyOf(deps, context.req.param("id"))));
  routes.post("/alerts/:id/ack", async (context) => {
    return context.json(await ack(deps, context.req.param("id"), await bodyOf(context)));
  });
  routes.get("/ended", async (context) => ended(context, asked(context, "ended")));
  routes.get("/events", async (context) => {
    const { items, next } = await eventsOf(current(), asked(context, "events"));
    return context.json({ events: items, next });
  });
  routes.get("/rules", async (context) => context.json({ rules: await deps.noise() }));
  routes.get("/deliveries", async (context) => {
    const { items, next } = await deliveriesOf(current(), asked(context, "deliveries"));
    return context.json({ deliveries: items, next });
  });
  routes.post("/deliveries/:id/redeliver", async (context) => {
    return context.json(await sendAgain(current(), context.req.param("id")));
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
  routes.post("/silences", async (context) => context.json(await silence(deps, await bodyOf(context)), 201));
  routes.post("/silences/preview", async (context) => context.json(await preview(deps, await bodyOf(context))));
  routes.delete("/silences/:id", async (context) => context.json(await unsilence(deps, context.req.param("id"))));
  routes.get("/status", async (context) => context.json(await readStatus(current())));
  routes.get("/stream", (context) => {
    // Asked for its head alone, nobody would ever read what it writes.
    if (context.req.method === "HEAD") return context.body(null);
    // To a browser that means: do not ask again.
    return deps.pushes === false ? context.body(null, 204) : streams(context);
  });
  routes.all("*", (context) => context.json({ error: "there is nothing here" }, 404));
  routes.onError(answerOf);
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
