// The bodies that a webhook can have beside Lookout's own: CloudEvents 1.0 and Alertmanager's webhook, version 4.
import { hashOf } from "../../model/hash.ts";
import type { Notification, NotifyReason } from "../../model/notification.ts";
import type { RenderContext } from "../port.ts";
import { reasonOf } from "./news.ts";
import { BODY_LIMIT, bodyParts, wireForm } from "./parts.ts";
import { bytes, characters, cut } from "./plain.ts";
import { type PrometheusAlert, prometheusAlert, safeLabels } from "./prometheus.ts";

/** What Alertmanager writes for an alert that has not ended. */
const NO_END = "0001-01-01T00:00:00Z";
/** Characters of a summary where the whole would be too long. */
const SHORT = 200;

/** Why an alert is new to whoever gets it. */
const FRESH = new Set<NotifyReason>(["new", "escalation", "digest"]);

/** Lookout's own body. Beyond the limit (it was not split) each alert goes with its newest event alone. */
export function lookoutBody(notification: Notification): string {
  const body = JSON.stringify(wireForm(notification));
  if (bytes(body) <= BODY_LIMIT) return body;
  return JSON.stringify(wireForm({ ...notification, alerts: bodyParts(notification).flat() }));
}

/** The attributes of the notification as a CloudEvent; source and id together are those of no other. */
export function cloudEventAttributes(notification: Notification): Record<string, string> {
  const { id, channel, status, alerts } = notification;
  const times = alerts.map(({ updatedAt }) => Date.parse(updatedAt)).filter((time) => !Number.isNaN(time));
  return {
    specversion: "1.0",
    id,
    source: `/lookout/channels/${encodeURIComponent(channel)}`,
    type: `lookout.notification.${status}`,
    // That of the news, so that a retry is the same event.
    ...(times.length > 0 ? { time: new Date(Math.max(...times)).toISOString() } : {}),
  };
}

/** The notification within a CloudEvent (structured mode). */
export function cloudEventBody(notification: Notification): string {
  const attributes = { ...cloudEventAttributes(notification), datacontenttype: "application/json" };
  return `${JSON.stringify(attributes).slice(0, -1)},"data":${lookoutBody(notification)}}`;
}

/** https://prometheus.io/docs/alerting/latest/configuration/#webhook_config */
export function alertmanagerBody(notification: Notification, context: RenderContext): string {
  const { channel, group, status, test } = notification;
  const all = notification.alerts.map((alert) => ({
    status: alert.status,
    ...prometheusAlert(alert, test === true, NO_END, context),
    fingerprint: hashOf([alert.id], 16),
  }));
  const groupLabels = safeLabels(group);
  const bodyOf = (alerts: readonly PrometheusAlert[]) =>
    JSON.stringify({
      version: "4",
      groupKey: `lookout/${channel}:${JSON.stringify(groupLabels)}`,
      truncatedAlerts: 0,
      status,
      receiver: channel,
      groupLabels,
      commonLabels: common(alerts.map(({ labels }) => labels)),
      commonAnnotations: common(alerts.map(({ annotations }) => annotations)),
      externalURL: "",
      notification_reason: reasonFor(notification),
      alerts,
    });
  const body = bodyOf(all);
  return bytes(body) <= BODY_LIMIT ? body : bodyOf(all.map(shortened));
}

/** In Alertmanager's words, which know of what is new to the receiver, what is over, and repetitions. */
function reasonFor({ status, alerts, reason }: Notification): string {
  if (status === "resolved") return "all alerts resolved";
  const fresh = alerts.filter((one) => one.status === "firing" && FRESH.has(reasonOf(one, reason)));
  if (fresh.length > 0) return fresh.length === alerts.length ? "first notification" : "new alerts added";
  return alerts.some((one) => one.status === "resolved") ? "some alerts resolved" : "repeat interval elapsed";
}

function shortened(alert: PrometheusAlert): PrometheusAlert {
  const { summary = "" } = alert.annotations;
  return { ...alert, annotations: { summary: cut(summary, SHORT, characters) } };
}

/** What all of them have alike. */
function common(all: readonly Record<string, string>[]): Record<string, string> {
  const [first = {}, ...others] = all;
  return Object.fromEntries(
    Object.entries(first).filter(([name, value]) => others.every((one) => one[name] === value)),
  );
}
