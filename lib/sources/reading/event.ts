// Builds the one shape of event from what an adapter understood. Invariant: no event is larger than
// 16 KB or holds a secret.
import type { Event } from "../../model/event.ts";
import type { SourceKind } from "../../model/source-kinds.ts";
import type { ReadRequest } from "../port.ts";
import type { Parts } from "./item.ts";
import { type Room, scrub } from "./scrub.ts";

const MAX_BYTES = 16_384;
const MAX_MESSAGE = 2_000;
const MAX_WORD = 200;
const FUTURE_MS = 600_000;
/**
 * A page may be one event. Of more than so many characters each text is cut before it is looked through, which takes
 * far longer than to read it.
 */
const LARGE = 65_536;

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
  const { redact } = request;
  const room: Room = { left: LARGE - occurrence.message.length };
  const event = assemble(request, kind, occurrence, (text) => text.slice(0, LARGE + 1).toWellFormed(), room);
  if (room.left < 0) return buildLarge(request, kind, occurrence);
  const json = JSON.stringify(event);
  // Looked for once in the whole event, since hardly any holds a secret.
  if (redact === undefined || redact(json) === json) return withinSize(event, json);
  const clean = assemble(request, kind, occurrence, (text) => redact(text.toWellFormed()));
  return withinSize(clean, JSON.stringify(clean));
}

/** As much of its data as there may be room for: what was cut of a secret is gone, too. */
function buildLarge(request: ReadRequest, kind: SourceKind, occurrence: Occurrence): Event {
  const { redact = (text, length) => text.slice(0, length) } = request;
  const upTo = (length: number) => (text: string) => {
    return text.length <= length
      ? redact(text.toWellFormed())
      : clip(`${redact(text.toWellFormed(), length)}…`, length);
  };
  const word = upTo(MAX_MESSAGE);
  for (const length of [MAX_MESSAGE, MAX_WORD]) {
    const room: Room = { left: LARGE };
    const raw = scrub(occurrence.raw, (text) => text.slice(0, length + 1), room);
    if (room.left < 0) continue;
    const event = assemble(request, kind, { ...occurrence, raw }, word, undefined, upTo(length));
    return withinSize({ ...event, truncated: true }, JSON.stringify(event));
  }
  return { ...assemble(request, kind, { ...occurrence, raw: {} }, word), truncated: true };
}

/** `text` is applied to every text that the API gave, before anything is cut; `inData` to those of its data. */
function assemble(
  { stamp, target, now, every }: ReadRequest,
  kind: SourceKind,
  occurrence: Occurrence,
  text: (text: string) => string,
  room?: Room,
  inData = text,
): Event {
  const age = now - occurrence.t;
  const word = (given: string) => clip(text(given), MAX_WORD);
  const message = text(occurrence.message);
  const data = scrub(occurrence.raw, inData, room);
  const { type, id, name } = occurrence.resource;
  return {
    id: occurrence.id,
    source: kind,
    sourceId: stamp.sourceId,
    connection: stamp.connection,
    project: stamp.project,
    region: stamp.region,
    time: new Date(occurrence.t).toISOString(),
    level: occurrence.level,
    type: word(occurrence.type),
    reason: occurrence.reason === null ? null : word(occurrence.reason),
    count: occurrence.count,
    late: age > every ? Math.round(age / 1000) : 0,
    message,
    text: message.toLowerCase(),
    resource: { type: word(type), id: word(id), name: word(name) },
    labels: { ...stamp.labels, ...target.labels },
    data: typeof data === "object" && data !== null && !Array.isArray(data) ? (data as Event["data"]) : { item: data },
    ...(age < -FUTURE_MS ? { future: true } : {}),
  };
}

/** Cuts what is long, the message last, since people read it. `json` is the event's. */
function withinSize(event: Event, json: string): Event {
  if (Buffer.byteLength(json) <= MAX_BYTES) return event;
  const message = clip(event.message, MAX_MESSAGE);
  const cut: Event = { ...event, message, text: message.toLowerCase(), truncated: true };
  const short = (length: number) => scrub(event.data, (text) => clip(text, length)) as Event["data"];
  for (const length of [MAX_MESSAGE, MAX_WORD]) {
    const candidate = { ...cut, data: short(length) };
    if (Buffer.byteLength(JSON.stringify(candidate)) <= MAX_BYTES) return candidate;
  }
  return { ...cut, data: {} };
}

function clip(text: string, length: number): string {
  const whole = text.toWellFormed();
  return whole.length <= length ? whole : `${whole.slice(0, length - 1)}…`.toWellFormed();
}
