// An event that a person pasted becomes one as a source would give it: what is missing is filled in and named.
import * as z from "zod";
import type { Document } from "../../../config/document/document.ts";
import { ConfigError, findingAt } from "../../../config/document/finding.ts";
import { isMap } from "../../../config/document/raw.ts";
import { validate } from "../../../config/document/validate.ts";
import type { Config } from "../../../model/config.ts";
import { Event, Resource } from "../../../model/event.ts";
import { Instant } from "../../../model/files/file-fields.ts";
import { hashOf } from "../../../model/hash.ts";
import { iso } from "../../../model/iso.ts";
import { lookup } from "../../../model/lookup.ts";
import { sourceKinds } from "../../../model/source-kinds.ts";
import { locateInJson } from "../../../patterns/json-place.ts";
import { sourceOf, wordsOf } from "./events.ts";

const Pasted = z.strictObject({
  ...Event.partial().shape,
  source: Event.shape.source,
  time: Instant.optional(),
  resource: z.strictObject(Resource.partial().shape).optional(),
});
/** Stands for what is not pasted and no configured source says. */
const UNKNOWN = "unknown";
const HOW = "paste one event, as `lookout events --json` prints it";

export interface PastedEvent {
  event: Event;
  /** The fields that were not pasted. */
  filledIn: string[];
}

/**
 * `name` is what the text is called in findings; `now` in ms is the time of an event that names none. Throws
 * ConfigError, with line and column, for what is no event.
 */
export function readPasted(text: string, name: string, config: Config, now: number): PastedEvent {
  const document = documentOf(text, name);
  const { value, findings } = validate(Pasted, document.root, document, []);
  if (value === undefined) throw new ConfigError(findings);
  const { time, resource, ...fields } = value;
  const source = sourceOf(config, { ...fields, connection: fields.connection ?? "" });
  const connection = fields.connection ?? source?.connection ?? UNKNOWN;
  const target = source?.targets?.find(({ id }) => id === resource?.id);
  const words = wordsOf(fields);
  const message = fields.message ?? "";
  const id = resource?.id ?? UNKNOWN;
  const event: Event = {
    id: hashOf([document.root]),
    sourceId: source?.id ?? fields.source,
    connection,
    project: lookup(config.connections, connection)?.projectId ?? UNKNOWN,
    region: lookup(config.connections, connection)?.region ?? UNKNOWN,
    ...words,
    reason: sourceKinds[fields.source].reason === "type" ? words.type : null,
    count: 1,
    late: 0,
    message,
    text: message.toLowerCase(),
    labels: { ...source?.labels, ...target?.labels },
    data: {},
    ...(defined(fields) as Pick<Event, "source">),
    time: iso(time === undefined ? now : Date.parse(time)),
    resource: {
      type: resource?.type ?? sourceKinds[fields.source].resourceType,
      id,
      name: resource?.name ?? target?.name ?? id,
    },
  };
  // In the order in which events are shown.
  const filledIn = Object.keys(Event.shape).filter((key) => key in event && !Object.hasOwn(value, key));
  return { event: Event.parse(event), filledIn };
}

/** Throws ConfigError where the text is no JSON object. */
function documentOf(text: string, file: string): Document {
  const locate: Document["locate"] = (place) => ({ file, ...locateInJson(text, place) });
  const refuse = (problem: string): ConfigError => new ConfigError([findingAt(locate([]), [], problem, HOW)]);
  if (text.trim() === "") throw refuse("is empty");
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw refuse("this is no JSON, or more than one value");
  }
  if (Array.isArray(root)) throw refuse("this is a list");
  if (!isMap(root)) throw refuse("this is no event");
  if (root["source"] === undefined && Object.values(root).some(Array.isArray)) {
    throw refuse("this is no event; it looks like an API's own answer");
  }
  return { file, bytes: text.length, values: 0, root, problems: [], locate, written: () => undefined };
}

function defined<T extends object>(value: T): Partial<T> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Partial<T>;
}
