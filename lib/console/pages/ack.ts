// What a link in a message leads to: one alert, and one button.
import { html } from "hono/html";
import type { Alert } from "../../model/alert.ts";
import { ago, badge, type Html, words } from "./layout.ts";

export function ackPage(
  { summary, severity, startsAt, acknowledgedBy }: Pick<Alert, "summary" | "severity" | "startsAt" | "acknowledgedBy">,
  { now, timezone, by }: { now: number; timezone: string; by: string },
): Html {
  return html`<h1>${badge(severity)} ${words(summary)}</h1>
    <p class="facts">Opened ${ago(startsAt, now, timezone)}${acknowledgedBy === null ? "" : html` · ${words(acknowledgedBy, 60)} takes care of it`}</p>
    <form method="post" class="search">
      <label>Your name <input name="by" value="${by}" required maxlength="100" autocomplete="name"></label>
      <button>I take care of it</button>
    </form>
    <p class="hint">Stops repeats and escalation until it is resolved.</p>`;
}

export function takenPage({ summary, acknowledgedBy }: Alert): Html {
  return html`<h1>${words(acknowledgedBy, 60)} takes care of it</h1><p>${words(summary)}</p>`;
}
