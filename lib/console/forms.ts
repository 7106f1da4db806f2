// The forms of the pages, which work without a script: each does one thing and leads back to a page that says so.
import { type Context, Hono } from "hono";
import { patternOfOne } from "../app/oncall/silences.ts";
import { timeLimit } from "../channels/http/exchange.ts";
import type { Alert } from "../model/alert.ts";
import type { Pattern } from "../model/config.ts";
import { logIn } from "./access.ts";
import { ack, preview, sendAgain, silence, test, unsilence } from "./actions.ts";
import type { Console } from "./deps.ts";
import { fieldsOf, remember } from "./fields.ts";
import { loginPage, previewPage } from "./pages/others.ts";
import { placeOf, show } from "./pages/routes.ts";
import { alertOf } from "./queries.ts";

const TEST_MS = 30_000;

export function forms(deps: Console): Hono {
  const { current } = deps;
  const routes = new Hono();
  const back = (context: Context, to: string, done: string) => {
    return context.redirect(`${to}?done=${encodeURIComponent(done)}`, 303);
  };
  routes.post("/login", async (context) => {
    const { token: given, to } = await fieldsOf(context);
    const [token, { publicUrl }] = [await deps.token(), deps];
    const secure = publicUrl?.startsWith("https:") === true;
    if (token === undefined || logIn(context, token, given ?? "", secure)) return context.redirect(placeOf(to), 303);
    const wrong = { done: false, text: "That is not the token." };
    return show(context, "/login", "Log in", loginPage(placeOf(to)), wrong, 401);
  });
  routes.post("/alerts/:id/ack", async (context) => {
    const { by, undo, to } = await fieldsOf(context);
    const id = context.req.param("id");
    if (!undo && !by?.trim()) return context.redirect(`/alerts/${encodeURIComponent(id)}`, 303);
    if (by) remember(context, by);
    const alert = await ack(deps, id, { by: undo ? null : by });
    const done = undo ? "Given back." : `${alert.acknowledgedBy} takes care of it.`;
    return back(context, to === "/" ? "/" : `/alerts/${alert.id}`, done);
  });
  routes.post("/silences", async (context) => {
    const { alert: id = "", what, duration, by = "", comment, do: wanted } = await fieldsOf(context);
    const alert = await alertOf(deps, id);
    const match = patternOf(alert, what);
    if (by) remember(context, by);
    if (wanted === "preview") {
      const kept = { alert: id, what: what ?? "alert", duration: duration ?? "", by, comment: comment ?? "" };
      const found = await preview(deps, { match });
      return show(context, "/silences", "Preview", previewPage(found, kept, current().config.timezone));
    }
    const made = await silence(deps, { match, duration, by, ...(comment ? { comment } : {}) });
    return back(context, "/silences", `Silenced until ${made.until.slice(0, 16).replace("T", " ")} UTC.`);
  });
  routes.post("/silences/:id/expire", async (context) => {
    await unsilence(deps, context.req.param("id"));
    return back(context, "/silences", "The silence is over.");
  });
  routes.post("/deliveries/:id/redeliver", async (context) => {
    await sendAgain(current(), context.req.param("id"));
    return back(context, "/deliveries", "It is sent again.");
  });
  routes.post("/channels/test", async (context) => {
    const { channel = "" } = await fieldsOf(context);
    const sent = await test(current(), channel, AbortSignal.any([deps.signal, timeLimit(TEST_MS)]));
    const wrong = sent.find(({ status }) => status !== "delivered");
    const outcome = wrong === undefined ? "was delivered." : `is ${wrong.status}: ${wrong.error}`;
    return back(context, "/deliveries", `The test to ${channel} ${outcome}`);
  });
  return routes;
}

/** What a person means by "this alert", "every alert of its rule", "everything about its resource". */
function patternOf(alert: Alert, what: string | undefined): Pattern {
  const { rule, resource } = alert;
  if (what === "rule") return { rule: [rule] };
  return what === "resource" && resource !== null ? { "resource.id": [resource.id] } : patternOfOne(alert);
}
