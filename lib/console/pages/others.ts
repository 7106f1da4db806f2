// The pages beside the alerts: events by search, sources with their lag, deliveries, silences, rules with their noise.
import { html } from "hono/html";
import type { SilencePreview } from "../../app/oncall/preview.ts";
import type { SilenceView } from "../../app/oncall/silences.ts";
import type { DeliveryView } from "../../app/queries/lists.ts";
import type { Status } from "../../app/queries/status.ts";
import type { Event } from "../../model/event.ts";
import type { Stretch } from "../lists.ts";
import type { Noise } from "../noise.ts";
import { type Filters, PAGE } from "../queries.ts";
import { age, at, badge, type Html, hidden, older, words } from "./layout.ts";

/** Targets on the page, those in trouble first. */
const TARGETS = 200;

const SPANS: readonly [since: string, text: string][] = [
  ["1h", "an hour"],
  ["1d", "a day"],
  ["7d", "a week"],
  ["30d", "30 days"],
];

export function eventsPage(
  { items, next }: Stretch<Event>,
  { q, resource, since = "1d", until }: Record<string, string>,
  timezone: string,
): Html {
  const spans = SPANS.some(([value]) => value === since) ? SPANS : [...SPANS, [since, since] as const];
  return html`<h1>Events</h1>
    <form class="search" role="search">
      <label>Text <input type="search" name="q" value="${q ?? ""}"></label>
      <label>Resource <input name="resource" value="${resource ?? ""}"></label>
      <label>Within <select name="since">${spans.map(([value, text]) => html`<option value="${value}"${value === since ? html` selected` : ""}>${text}</option>`)}</select></label>
      <label>Not after (${timezone}) <input name="until" value="${until ?? ""}" placeholder="2026-11-20 10:00"></label>
      <button>Search</button>
    </form>
    ${items.length === 0 ? html`<p>${next === null ? "No event is like that." : "None among the newest; older ones are still to be searched."}</p>` : ""}
    ${scroll(
      "Events",
      html`<table><thead><tr><th>Time</th><th>Level</th><th>Source</th><th>Resource</th><th>Message</th></tr></thead>
      <tbody>${items.map(
        (event) =>
          html`<tr><td>${at(event.time, timezone)}</td><td>${badge(event.level)}</td><td>${words(event.sourceId ?? event.source, 60)}</td><td>${words(event.resource.name, 80)}</td><td>${words(event.message, 600)}</td></tr>`,
      )}</tbody></table>`,
    )}
    ${older(next, "/events", { q, resource, since, until })}`;
}

export function sourcesPage(status: Omit<Status, "channels">, timezone: string): Html {
  const targets = status.targets.toSorted(
    (a, b) => Number(b.error !== null) - Number(a.error !== null) || (b.lagSeconds ?? 0) - (a.lagSeconds ?? 0),
  );
  return html`<h1>${status.healthy ? "Lookout is healthy" : "Lookout is not healthy"}</h1>
    ${status.problems.length === 0 ? "" : html`<ul class="problems">${status.problems.map(({ message }) => html`<li>${words(message)}</li>`)}</ul>`}
    <h2>Sources</h2>
    ${scroll(
      "Sources",
      html`<table><thead><tr><th>Source</th><th>Last polled</th><th>New today</th><th>Matched</th></tr></thead>
      <tbody>${status.sources.map(({ source, lastRunAt, overdueSince }) => {
        const newest = Object.entries(status.ledger[source] ?? {})
          .sort()
          .at(-1)?.[1];
        return html`<tr><td>${words(source, 60)}</td><td>${lastRunAt === null ? "never" : at(lastRunAt, timezone)}${overdueSince === null ? "" : html` <strong>overdue</strong>`}</td><td>${newest?.new ?? 0}</td><td>${newest?.matched ?? 0}</td></tr>`;
      })}</tbody></table>`,
    )}
    <h2>Targets</h2>
    ${targets.length > TARGETS ? html`<p>The ${TARGETS} of ${targets.length} that are furthest behind.</p>` : ""}
    ${scroll(
      "Targets",
      html`<table><thead><tr><th>Target</th><th>Source</th><th>Read up to</th><th>Lag</th><th>Error</th></tr></thead>
      <tbody>${targets
        .slice(0, TARGETS)
        .map(
          ({ source, target, lastReadAt, lagSeconds, error }) =>
            html`<tr><td>${words(target, 60)}</td><td>${words(source, 60)}</td><td>${lastReadAt === null ? "never" : at(lastReadAt, timezone)}</td><td>${lagSeconds === null ? "" : age(lagSeconds * 1_000)}</td><td>${words(error)}</td></tr>`,
        )}</tbody></table>`,
    )}
    <h2>Connections</h2>
    <ul>${status.connections.map(({ name, state, pausedUntil, error }) => html`<li>${words(name, 60)}: ${state}${pausedUntil === null ? "" : html` until ${at(pausedUntil, timezone)}`}${error === null ? "" : `: ${words(error)}`}</li>`)}</ul>`;
}

