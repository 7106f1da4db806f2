// One alert's story, in the order in which it happened: events, what became of it, who was notified, and what is still
// to come; with what a person may do about it.
import { html } from "hono/html";
import type { SilenceView } from "../../app/oncall/silences.ts";
import type { AlertExplanation } from "../../app/queries/explain.ts";
import type { ExplainedDelivery, RouteStanding } from "../../app/queries/explain-notifying.ts";
import { durationText } from "../../channels/message/duration-text.ts";
import { harmlessLink } from "../../channels/message/link.ts";
import type { Alert } from "../../model/alert.ts";
import { ago, at, badge, type Html, hidden, words } from "./layout.ts";

/** A message that took longer than this from its making to its end says when it was made; ms. */
const LATE_MS = 10_000;

export interface StorySight {
  now: number;
  timezone: string;
  by: string;
}

interface Moment {
  iso: string;
  kind: string;
  text: Html | string;
}

const SILENCES: readonly [duration: string, text: string][] = [
  ["30m", "30 minutes"],
  ["2h", "2 hours"],
  ["8h", "8 hours"],
  ["1d", "a day"],
  ["7d", "a week"],
];

/** `silences`: those that hold, or held, it back. */
export function storyPage(story: AlertExplanation, silences: readonly SilenceView[], sight: StorySight): Html {
  const { alert, at: place, routes, deadline } = story;
  const { now, timezone } = sight;
  const firing = alert.status === "firing";
  const lasted = alert.endsAt === null ? "" : durationText(alert.startsAt, alert.endsAt);
  const runbook = alert.runbook === null ? undefined : harmlessLink(alert.runbook);
  return html`<p><a href="/">All alerts</a></p>
    <h1>${badge(firing ? alert.severity : "resolved")} ${words(alert.summary)}</h1>
    <p class="facts">${firing ? html`Opened ${ago(alert.startsAt, now, timezone)}` : html`${at(alert.startsAt, timezone)} to ${at(alert.endsAt!, timezone)}, lasted ${lasted}`}
      · ${alert.count} ${alert.count === 1 ? "match" : "matches"}
      ${alert.acknowledgedBy === null ? "" : html`· <strong>${words(alert.acknowledgedBy, 60)} takes care of it</strong>`}</p>
    ${alert.description === "" ? "" : html`<p>${words(alert.description, 2_000)}</p>`}
    ${alert.runbook === null ? "" : html`<p>Runbook: ${runbook === undefined ? words(alert.runbook) : html`<a href="${runbook}" rel="noreferrer">${words(alert.runbook)}</a>`}</p>`}
    ${firing ? actions(story, sight) : ""}
    <h2>What happened</h2>
    <ol class="story">${momentsOf(story, silences, timezone, now).map(({ iso, kind, text }) => html`<li class="${kind}">${at(iso, timezone)} <span>${text}</span></li>`)}</ol>
    <h2>Who is notified</h2>
    ${routes.length === 0 ? html`<p>No group holds it any more.</p>` : html`<ul>${routes.map((route) => routeLine(route, timezone))}</ul>`}
    ${deadline === null ? "" : html`<p>By itself it will ${deadline.to} at ${at(deadline.at, timezone)}, unless something happens before.</p>`}
    <h2>Facts</h2>
    <dl>
      ${alert.resource ? fact("Resource", `${alert.resource.type} ${alert.resource.name} (${alert.resource.id})`) : ""}
      ${alert.connection ? fact("Connection", [alert.connection, alert.region].filter(Boolean).join(", ")) : ""}
      ${fact("Rule", `${alert.rule}${place === null ? "" : `, ${place}`}`)}
      ${fact("Key", pairs(alert.key))}
      ${Object.keys(alert.labels).length === 0 ? "" : fact("Labels", pairs(alert.labels))}
      ${fact("Id", alert.id)}
    </dl>`;
}

function actions({ alert }: AlertExplanation, { by }: StorySight): Html {
  const { id, acknowledgedBy, rule, resource } = alert;
  return html`<div class="actions">
    <form method="post" action="/alerts/${id}/ack">
      <fieldset><legend>Take care of it</legend>
        ${
          acknowledgedBy === null
            ? html`<label>Your name <input name="by" value="${by}" required maxlength="100" autocomplete="name"></label>
                <button>Acknowledge</button>`
            : html`${hidden({ undo: "yes" })}<button>Give it back</button>`
        }
        <p class="hint">Stops repeats and escalation until it is resolved.</p>
      </fieldset>
    </form>
    <form method="post" action="/silences">
      <fieldset><legend>Silence</legend>
        ${hidden({ alert: id })}
        <label>What <select name="what">
          <option value="alert">this alert</option>
          <option value="rule">every alert of ${words(rule, 60)}</option>
          ${resource === null ? "" : html`<option value="resource">everything about ${words(resource.name, 60)}</option>`}
        </select></label>
        <label>For <select name="duration">${SILENCES.map(([value, text]) => html`<option value="${value}">${text}</option>`)}</select></label>
        <label>Your name <input name="by" value="${by}" required maxlength="100" autocomplete="name"></label>
        <label>Why <input name="comment" maxlength="1000"></label>
        <button name="do" value="add">Silence</button> <button name="do" value="preview">Preview</button>
      </fieldset>
    </form>
  </div>`;
}

