// Opsgenie's Alert API: one alert each, opened and closed under the alert's id; Jira Service Management takes the same.
// https://docs.opsgenie.com/docs/alert-api
import * as z from "zod";
import { timeIn } from "../../model/local-time.ts";
import type { Notification, NotifiedAlert } from "../../model/notification.ts";
import { oneLine } from "../../model/printable.ts";
import { Address, postJson, usableAddress } from "../http/address.ts";
import { advised, strangersPage } from "../http/advice.ts";
import { notAccepted, refused } from "../http/answer.ts";
import { endText } from "../message/alert-lines.ts";
import { tagless } from "../message/apart.ts";
import { durationText } from "../message/duration-text.ts";
import { bySeverity, factsOf, incidentTitle, oneByOne, onlyAlert } from "../message/incident.ts";
import { type Markup, writeText } from "../message/markdown.ts";
import { characters, cut } from "../message/plain.ts";
import type { HttpChannel, HttpResponse, Outcome, RenderContext } from "../port.ts";

const MESSAGE_CHARACTERS = 130;
const ENTITY_CHARACTERS = 512;
const NOTE_CHARACTERS = 200;
/**
 * Of a description. What Opsgenie formats is HTML, not Markdown:
 * https://docs.opsgenie.com/docs/alerts-and-alert-fields
 */
const MARKUP: Markup = {
  limit: 15_000,
  measure: characters,
  escape: tagless,
  strong: (written) => written,
  link: (written, address) => `${written}: ${address}`,
  newline: "\n",
  gap: "\n\n",
};
const PRIORITIES = { critical: "P1", error: "P2", warning: "P3", info: "P5" } as const;
const ACCEPTED = 202;

const KEY = 'check "apiKey": it is the key of an API integration, and "url" its region';
const ADVICE: Readonly<Record<number, string>> = {
  401: KEY,
  403: KEY,
  422: KEY,
  404: 'check "url": it is the address before /v2/alerts',
};

export const opsgenie = genieChannel("opsgenie", "https://api.opsgenie.com");

/** A service with Opsgenie's Alert API below an address of its own. */
export function genieChannel(type: string, address: string): HttpChannel<{ apiKey: string; url: string }> {
  return {
    type,
    options: z.strictObject({
      apiKey: z.string().min(1, "the key of an API integration"),
      url: Address.default(address),
    }),
    incident: true,
    template: "words",
    acknowledges: true,
    concurrency: 8,
    split: oneByOne,
    render(notification, { apiKey, url }, context) {
      const alert = onlyAlert(notification);
      if (!alert) return null;
      const headers = { authorization: `GenieKey ${apiKey.trim()}` };
      const alerts = `${usableAddress(url).href.replace(/\/+$/, "")}/v2/alerts`;
      const of = (action: string) => `${alerts}/${encodeURIComponent(alert.id)}/${action}?identifierType=alias`;
      if (alert.status === "resolved") {
        return postJson(of("close"), { source: "Lookout", note: closeNote(alert, notification, context) }, headers);
      }
      if (notification.reason === "acknowledged") {
        const note = cut(`Acknowledged by ${oneLine(alert.acknowledgedBy ?? "somebody")}`, NOTE_CHARACTERS, characters);
        return postJson(of("acknowledge"), { source: "Lookout", note }, headers);
      }
      const body = {
        message: incidentTitle(alert, notification.test === true, context.words?.title, MESSAGE_CHARACTERS),
        alias: alert.id,
        description: writeText(notification, context, MARKUP).text,
        priority: bySeverity(PRIORITIES, alert),
        source: "Lookout",
        tags: [alert.severity],
        details: factsOf(alert, notification),
        ...(alert.resource ? { entity: cut(alert.resource.name, ENTITY_CHARACTERS, characters) } : {}),
      };
      return postJson(alerts, body, headers);
    },
    classify: judge,
  };
}

/** How long it lasted, and what ended it, as far as that is known. */
function closeNote(alert: NotifiedAlert, { test }: Notification, { timezone }: RenderContext): string {
  const { startsAt, endsAt } = alert;
  const lasted = endsAt === null ? "" : durationText(startsAt, endsAt);
  const ended = endsAt === null ? "" : endText(alert, endsAt, timeIn(timezone));
  const parts = [lasted && ` after ${lasted}`, ended && `: ended ${ended}`];
  return cut(tagless(oneLine(`${test ? "TEST: " : ""}Resolved${parts.join("")}`)), NOTE_CHARACTERS, characters);
}

function judge(response: HttpResponse, { now }: { now: number }): Outcome {
  if (response.status === ACCEPTED) return strangersPage(response) ?? { kind: "delivered" };
  const outcome = notAccepted(response) ?? refused(response, now);
  return advised(outcome, ADVICE[response.status]);
}
