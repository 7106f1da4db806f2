// Events for tests: everything filled in but what a test is about.
import type { Event } from "../../lib/model/event.ts";
import { hashOf } from "../../lib/model/hash.ts";

/** 2026-11-20T10:00:00Z, the start of every timeline. ms */
export const START = Date.parse("2026-11-20T10:00:00.000Z");

/** An event `minutes` after START; `fields` override anything. */
export function eventAt(minutes: number, fields: Partial<Event> & { resourceId?: string } = {}): Event {
  const { resourceId = "svc-1", ...rest } = fields;
  const time = new Date(START + minutes * 60_000).toISOString();
  const message = rest.message ?? "Failed to pull image, retry later";
  const event: Event = {
    id: "",
    source: "service-events",
    sourceId: "services",
    connection: "prod",
    project: "p",
    region: "eu-de",
    time,
    level: "error",
    type: "abnormal",
    reason: null,
    count: 1,
    late: 0,
    message,
    text: message.toLowerCase(),
    resource: { type: "service", id: resourceId, name: resourceId },
    labels: {},
    data: {},
    ...rest,
  };
  return { ...event, id: rest.id ?? hashOf([event]) };
}
