// What every page has: its head, the way to the others, and how times, words and severities look. All text is escaped
// by the template; what events say is cleaned of what nobody sees and cut.
import { html } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import { characters, cut } from "../../channels/message/plain.ts";
import { localTime } from "../../model/local-time.ts";
import { oneLine } from "../../model/printable.ts";

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** Characters of a text from outside, at most. */
const LONGEST = 300;

const PAGES: readonly [path: string, name: string][] = [
  ["/", "Alerts"],
  ["/events", "Events"],
  ["/sources", "Sources"],
  ["/deliveries", "Deliveries"],
  ["/silences", "Silences"],
  ["/rules", "Rules"],
];

export interface PageParts {
  title: string;
  /** The page's own address, without its query. */
  path: string;
  /** What has just been done, or refused. */
  note?: { done: boolean; text: string } | undefined;
  main: Html;
  /** It is kept as it is in the store; not so the answer to a form, which its address does not lead to. */
  isLive: boolean;
  /** Of the open alerts that it shows, or that were known meanwhile. */
  version?: string | undefined;
}

export function layout({ title, path, note, main, isLive, version = "" }: PageParts): Html {
  return html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${words(title, 120)} · Lookout</title>
    <link rel="stylesheet" href="/assets/style.css">
    <link rel="icon" href="data:,">
    ${isLive ? html`<script src="/assets/live.js" type="module"></script>` : ""}
  </head>
  <body>
    <a class="skip" href="#main">Skip to content</a>
    <header>
      <a class="brand" href="/">Lookout</a>
      <nav aria-label="Pages">
        ${PAGES.map(([to, name]) => html`<a href="${to}"${current(to, path)}>${name}</a>`)}
      </nav>
      <span id="live" role="status" data-version="${version}"></span>
    </header>
    ${note === undefined ? "" : html`<p class="note ${note.done ? "done" : "refused"}" role="alert">${note.text}</p>`}
    <main id="main" tabindex="-1">${main}</main>
  </body>
</html>`;
}

function current(to: string, path: string): Html | "" {
  const own = to === "/" ? path === "/" || path.startsWith("/alerts") : path.startsWith(to);
  return own ? html` aria-current="page"` : "";
}

/** A text from outside on one line. */
export function words(text: string | null | undefined, longest = LONGEST): string {
  return cut(oneLine((text ?? "").slice(0, 4 * longest)), longest, characters);
}

/** "3 min ago", with the time itself for machines, pointers and screen readers. */
export function ago(iso: string, now: number, timezone: string): Html {
  return html`<time datetime="${iso}" title="${moment(iso, timezone)}">${age(now - Date.parse(iso))} ago</time>`;
}

/** "2026-11-20 11:04:05" in the configuration's time zone. */
export function at(iso: string, timezone: string): Html {
  return html`<time datetime="${iso}">${moment(iso, timezone)}</time>`;
}

function moment(iso: string, timeZone: string): string {
  return localTime(Date.parse(iso), timeZone);
}

/** "45 s", "12 min", "3 h 5 min", "4 days". */
export function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} days`;
}

/** A word with a colour; the word says it, too. */
export function badge(kind: string): Html {
  return html`<span class="badge ${/^\w+$/.test(kind) ? kind : ""}">${words(kind, 20)}</span>`;
}

/** Links to the pages before and after. */
export function pager(total: number, page: number, size: number, to: (page: number) => string): Html | "" {
  const last = Math.max(1, Math.ceil(total / size));
  if (last === 1) return "";
  return html`<nav class="pager" aria-label="More">
    ${page > 1 ? html`<a rel="prev" href="${to(page - 1)}">Newer</a>` : ""}
    <span>Page ${page} of ${last}</span>
    ${page < last ? html`<a rel="next" href="${to(page + 1)}">Older</a>` : ""}
  </nav>`;
}

/** A link to what is older in a list, with what else was asked for. */
export function older(next: string | null, path: string, asked: Record<string, string | undefined>): Html | "" {
  if (next === null) return "";
  const query = new URLSearchParams({ before: next });
  for (const [name, value] of Object.entries(asked)) if (value) query.set(name, value);
  return html`<nav class="pager" aria-label="More"><a rel="next" href="${path}?${query}">Older</a></nav>`;
}

export function hidden(fields: Record<string, string>): Html[] {
  return Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
}
