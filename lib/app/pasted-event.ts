// An event that a person pasted becomes one as a source would give it: what is missing is filled in and named.
import * as z from "zod";
import type { Config } from "../model/config.ts";
import { Event, Resource } from "../model/event.ts";
import { hashOf } from "../model/hash.ts";
import { iso } from "../rules/alert.ts";
import { sources } from "../sources/registry.ts";
import { sourceOf, wordsOf } from "./rule-tests/events.ts";

const Pasted = Event.partial().extend({
  source: Event.shape.source,
  time: z.iso.datetime({ offset: true }).optional(),
  resource: Resource.partial().optional(),
});

export interface PastedEvent {
  event: Event;
  /** The fields that were not pasted. */
  filledIn: string[];
}

/** Thrown for what is no event: which field is wrong, and how. */
export class PastedEventError extends Error {
  override readonly name = "PastedEventError";
}

/** `now` in ms is the time of an event that names none. Throws PastedEventError. */
export function readPasted(text: string, config: Config, now: number): PastedEvent {
  const given = parse(text);
  const result = Pasted.safeParse(given);
  if (!result.success) {
    const [issue] = result.error.issues;
    throw new PastedEventError(`${issue!.path.join(".") || "the event"}: ${issue!.message}`);
  }
  const { time, resource, ...fields } = result.data;
  const source = sourceOf(config, { ...fields, connection: fields.connection ?? "" });
  const connection = fields.connection ?? source?.connection ?? "";
  const target = source?.targets?.find(({ id }) => id === resource?.id);
  const words = wordsOf(fields);
  const message = fields.message ?? "";
  const id = resource?.id ?? "";
  const event: Event = {
    id: hashOf([given]),
    sourceId: source?.id ?? fields.source,
    connection,
    project: config.connections[connection]?.projectId ?? "",
    region: config.connections[connection]?.region ?? "",
    ...words,
    reason: fields.source === "service-updates" ? words.type : null,
    count: 1,
    late: 0,
    message,
    text: message.toLowerCase(),
    labels: { ...source?.labels, ...target?.labels },
    data: {},
    ...(defined(fields) as Pick<Event, "source">),
    time: iso(time === undefined ? now : Date.parse(time)),
    resource: {
      type: resource?.type ?? sources[fields.source].resourceType,
      id,
      name: resource?.name ?? target?.name ?? id,
    },
  };
  const filledIn = Object.keys(Event.shape).filter((key) => key in event && !Object.hasOwn(result.data, key));
  // In the order in which events are shown.
  return { event: Event.parse(event), filledIn };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new PastedEventError("stdin is no JSON: paste one event, as `lookout events --json` prints it");
  }
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Partial<T>;
}