function fact(name: string, value: string): Html {
  return html`<dt>${name}</dt><dd>${words(value, 1_000)}</dd>`;
}

function pairs(fields: Record<string, unknown>): string {
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`)
    .join(", ");
}

function momentsOf(
  { alert, openedBy, deliveries }: AlertExplanation,
  silences: readonly SilenceView[],
  timezone: string,
  now: number,
): Moment[] {
  const moments: Moment[] = alert.events.map((event) => ({
    iso: event.time,
    kind: "event",
    text: html`${badge(event.level)} ${words(event.resource.name, 60)}: ${words(event.message, 600)}`,
  }));
  moments.push({
    iso: alert.startsAt,
    kind: "opened",
    text: html`<strong>The alert opened${openedBy === null ? "" : " with this event"}</strong>`,
  });
  // What another delivery took in is said of that one.
  for (const one of deliveries) if (one.foldedInto === undefined) moments.push(deliveryMoment(one, timezone));
  if (alert.acknowledgedBy !== null && alert.acknowledgedAt !== undefined) {
    const text = html`<strong>Acknowledged</strong> by ${words(alert.acknowledgedBy, 60)}`;
    moments.push({ iso: alert.acknowledgedAt, kind: "taken", text });
  }
  for (const one of silences) moments.push(...silenceMoments(one, alert, timezone, now));
  if (alert.endsAt !== null) {
    moments.push({ iso: alert.endsAt, kind: "ended", text: html`<strong>The alert ended</strong>` });
  }
  return moments.sort((a, b) => (a.iso < b.iso ? -1 : a.iso > b.iso ? 1 : 0));
}

function deliveryMoment(delivery: ExplainedDelivery, timezone: string): Moment {
  const { id, channel, status, reason, attempts, createdAt, endedAt, nextAttemptAt, error, fallback } = delivery;
  const tries = attempts === 0 ? "not tried yet" : `${attempts} ${attempts === 1 ? "try" : "tries"}`;
  const why = error === null ? "" : `: ${error}`;
  const late = endedAt !== null && Date.parse(endedAt) - Date.parse(createdAt) > LATE_MS;
  return {
    iso: endedAt ?? createdAt,
    kind: `delivery ${status}`,
    text: html`${badge(status)} Notification to <strong>${words(channel, 60)}</strong> (${reason}), ${words(`${tries}${why}`, 400)}${late ? html`, first at ${at(createdAt, timezone)}` : ""}${status === "pending" && nextAttemptAt !== null ? html`, next at ${at(nextAttemptAt, timezone)}` : ""}${fallback === null ? "" : "; its fallback has it, too"}
      ${status === "delivered" ? "" : html`<form method="post" action="/deliveries/${id}/redeliver" class="inline"><button>Send again</button></form>`}`,
  };
}

/** Its begin, or the alert's where that is later, and its end where that came before the alert's. */
function silenceMoments(
  { from, until, by, comment, state }: SilenceView,
  alert: Alert,
  zone: string,
  now: number,
): Moment[] {
  const begin = from < alert.startsAt ? alert.startsAt : from;
  const why = comment === null ? "" : `: ${words(comment)}`;
  const begun = html`<strong>Silenced</strong> by ${words(by, 60)} until ${at(until, zone)}${why}`;
  const moments: Moment[] = Date.parse(begin) > now ? [] : [{ iso: begin, kind: "silence", text: begun }];
  const isOver = state === "expired" && (alert.endsAt === null || until < alert.endsAt);
  if (isOver) moments.push({ iso: until, kind: "silence", text: "The silence was over" });
  return moments;
}

function routeLine(
  { route, channels, group, notified, heldBy, next, escalation }: RouteStanding,
  timezone: string,
): Html {
  if (route === null) return html`<li>Its route is not in the configuration any more.</li>`;
  return html`<li>${words(route, 80)} to <strong>${words(channels.join(", "), 200)}</strong>, group ${words(pairs(group), 200)}:
    ${notified ? "notified" : "not notified yet"}${heldBy === null ? "" : html`; ${heldBy.kind} by ${words(heldBy.by, 200)}${heldBy.until === null ? "" : html` until ${at(heldBy.until, timezone)}`}`}
    ${next === null ? "" : html`; next at ${at(next.at, timezone)} (${next.reason})`}
    ${escalation === null ? "" : html`; escalates at ${at(escalation.at, timezone)} to ${words(escalation.channels.join(", "), 200)}`}
  </li>`;
}
