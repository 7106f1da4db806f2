// PagerDuty Events API v2: one incident per alert, opened and resolved under the alert's id.
// https://developer.pagerduty.com/docs/events-api-v2/trigger-events/
import * as z from "zod";
import type { Event } from "../../model/event.ts";
import type { NotifiedAlert } from "../../model/notification.ts";
import { oneLine } from "../../model/printable.ts";
import { Address, postJson } from "../http/address.ts";
import { advised, unconfirmed } from "../http/advice.ts";
import { jsonObject, refused, retry, retryAfter } from "../http/answer.ts";
import { receiverWords } from "../http/redact.ts";
import { harmlessLink } from "../message/link.ts";
import { reasonOf } from "../message/news.ts";
import { bytes, characters, cut } from "../message/plain.ts";
import type { HttpChannel, Link } from "../port.ts";

const Options = z.strictObject({
  routingKey: z.string().min(1, "the integration key of an Events API v2 integration"),
  url: Address.default("https://events.pagerduty.com/v2/enqueue"),
});

/** What PagerDuty accepts in a summary, and in a whole event (its 512 KB less the frame). */
const SUMMARY_CHARACTERS = 1_024;
const DETAILS_BYTES = 400_000;
const WORDS_CHARACTERS = 10_000;
/** Where a 429 names no wait: PagerDuty asks to back off for minutes. ms */
const RATE_LIMIT_WAIT = 60_000;

const KEY = 'check "routingKey": it is the 32 characters of an Events API v2 integration of a service';
const EVENTS =
  'check "url": https://events.pagerduty.com/v2/enqueue, or events.eu.pagerduty.com for an account in the EU';
const ADVICE: ReadonlyMap<number, string> = new Map([
  [400, KEY],
  [401, KEY],
  [403, `${KEY}, of the same region as "url"`],
  [404, EVENTS],
  [405, EVENTS],
]);

export const pagerduty: HttpChannel<z.infer<typeof Options>> = {
  type: "pagerduty",
  options: Options,
  incident: true,
  concurrency: 8,
  template: "words",
  acknowledges: true,
  split: (notification) => notification.alerts.map((alert) => [alert]),
  render({ alerts, reason, test }, options, { words, note, links }) {
    const [alert, ...others] = alerts;
    if (!alert) return null;
    if (others.length > 0) throw new Error("a PagerDuty event is about one alert: split the notification first");
    const mark = test ? "TEST: " : "";
    const event = { routing_key: options.routingKey, dedup_key: alert.id, client: "Lookout" };
    if (alert.status === "resolved") return postJson(options.url, { ...event, event_action: "resolve" });
    if (reason === "acknowledged") return postJson(options.url, { ...event, event_action: "acknowledge" });
    const pages = linksOf(alert, links?.(alert) ?? []);
    return postJson(options.url, {
      ...event,
      event_action: "trigger",
      payload: {
        summary: cut(mark + oneLine(words?.title ?? alert.summary), SUMMARY_CHARACTERS, characters),
        source: sourceOf(alert),
        severity: alert.severity,
        timestamp: alert.startsAt,
        class: alert.rule,
        ...(alert.resource ? { component: short(`${alert.resource.type} ${alert.resource.id}`) } : {}),
        ...(alert.connection ? { group: alert.connection } : {}),
        custom_details: {
          ...(words ? { text: cut(words.lines.join("\n"), WORDS_CHARACTERS, characters) } : {}),
          ...(note ? { note } : {}),
          ...details(alert, reasonOf(alert, reason)),
        },
      },
      ...(pages.length === 0 ? {} : { links: pages }),
    });
  },
  classify(response, { now }) {
    const { status } = response;
    const answer = jsonObject(response.body)["status"];
    if (status === 202 && answer === "success") return { kind: "delivered" };
    if (status === 429) {
      return retry(`HTTP 429: ${receiverWords(response.body)}`, retryAfter(response, now) ?? RATE_LIMIT_WAIT);
    }
    if (status >= 200 && status <= 299) {
      return advised(unconfirmed(response, '"status": "success"'), EVENTS);
    }
    return advised(refused(response, now), ADVICE.get(status));
  },
};

/** PagerDuty refuses an event with an empty one. */
function sourceOf({ resource, connection }: NotifiedAlert): string {
  return [resource?.name, resource?.id, connection].map((text) => short(text ?? "")).find(Boolean) ?? "lookout";
}

function linksOf({ runbook }: NotifiedAlert, pages: readonly Link[]): { href: string; text: string }[] {
  return [...(runbook ? [{ text: "Runbook", url: runbook }] : []), ...pages].flatMap(({ text, url }) => {
    const href = harmlessLink(url);
    return href === undefined ? [] : [{ href, text }];
  });
}

/** Everything else about the alert; what is long is cut, and beyond the limit labels and events give way. */
function details(alert: NotifiedAlert, reason: string): Record<string, unknown> {
  const facts = {
    reason,
    description: long(alert.description),
    key: long(JSON.stringify(alert.key)),
    connection: alert.connection,
    region: alert.region,
    count: alert.count,
    newCount: alert.newCount,
    runbook: alert.runbook === null ? null : long(alert.runbook),
  };
  const all = { ...facts, labels: alert.labels, events: alert.events.slice(-5).map(eventLine) };
  return bytes(JSON.stringify(all)) <= DETAILS_BYTES ? all : facts;
}

function eventLine(event: Event): string {
  return long(`${event.time} ${event.level}: ${event.message}`);
}

function long(text: string): string {
  return cut(oneLine(text), 4_000, characters);
}

function short(text: string): string {
  return cut(oneLine(text), 255, characters);
}
