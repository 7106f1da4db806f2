// What events and alerts can hold: the fields patterns and templates may name, and the closed lists of their values.

import { Alert, Severity } from "../model/alert.ts";
import type { SourceConfig } from "../model/config.ts";
import { Event, Level, SOURCE_KINDS, type SourceKind } from "../model/event.ts";

/** How each API's own word for an event becomes a level; without type where the API's words are open. */
const WORDS: Readonly<Record<SourceKind, readonly { type?: string; level: Level }[]>> = {
  "service-events": [
    { type: "normal", level: "normal" },
    { type: "abnormal", level: "error" },
  ],
  "pool-events": [
    { type: "Normal", level: "normal" },
    { type: "Warning", level: "warning" },
  ],
  "service-updates": [
    { type: "SUCCESS", level: "normal" },
    { type: "RUNNING", level: "normal" },
    { type: "FAIL", level: "error" },
  ],
  "training-events": [
    { type: "Info", level: "normal" },
    { type: "Warning", level: "warning" },
    { type: "Error", level: "error" },
  ],
  "cloud-eye-events": Level.options.map((level) => ({ level })),
};
/** Kinds whose API can be asked for abnormal events alone in one request; of the others all are read. */
const FILTERED: readonly SourceKind[] = ["service-events", "pool-events"];

export const TYPES: readonly string[] = SOURCE_KINDS.flatMap((kind) => WORDS[kind].flatMap(({ type }) => type ?? []));
export const VALUES: Readonly<Record<string, readonly string[]>> = {
  source: SOURCE_KINDS,
  level: Level.options,
  severity: Severity.options,
};

/** What is known of an event before it happens. */
export interface Candidate {
  source: SourceKind;
  sourceId: string;
  connection: string;
  level: Level;
  type?: string;
}

/** Every event that a source can give, as far as it is known; with `all` as if it asked for all levels. */
export function candidatesOf(source: SourceConfig, all = false): Candidate[] {
  const { kind, id, connection } = source;
  const blind = !all && source.levels === "abnormal" && FILTERED.includes(kind);
  const words = WORDS[kind].filter(({ level }) => !blind || level !== "normal");
  return words.map((word) => ({ source: kind, sourceId: id, connection, ...word }));
}

export const EVENT_FIELDS: readonly string[] = Object.keys(Event.shape);
export const ALERT_FIELDS: readonly string[] = Object.keys(Alert.shape);
const RESOURCE_FIELDS = ["type", "id", "name"];
/** What may hold anything below it. */
const OPEN = ["labels", "data", "key", "events"];

/** Fields that are text, so that a number never equals them. */
export const TEXT_FIELDS = new Set(
  [
    ...[
      "id",
      "source",
      "sourceId",
      "connection",
      "project",
      "region",
      "time",
      "level",
      "type",
      "reason",
      "message",
      "text",
    ],
  ].concat(
    ["rule", "status", "severity", "summary", "description"],
    RESOURCE_FIELDS.map((name) => `resource.${name}`),
  ),
);

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
