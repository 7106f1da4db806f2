// Notifications to render: a realistic one, and variations of any size and text.
import type { Event } from "../../lib/model/event.ts";
import type { Notification, NotifiedAlert } from "../../lib/model/notification.ts";
import { eventAt } from "../support/event.ts";

export const NOW = Date.parse("2026-11-20T10:05:00Z");

export function anEvent(fields: Partial<Event> = {}): Event {
  return eventAt(0, {
    id: "e1",
    project: "0123456789abcdef0123456789abcdef",
    time: "2026-11-20T10:03:02.000Z",
    resource: { type: "service", id: "35de3ca9", name: "zcjtest-07085" },
    labels: { env: "prod" },
    ...fields,
  });
}

export function anAlert(fields: Partial<NotifiedAlert> = {}): NotifiedAlert {
  return {
    id: "a1b2c3d4",
    rule: "deploy-failed",
    status: "firing",
    severity: "critical",
    summary: "Deployment of zcjtest-07085 failed",
    description: "",
    key: { connection: "prod", "resource.id": "35de3ca9" },
    labels: { team: "ml", env: "prod" },
    connection: "prod",
    source: "service-events",
    region: "eu-de",
    resource: { type: "service", id: "35de3ca9", name: "zcjtest-07085" },
    startsAt: "2026-11-20T10:00:00.000Z",
    updatedAt: "2026-11-20T10:03:02.000Z",
    endsAt: null,
    count: 12,
    newCount: 12,
    acknowledgedBy: null,
    suppressedBy: [],
    runbook: "https://wiki.example.com/run(book)?a=1&b=2",
    events: [anEvent()],
    ...fields,
  };
}

export function aNotification(fields: Partial<Notification> = {}): Notification {
  return {
    version: "1",
    id: "dlv_1",
    channel: "ops",
    status: "firing",
    group: { rule: "deploy-failed" },
    reason: "new",
    alerts: [anAlert()],
    suppressed: { silenced: 0, muted: 0, inhibited: 0 },
    ...fields,
  };
}

/**
 * `count` alerts of mixed severities, each with an event of 3 times `text`; the first hundred have it in every field.
 */
export function crowd(count: number, text: string): NotifiedAlert[] {
  const events = [anEvent({ message: text, data: { raw: text } })];
  const runbook = `https://wiki.example.com/${encodeURIComponent(text.slice(0, 200).toWellFormed())}`;
  const long: Partial<NotifiedAlert> = {
    summary: text,
    description: text,
    key: { connection: "prod", field: text, other: [text] },
    acknowledgedBy: text,
    resource: { type: "service", id: text, name: text },
    runbook,
  };
  const severities = ["info", "warning", "error", "critical"] as const;
  return Array.from({ length: count }, (_, i) =>
    anAlert({
      id: `alert-${i}`,
      severity: severities[i % 4]!,
      ...(i % 5 === 4 ? { status: "resolved", endsAt: "2026-11-20T10:04:00.000Z" } : {}),
      ...(i < 100 ? long : {}),
      events,
    }),
  );
}