export function deliveriesPage(
  { items, next }: Stretch<DeliveryView>,
  { status, channel }: Filters,
  channels: readonly string[],
  timezone: string,
): Html {
  const states = ["pending", "delivered", "dead"];
  return html`<h1>Deliveries</h1>
    <p class="chips"><a class="chip" href="/deliveries"${status === undefined ? html` aria-current="true"` : ""}>all</a>
      ${states.map((one) => html`<a class="chip" href="/deliveries?status=${one}"${status === one ? html` aria-current="true"` : ""}>${one}</a>`)}</p>
    <form method="post" action="/channels/test" class="search">
      <label>Send a test to <select name="channel">${channels.map((name) => html`<option>${name}</option>`)}</select></label>
      <button>Send test</button>
    </form>
    ${scroll(
      "Deliveries",
      html`<table><thead><tr><th>Time</th><th>Channel</th><th>Status</th><th>Tries</th><th>Alerts</th><th>Error</th><th><span class="unseen">Action</span></th></tr></thead>
      <tbody>${items.map(
        ({ id, channel, status: state, attempts, createdAt, alerts, error }) =>
          html`<tr><td>${at(createdAt, timezone)}</td><td>${words(channel, 60)}</td><td>${badge(state)}</td><td>${attempts}</td><td>${alerts.slice(0, 3).map((alert) => html`<a href="/alerts/${alert}">${alert.slice(0, 8)}</a> `)}${alerts.length > 3 ? `+${alerts.length - 3}` : ""}</td><td>${words(error)}</td><td>${state === "delivered" ? "" : html`<form method="post" action="/deliveries/${id}/redeliver"><button>Send again</button></form>`}</td></tr>`,
      )}</tbody></table>`,
    )}
    ${items.length === 0 ? html`<p>No delivery is like that.</p>` : ""}
    ${older(next, "/deliveries", { status, channel })}`;
}

export function silencesPage(silences: readonly SilenceView[], timezone: string): Html {
  return html`<h1>Silences</h1>
    <p>A silence begins at its alert's page, or with <code>lookout silence add</code>; those of the file are in the file.</p>
    ${silences.length === 0 ? html`<p>There is none.</p>` : ""}
    <ul class="alerts">${silences.toReversed().map(
      ({
        id,
        state,
        match,
        from,
        until,
        comment,
        by,
      }) => html`<li class="alert ${state === "active" ? "info" : "resolved"}">
        ${badge(state)}
        <h2>${words(JSON.stringify(match), 400)}</h2>
        <p class="facts">${at(from, timezone)} to ${at(until, timezone)}, by ${words(by, 60)}${comment === null ? "" : `: ${words(comment)}`}</p>
        ${state === "expired" ? "" : html`<form method="post" action="/silences/${id}/expire" class="quick"><button>End it now</button></form>`}
      </li>`,
    )}</ul>`;
}

export function previewPage(found: SilencePreview, wanted: Record<string, string>, timezone: string): Html {
  const { alerts, deliveries } = found;
  return html`<h1>${alerts.length === 0 ? "It would have held nothing back in the last day" : `It would have held back ${alerts.length} ${alerts.length === 1 ? "alert" : "alerts"} in the last day`}</h1>
    <p>${deliveries} ${deliveries === 1 ? "message" : "messages"} would have been held back.</p>
    <ul class="alerts">${alerts.slice(0, PAGE).map(({ id, severity, summary, startsAt }) => html`<li class="alert ${severity}">${badge(severity)}<h2><a href="/alerts/${id}">${words(summary)}</a></h2><p class="facts">${at(startsAt, timezone)}</p></li>`)}</ul>
    <form method="post" action="/silences" class="actions">${hidden({ ...wanted, do: "add" })}<button>Silence it</button> <a href="/alerts/${wanted["alert"] ?? ""}">Leave it</a></form>`;
}

export function rulesPage(rules: readonly Noise[]): Html {
  return html`<h1>Rules</h1>
    <p>Of the last 7 days. “Nothing” are alerts that were resolved within five minutes.</p>
    ${scroll(
      "Rules",
      html`<table><thead><tr><th>Rule</th><th>Open</th><th>Alerts</th><th>Nothing</th><th>Messages a day</th></tr></thead>
      <tbody>${rules.map(
        ({ rule, open, alerts, brief, messagesPerDay }) =>
          html`<tr><td>${words(rule, 80)}</td><td>${open}</td><td>${alerts}</td><td>${alerts === 0 ? "" : `${Math.round((brief / alerts) * 100)} %`}</td><td>${messagesPerDay}</td></tr>`,
      )}</tbody></table>`,
    )}`;
}

/** A wide table scrolls by itself, also by keyboard. */
function scroll(name: string, table: Html): Html {
  return html`<div class="scroll" role="region" aria-label="${name}" tabindex="0">${table}</div>`;
}

export function loginPage(to: string): Html {
  return html`<h1>Log in</h1>
    <form method="post" action="/login">
      ${hidden({ to })}
      <label>Token <input type="password" name="token" required autocomplete="current-password"></label>
      <button>Log in</button>
    </form>
    <p class="hint">The token is <code>console.token</code> of the configuration.</p>`;
}
