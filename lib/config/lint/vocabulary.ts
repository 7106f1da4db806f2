// What events and alerts can hold: the fields patterns and templates may name, and what kind of values is in them.
import { Alert, Severity } from "../../model/alert.ts";
import { Event } from "../../model/event.ts";
import { LEVELS, SOURCE_KINDS } from "../../model/source-kinds.ts";

/** Closed lists of values that hold for every configuration. */
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  source: SOURCE_KINDS,
  level: LEVELS,
  severity: Severity.options,
};

export const EVENT_FIELDS: readonly string[] = Object.keys(Event.shape);
export const ALERT_FIELDS: readonly string[] = Object.keys(Alert.shape);
const RESOURCE_FIELDS = ["type", "id", "name"];
/** What may hold anything below it. */
const OPEN = ["labels", "data", "key", "events"];

/**
 * How a field's values look. `text` and `count` (a whole number) are always there, `nullable` text too, as null; a
 * `flag` is true or not there; an `object` holds fields but no value of its own.
 */
export type Shape =
  | { is: "text" | "nullable" | "flag" | "object" }
  /** At least this much. */
  | { is: "count"; least: number };

const shapes = (is: "text" | "nullable" | "flag" | "object", ...fields: string[]): [string, Shape][] =>
  fields.map((field) => [field, { is }]);

export const EVENT_SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ...shapes("text", "id", "source", "sourceId", "connection", "project", "region", "time", "level", "type"),
  ...shapes("text", "message", "text", ...RESOURCE_FIELDS.map((name) => `resource.${name}`)),
  ...shapes("nullable", "reason"),
  ...shapes("flag", "truncated", "future"),
  ...shapes("object", "resource", "labels", "data"),
  ["count", { is: "count", least: 1 }],
  ["late", { is: "count", least: 0 }],
]);

export const ALERT_SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ...shapes("text", "id", "rule", "status", "severity", "summary", "description", "startsAt", "updatedAt"),
  ...shapes("nullable", "connection", "source", "region", "endsAt", "acknowledgedBy", "runbook"),
  ...shapes("object", "key", "labels", "events"),
  ["count", { is: "count", least: 0 }],
]);

/** The step of a dotted path that nothing has, with what there is instead; undefined for a path that may exist. */
export function unknownStep(
  path: string,
  fields: readonly string[],
): { step: string; known: readonly string[] } | undefined {
  const [first = "", second, third] = path.split(".");
  if (!fields.includes(first)) return { step: first, known: fields };
  if (OPEN.includes(first) || second === undefined) return undefined;
  if (first !== "resource") return { step: path, known: [first] };
  return RESOURCE_FIELDS.includes(second) && third === undefined
    ? undefined
    : { step: path, known: RESOURCE_FIELDS.map((name) => `resource.${name}`) };
}
