// The links in messages that acknowledge one alert: a look does nothing, since previews look, too; a click does it
// once.
import { type Context, Hono } from "hono";
import { getCookie } from "hono/cookie";
import { type AckLink, isGood } from "../model/ack-link.ts";
import { ack } from "./actions.ts";
import type { Console } from "./deps.ts";
import { fieldsOf, remember } from "./fields.ts";
import { ackPage, takenPage } from "./pages/ack.ts";
import { NAME, show } from "./pages/routes.ts";
import { openAlertOf } from "./queries.ts";
import { Refused } from "./refused.ts";

export function ackLinks(deps: Console): Hono {
  const { current, alerts } = deps;
  const routes = new Hono();
  routes.get("/ack/:id/:expires/:signature", async (context) => {
    const { alert: id } = await goodLink(deps, context);
    const { alert } = await openAlertOf(alerts, id);
    const sight = {
      now: current().clock.now(),
      timezone: current().config.timezone,
      by: getCookie(context, NAME) ?? "",
    };
    return show(context, "", "Acknowledge", ackPage(alert, sight));
  });
  routes.post("/ack/:id/:expires/:signature", async (context) => {
    const link = await goodLink(deps, context);
    const { by } = await fieldsOf(context);
    if (by) remember(context, by);
    const alert = await ack(deps, link.alert, { by: by ?? "" }, link);
    return show(context, "", "Acknowledged", takenPage(alert));
  });
  return routes;
}

/** Throws Refused where it is none of ours, or is over. */
async function goodLink({ token, current }: Console, context: Context): Promise<AckLink> {
  const { id = "", expires = "", signature = "" } = context.req.param();
  const link = { alert: id, expires: Number(expires), signature };
  const secret = await token();
  if (secret !== undefined && isGood(secret, link, current().clock.now())) return link;
  throw new Refused(404, "this link is not good any more: look for the alert on the page, or say lookout ack");
}
