// Builds the one shape of event from what an adapter understood. Invariant: no event is larger than 16 KB or holds a secret.
import type { Event, Resource, SourceKind } from "../model/event.ts";
import type { Parts } from "./item.ts";
import type { ReadRequest } from "./port.ts";
import { scrub } from "./scrub.ts";

const MAX_BYTES = 16_384;
const MAX_MESSAGE = 2_000;
const MAX_WORD = 200;
const FUTURE_MS = 600_000;

export interface Occurrence extends Parts {
  id: string;
  /** ms */
  t: number;
  count: number;
  /** The item as the API returned it. */
  raw: unknown;
}

/** The event of an occurrence, stamped for its source and target. */
export function buildEvent(request: ReadRequest, kind: SourceKind, occurrence: Occurrence): Event {
  const { stamp, target, now, every } = request;
  const age = now - occurrence.t;
  const message = occurrence.message.toWellFormed();
  const data = scrub(occurrence.raw);
  return withinSize({
    id: occurrence.id,
    source: kind,
    sourceId: stamp.sourceId,
    connection: stamp.connection,
    project: stamp.project,
    region: stamp.region,
    time: new Date(occurrence.t).toISOString(),
    level: occurrence.level,
    type: clip(occurrence.type, MAX_WORD),
    reason: occurrence.reason === null ? null : clip(occurrence.reason, MAX_WORD),
    count: occurrence.count,
    late: age > every ? Math.round(age / 1000) : 0,
    message,
    text: message.toLowerCase(),
    resource: clipResource(occurrence.resource),
    labels: { ...stamp.labels, ...target.labels },
    data: typeof data === "object" && data !== null && !Array.isArray(data) ? (data as Event["data"]) : { item: data },
    ...(age < -FUTURE_MS ? { future: true } : {}),
  });
}

/** Cuts what is long, the message last, since people read it. */
function withinSize(event: Event): Event {
  if (bytes(event) <= MAX_BYTES) return event;
  const message = clip(event.message, MAX_MESSAGE);
  const cut: Event = { ...event, message, text: message.toLowerCase(), truncated: true };
  const short = (length: number) => scrub(event.data, (text) => clip(text, length)) as Event["data"];
  for (const length of [MAX_MESSAGE, MAX_WORD]) {
    const candidate = { ...cut, data: short(length) };
    if (bytes(candidate) <= MAX_BYTES) return candidate;
  }
  return { ...cut, data: {} };
}

function clip(text: string, length: number): string {
  const whole = text.toWellFormed();
  return whole.length <= length ? whole : `${whole.slice(0, length - 1)}…`.toWellFormed();
}

function clipResource({ type, id, name }: Resource): Resource {
  return { type: clip(type, MAX_WORD), id: clip(id, MAX_WORD), name: clip(name, MAX_WORD) };
}

function bytes(event: Event): number {
  return Buffer.byteLength(JSON.stringify(event));
}
