// What events and alerts can hold: the fields that patterns and templates may name, and the values in them.
import { Alert } from "../../model/alert.ts";
import type { RuleConfig, SourceConfig } from "../../model/config.ts";
import { Event } from "../../model/event.ts";
import { Severity } from "../../model/severity.ts";
import { LEVELS, SOURCE_KINDS } from "../../model/source-kinds.ts";

/** Closed lists of values that hold for every configuration. */
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  source: SOURCE_KINDS,
  level: LEVELS,
  severity: Severity.options,
};

const EVENT_FIELDS: readonly string[] = Object.keys(Event.shape);
export const ALERT_FIELDS: readonly string[] = Object.keys(Alert.shape);
export const RESOURCE_FIELDS = ["type", "id", "name"];
const LABELS = "labels.";
/** A named group of an extraction. */
const GROUP = /\(\?P?<(\w+)>/g;
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
  ...shapes("nullable", "connection", "source", "region", "endsAt", "acknowledgedBy", "acknowledgedAt", "runbook"),
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

/**
 * The step of a path that no event of the rule has, with what there is instead; undefined for a path that may exist.
 */
export function unknownEventStep(
  path: string,
  { extract = [] }: Pick<RuleConfig, "extract">,
): { step: string; known: readonly string[] } | undefined {
  const [first, ...rest] = path.split(".");
  if (first !== "extracted" || extract.length === 0) return unknownStep(path, EVENT_FIELDS);
  const names = extract.flatMap(({ pattern }) => [...pattern.matchAll(GROUP)].map((group) => group[1]!));
  if (rest.length === 0 || names.includes(rest.join("."))) return undefined;
  return { step: path, known: names.map((name) => `extracted.${name}`) };
}

/** The values of the field `labels.<name>`, none where nothing gives that label; undefined for any other field. */
export function labelValues(
  field: string,
  sources: readonly SourceConfig[],
  rules: readonly RuleConfig[] = [],
): readonly string[] | undefined {
  if (!field.startsWith(LABELS)) return undefined;
  const name = field.slice(LABELS.length);
  const holders = [
    ...sources.flatMap(({ labels, targets = [] }) => [labels, ...targets.map((target) => target.labels ?? {})]),
    ...rules.map(({ labels }) => labels),
  ];
  return [...new Set(holders.flatMap((labels) => (Object.hasOwn(labels, name) ? [labels[name]!] : [])))];
}
