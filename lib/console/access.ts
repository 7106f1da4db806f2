// Who may look and act: everybody on this machine where there is no token, who has the token where there is one; never
// another site through somebody's browser.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { Context, MiddlewareHandler } from "hono";
import { getCookie, setCookie } from "hono/cookie";

const SESSION = "lookout_session";
const SESSION_SECONDS = 30 * 86_400;
/** Names under which only this machine reaches itself. */
const LOOPBACK = new Set(["localhost", "127.0.0.1", "[::1]"]);
/** What is reached without a token: probes, the page that asks for the token, and what it looks like. */
const OPEN = new Set(["/healthz", "/login", "/assets/style.css"]);
/** Links that are keys themselves (ack-links.ts). */
const SIGNED = "/ack/";

export interface AccessOptions {
  /** As it is now; undefined: only this machine may ask, and it may everything. */
  token(): Promise<string | undefined>;
  /** Where people reach the page from elsewhere. */
  publicUrl: string | undefined;
  /** Nobody comes to that address who was not let in before. Default: false. */
  gated?: boolean;
}

/** Refuses what must not be answered: another host's name, another site's form, no token. */
export function guard(options: AccessOptions): MiddlewareHandler {
  return async (context, next) => {
    // As they are now: a reload may bring others, and a file another token.
    const [token, { publicUrl }] = [await options.token(), options];
    const home = publicUrl === undefined ? undefined : new URL(publicUrl);
    const own = home?.host;
    const host = hostIn(context.req.header("host") ?? "", home?.protocol);
    // A page whose name was made to lead here (DNS rebinding) would read what this machine may read.
    const isLetIn = token !== undefined || isLoopback(host) || (options.gated === true && host === own);
    if (!isLetIn) return refuse(context, 421, "an unknown host; without console.token this machine only may ask");
    if (isWrite(context.req.method) ? isForeign(context, host, own) : isForeignRead(context)) {
      return refuse(context, 403, "a request that another site made");
    }
    const isOpen = OPEN.has(context.req.path) || context.req.path.startsWith(SIGNED);
    if (token !== undefined && !isOpen && !isKnown(context, token)) return askWho(context);
    await next();
  };
}

/** Remembers in the browser that its user knows the token; the cookie does not hold the token itself. */
export function logIn(context: Context, token: string, given: string, secure: boolean): boolean {
  if (!isSame(given, token)) return false;
  setCookie(context, SESSION, sessionOf(token), {
    httpOnly: true,
    sameSite: "Strict",
    secure,
    path: "/",
    maxAge: SESSION_SECONDS,
  });
  return true;
}

/** Takes the same time wherever they differ. */
function isSame(given: string, wanted: string): boolean {
  const [a, b] = [given, wanted].map((text) => createHmac("sha256", "lookout").update(text).digest());
  return timingSafeEqual(a!, b!);
}

function sessionOf(token: string): string {
  return createHmac("sha256", token).update("lookout session v1").digest("base64url");
}

function isKnown(context: Context, token: string): boolean {
  const bearer = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined) return isSame(bearer, token);
  const session = getCookie(context, SESSION);
  return session !== undefined && isSame(session, sessionOf(token));
}

function isWrite(method: string): boolean {
  return method !== "GET" && method !== "HEAD";
}

/** Browsers say from where a form was sent; programs say nothing, and have no user's cookie. */
function isForeign(context: Context, host: string, own: string | undefined): boolean {
  const site = context.req.header("sec-fetch-site");
  if (site !== undefined) return site !== "same-origin" && site !== "none";
  const origin = context.req.header("origin");
  if (origin === undefined) return false;
  const from = URL.parse(origin)?.host;
  return from === undefined || (from !== host && from !== own);
}

/** Another site's page reads nothing of what it is answered, but a stream would keep its place. */
function isForeignRead(context: Context): boolean {
  const site = context.req.header("sec-fetch-site");
  return context.req.path.startsWith("/api/") && (site === "cross-site" || site === "same-site");
}

/** As URLs have it: in lower case, without the port that goes without saying; "" for what is no host. */
function hostIn(header: string, protocol = "http:"): string {
  return /^[\w.:[\]-]{1,300}$/.test(header) ? (URL.parse(`${protocol}//${header}`)?.host ?? "") : "";
}

function isLoopback(host: string): boolean {
  return LOOPBACK.has(host.replace(/:\d{1,5}$/, ""));
}

const AGAIN = '<!doctype html><html lang="en"><title>Lookout</title><meta http-equiv="refresh" content="0"></html>';

function askWho(context: Context): Response {
  const wantsPage = context.req.method === "GET" && /\btext\/html\b/.test(context.req.header("accept") ?? "");
  if (wantsPage && !context.req.path.startsWith("/api/")) {
    // Where a link on another site was followed, a browser keeps the session back; from a page of ours it sends it.
    if (context.req.header("sec-fetch-site") === "cross-site") return context.html(AGAIN);
    return context.redirect(`/login?to=${encodeURIComponent(context.req.path + new URL(context.req.url).search)}`);
  }
  context.header("www-authenticate", 'Bearer realm="lookout"');
  return context.json({ error: "say the token: Authorization: Bearer …" }, 401);
}

function refuse(context: Context, status: 403 | 421, what: string): Response {
  return context.json({ error: `refused: ${what}` }, status);
}
