// The console: one page for people, the same as JSON, and what watches Lookout itself. It answers; who listens is
// another's business.
import { readFileSync } from "node:fs";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { secureHeaders } from "hono/secure-headers";
import { readStanding } from "../app/queries/status.ts";
import { guard } from "./access.ts";
import { ackLinks } from "./ack-links.ts";
import { answerOf, api } from "./api.ts";
import type { Console } from "./deps.ts";
import { forms } from "./forms.ts";
import { pages, show } from "./pages/routes.ts";
import { Refused } from "./refused.ts";

const BODY_BYTES = 65_536;
const ASSETS: Readonly<Record<string, string>> = { "style.css": "text/css", "live.js": "text/javascript" };

export function consoleServer(deps: Console): Hono {
  const app = new Hono();
  app.use(
    secureHeaders({
      contentSecurityPolicy: {
        defaultSrc: ["'none'"],
        styleSrc: ["'self'"],
        scriptSrc: ["'self'"],
        connectSrc: ["'self'"],
        imgSrc: ["data:"],
        formAction: ["'self'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
      // With "no-referrer" browsers would not say from where a form was sent.
      referrerPolicy: "same-origin",
      xFrameOptions: "DENY",
      strictTransportSecurity: false,
    }),
  );
  app.use(guard(deps));
  app.use(
    bodyLimit({ maxSize: BODY_BYTES, onError: (context) => context.json({ error: "the body is too long" }, 413) }),
  );
  app.use(async (context, next) => {
    await next();
    if (!context.res.headers.has("cache-control")) context.header("cache-control", "no-store");
  });
  app.get("/healthz", (context) => context.text("ok\n"));
  app.get("/readyz", (context) => ready(deps, context));
  app.get("/metrics", async (context) => {
    // Most consoles are never scraped.
    const { metricsText, OPEN_METRICS } = await import("./metrics.ts");
    context.header("content-type", OPEN_METRICS);
    return context.body(await metricsText(deps));
  });
  app.get("/assets/:name", asset);
  app.route("/api", api(deps));
  app.route("/", pages(deps));
  app.route("/", forms(deps));
  app.route("/", ackLinks(deps));
  app.onError((error, context) => {
    if (context.req.path.startsWith("/api/")) return answerOf(error, context);
    const status = error instanceof Refused ? error.status : 500;
    return show(context, "/", "Refused", "", { done: false, text: error.message }, status);
  });
  app.notFound((context) => show(context, "", "Not found", "", { done: false, text: "There is nothing here." }, 404));
  return app;
}

/** Ready: the store answers, and what is polled is polled. */
async function ready({ current, signal }: Console, context: Context): Promise<Response> {
  if (signal.aborted) return context.text("stopping\n", 503);
  const { healthy, problems } = await readStanding(current());
  const lines = problems.map(({ message }) => message);
  return context.text(
    healthy ? "ready\n" : `not healthy: ${lines.join("; ") || "see the page Sources"}\n`,
    healthy ? 200 : 503,
  );
}

function asset(context: Context): Response | Promise<Response> {
  const name = context.req.param("name") ?? "";
  const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
  if (type === undefined) return context.notFound();
  context.header("content-type", `${type}; charset=utf-8`);
  context.header("cache-control", "public, max-age=300");
  return context.body(readFileSync(new URL(`./assets/${name}`, import.meta.url), "utf8"));
}
