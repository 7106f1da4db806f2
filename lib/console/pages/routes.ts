// Which page is where, and what each is made of.
import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import { listSilences, viewSilence } from "../../app/oncall/silences.ts";
import { redactedStored } from "../../app/persistence/redacted.ts";
import type { LIST_WORDS } from "../../app/queries/filters.ts";
import { readLedger, readStanding } from "../../app/queries/status.ts";
import type { Console } from "../deps.ts";
import { deliveriesOf, endedOf, eventsOf } from "../lists.ts";
import { filtersOf, pageOf, silencesOf, storyOf } from "../queries.ts";
import { alertsPage, endedPage, headline } from "./alerts.ts";
import { type Html, layout } from "./layout.ts";
import { deliveriesPage, eventsPage, loginPage, rulesPage, silencesPage, sourcesPage } from "./others.ts";
import { storyPage } from "./story.ts";

/** Who looks: so that nobody has to say it twice. */
export const NAME = "lookout_name";

/** What a page says of itself beside its content. */
type Shown = { Variables: { version?: string } };

export type Note = { done: boolean; text: string };

export function show(
  context: Context,
  path: string,
  title: string,
  main: Html | "",
  note?: Note,
  status = 200,
): Response | Promise<Response> {
  const said = { note: note ?? noteOf(context), version: context.get("version") };
  const parts = { title, path, main: main as Html, isLive: context.req.method === "GET", ...said };
  return context.html(layout(parts), status as 200);
}

/** What the form before did; it comes back in the address, and is shown as text. */
function noteOf(context: Context): Note | undefined {
  const done = context.req.query("done");
  return done === undefined ? undefined : { done: true, text: done.slice(0, 200) };
}

export function pages(deps: Console): Hono<Shown> {
  const { current, alerts } = deps;
  const routes = new Hono<Shown>();
  const sight = (context: Context) => {
    const { clock, config } = current();
    return { now: clock.now(), timezone: config.timezone, by: getCookie(context, NAME) ?? "" };
  };
  const asked = (context: Context, list: keyof typeof LIST_WORDS) => filtersOf(current(), list, context.req.query());
  routes.get("/", async (context) => {
    const filters = asked(context, "alerts");
    const open = await alerts.read();
    const found = await pageOf(current(), alerts, filters);
    const page = { ...found, alerts: await redactedStored(found.alerts, current().redact) };
    context.set("version", open.version);
    return show(context, "/", headline(open), alertsPage(page, open, filters, sight(context)));
  });
  routes.get("/ended", async (context) => {
    const ended = await endedOf(current(), asked(context, "ended"));
    return show(context, "/", "Ended", endedPage(ended, current().config.timezone));
  });
  routes.get("/alerts/:id", async (context) => {
    const { version } = await alerts.read();
    const story = await storyOf(deps, context.req.param("id"));
    context.set("version", version);
    return show(
      context,
      "/alerts",
      story.alert.summary,
      storyPage(story, await silencesOf(current(), story.alert), sight(context)),
    );
  });
  routes.get("/events", async (context) => {
    const found = await eventsOf(current(), asked(context, "events"));
    return show(context, "/events", "Events", eventsPage(found, context.req.query(), current().config.timezone));
  });
  routes.get("/sources", async (context) => {
    const [standing, ledger] = [await readStanding(current()), await readLedger(current())];
    return show(context, "/sources", "Sources", sourcesPage({ ...standing, ledger }, current().config.timezone));
  });
  routes.get("/deliveries", async (context) => {
    const filters = asked(context, "deliveries");
    const found = await deliveriesOf(current(), filters);
    const { channels, config } = current();
    return show(
      context,
      "/deliveries",
      "Deliveries",
      deliveriesPage(found, filters, [...channels.keys()], config.timezone),
    );
  });
  routes.get("/silences", async (context) => {
    const now = current().clock.now();
    const views = (await listSilences(current())).map((row) => viewSilence(row, now));
    return show(context, "/silences", "Silences", silencesPage(views, current().config.timezone));
  });
  routes.get("/rules", async (context) => show(context, "/rules", "Rules", rulesPage(await deps.noise())));
  routes.get("/login", (context) => show(context, "/login", "Log in", loginPage(placeOf(context.req.query("to")))));
  return routes;
}

/** A page of ours, wherever a form says to go. */
export function placeOf(to: string | undefined): string {
  return to !== undefined && /^\/[\w/-]{0,200}(?:\?[\w%&=.:+*~-]{0,1000})?$/.test(to) && !to.startsWith("//")
    ? to
    : "/";
}
