// The first page: what fires, how bad, since when, and who has it.
import { html } from "hono/html";
import { durationText } from "../../channels/message/duration-text.ts";
import type { Alert } from "../../model/alert.ts";
import { withShortIds } from "../../model/printable.ts";
import type { Stretch } from "../lists.ts";
import type { OpenAlerts, OpenLine } from "../open-alerts.ts";
import { type Filters, PAGE, type Page } from "../queries.ts";
import { ago, at, badge, type Html, hidden, older, pager, words } from "./layout.ts";

interface Sight {
  now: number;
  timezone: string;
  /** Who is looking, as they said last. */
  by: string;
}

export function alertsPage({ total, page, alerts }: Page, open: OpenAlerts, filters: Filters, sight: Sight): Html {
  const { severity, rule, text } = filters;
  const filtered = severity !== undefined || rule !== undefined || text !== undefined;
  return html`<h1>${headline(open)}</h1>
    ${chips(open, filters)}
    <form class="search" role="search">
      <label>Search <input type="search" name="q" value="${text ?? ""}" placeholder="resource, rule, label"></label>
      ${severity === undefined ? "" : hidden({ severity })}${rule === undefined ? "" : hidden({ rule })}
      <button>Search</button>
      ${filtered ? html`<a href="/">Show all</a>` : ""}
      <a href="/ended">What has ended</a>
    </form>
    ${alerts.length === 0 ? nothing(filtered) : html`<ul class="alerts">${alerts.map((one) => line(one, sight))}</ul>`}
    ${pager(total, page, PAGE, (to) => addressOf(filters, to))}`;
}

/** What a browser's tab and a screen reader say first. */
export function headline({ lines, counts }: OpenAlerts): string {
  if (lines.length === 0) return "Nothing fires";
  const parts = [...counts].filter(([, count]) => count > 0).map(([severity, count]) => `${count} ${severity}`);
  return `${lines.length} open: ${parts.join(", ")}`;
}

function chips({ counts }: OpenAlerts, { severity: chosen }: Filters): Html {
  const all = [...counts].filter(([severity, count]) => count > 0 || severity === chosen);
  return html`<p class="chips">${all.map(([severity, count]) => {
    const isChosen = severity === chosen;
    const to = isChosen ? "/" : `/?severity=${severity}`;
    return html`<a class="chip ${severity}" href="${to}"${isChosen ? html` aria-current="true"` : ""}>${count} ${severity}</a>`;
  })}</p>`;
}

function line({ alert }: OpenLine, { now, timezone, by }: Sight): Html {
  const { id, severity, summary, rule, resource, connection, startsAt, updatedAt, count, acknowledgedBy } = alert;
  const place = [connection, resource?.type, resource?.name].filter(Boolean).join(" · ");
  const fresh = now - Date.parse(startsAt) < 300_000;
  const state = `${acknowledgedBy === null ? "" : " taken"}${alert.suppressedBy.length === 0 ? "" : " back"}`;
  return html`<li class="alert ${severity}${state}">
    ${badge(severity)}${fresh ? html` <span class="badge new">new</span>` : ""}
    <h2><a href="/alerts/${id}">${words(summary)}</a></h2>
    <p class="facts">${words(place)} · ${words(rule, 80)} · opened ${ago(startsAt, now, timezone)} · ${count} ${count === 1 ? "match" : "matches"}, the last ${ago(updatedAt, now, timezone)}</p>
    ${alert.suppressedBy.length === 0 ? "" : html`<p class="facts held">Held back by ${words(withShortIds(alert.suppressedBy.join(", ")))}</p>`}
    ${
      acknowledgedBy === null
        ? html`<form method="post" action="/alerts/${id}/ack" class="quick">
            ${hidden({ by, to: "/" })}<button>Acknowledge<span class="unseen"> ${words(summary, 80)}</span></button>
          </form>`
        : html`<p class="facts who">${words(acknowledgedBy, 60)} takes care of it</p>`
    }
  </li>`;
}

function nothing(filtered: boolean): Html {
  return filtered
    ? html`<p>No open alert is like that.</p>`
    : html`<p>No alert is open. Sources shows how far everything is read.</p>`;
}

function addressOf({ severity, rule, text }: Filters, page: number): string {
  const query = new URLSearchParams({
    ...(text === undefined ? {} : { q: text }),
    ...(severity === undefined ? {} : { severity }),
    ...(rule === undefined ? {} : { rule }),
    page: String(page),
  });
  return `/?${query}`;
}

export function endedPage({ items, next }: Stretch<Alert>, timezone: string): Html {
  return html`<h1>What has ended</h1>
    ${items.length === 0 ? html`<p>No alert has ended ${next === null ? "yet" : "here"}.</p>` : ""}
    <ul class="alerts">${items.map(
      ({ id, severity, summary, rule, startsAt, endsAt }) => html`<li class="alert resolved">
        ${badge(severity)}
        <h2><a href="/alerts/${id}">${words(summary)}</a></h2>
        <p class="facts">${words(rule, 80)} · ${at(startsAt, timezone)} to ${at(endsAt!, timezone)}, lasted ${durationText(startsAt, endsAt!)}</p>
      </li>`,
    )}</ul>
    ${older(next, "/ended", {})}`;
}
