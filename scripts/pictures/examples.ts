// What the pictures in docs/channels show: an alert that opens, thirty at once, and one that is over.
import type { Event } from "../../lib/model/event.ts";
import type { Notification, NotifiedAlert } from "../../lib/model/notification.ts";
import { eventAt } from "../../test/support/event.ts";

const NOW = Date.parse("2026-11-20T02:14:30Z");
const ENDED = Date.parse("2026-11-20T02:41:05Z");
const PROJECT = "0123456789abcdef0123456789abcdef";
const BUG = "Back-off restarting failed container: CUDA out of memory on GPU 3";

export interface Example {
  notification: Notification;
  mentions: boolean;
  /** When it is sent. ms */
  now: number;
}

/** One message each, in the order in which they come. */
export function examples(channel: string): Example[] {
  const first = alert("infer-ocr-prod", { id: "5f0c7d21", summary: `infer-ocr-prod: ${BUG}` });
  const ended: Partial<NotifiedAlert> = {
    status: "resolved",
    reason: "resolved",
    endsAt: new Date(ENDED).toISOString(),
    newCount: 0,
    events: [...first.events, event("infer-ocr-prod", "Service is running.", new Date(ENDED).toISOString())],
  };
  const crowd = Array.from({ length: 30 }, (_, i) => fallen(i));
  return [
    { notification: about([first], channel, "new"), mentions: true, now: NOW },
    { notification: { ...about(crowd, channel, "new"), group: { rule: "node-unhealthy" } }, mentions: false, now: NOW },
    { notification: about([{ ...first, ...ended }], channel, "resolved"), mentions: false, now: ENDED + 5_000 },
  ];
}

function fallen(number: number): NotifiedAlert {
  const name = `train-llm-7b-worker-${String(number).padStart(2, "0")}`;
  return alert(name, {
    id: `${(0xa1b2c3d4 + number).toString(16)}`,
    rule: "node-unhealthy",
    severity: number < 4 ? "critical" : "error",
    summary: `${name}: the node's GPU has fallen off the bus`,
    description: "Cordon the node and let the job restart from its last checkpoint.",
    events: [event(name, "the node's GPU has fallen off the bus", "2026-11-20T02:13:07.000Z")],
    resource: { type: "pool", id: `pool-${number}`, name },
  });
}

function alert(name: string, fields: Partial<NotifiedAlert>): NotifiedAlert {
  return {
    id: "5f0c7d21",
    rule: "service-failing",
    status: "firing",
    severity: "critical",
    summary: name,
    description: "Look at the container's log; a smaller batch size has helped before.",
    key: { connection: "prod" },
    labels: { team: "ml-platform" },
    connection: "prod",
    source: "service-events",
    region: "eu-de",
    resource: { type: "service", id: "35de3ca9-4a0f-4f0e-9a36-8f1b7c2d9e10", name },
    startsAt: "2026-11-20T02:13:07.000Z",
    updatedAt: "2026-11-20T02:14:22.000Z",
    endsAt: null,
    count: 3,
    newCount: 3,
    reason: "new",
    acknowledgedBy: null,
    suppressedBy: [],
    runbook: "https://wiki.example.com/ml/oncall",
    events: [event(name, BUG, "2026-11-20T02:14:22.000Z")],
    ...fields,
  };
}

function event(name: string, message: string, time: string): Event {
  return eventAt(0, { id: time, project: PROJECT, time, message, resource: { type: "service", id: "35de3ca9", name } });
}

function about(alerts: NotifiedAlert[], channel: string, reason: "new" | "resolved"): Notification {
  return {
    version: "1",
    id: "dlv_1",
    channel,
    status: reason === "new" ? "firing" : "resolved",
    group: { rule: "service-failing" },
    reason,
    alerts,
    suppressed: { silenced: 0, muted: 0, inhibited: 0 },
  };
}
