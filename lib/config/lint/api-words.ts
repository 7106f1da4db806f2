// What is known of events before they happen: each API's own words, and what its source and connection give every event.
import type { Config, SourceConfig } from "../../model/config.ts";
import { Level, SOURCE_KINDS, type SourceKind } from "../../model/event.ts";

/** How each API's own word for an event becomes a level; without type where the API's words are open. */
export const WORDS: Readonly<Record<SourceKind, readonly { type?: string; level: Level }[]>> = {
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
/** The one type of resource that a kind's events are about; Cloud Eye's are about anything. */
const RESOURCE_TYPES: Readonly<Partial<Record<SourceKind, string>>> = {
  "service-events": "service",
  "service-updates": "service",
  "pool-events": "pool",
  "training-events": "training-job",
};
/** Kinds whose events have no reason. */
const WITHOUT_REASON: readonly SourceKind[] = ["service-events", "training-events"];
/** Kinds whose API can be asked for abnormal events alone in one request; of the others all are read. */
const FILTERED: readonly SourceKind[] = ["service-events", "pool-events"];

/** The closed lists of values of events that are not Cloud Eye's. */
export const CLOSED: Readonly<Record<string, readonly string[]>> = {
  type: SOURCE_KINDS.flatMap((kind) => WORDS[kind].flatMap(({ type }) => type ?? [])),
  "resource.type": [...new Set(Object.values(RESOURCE_TYPES))],
};

/** What is known before it happens, by dotted path: undefined is not there; a field that is not named may hold anything. */
export type Candidate = Readonly<Record<string, string | null | undefined>>;

/** Every event that a source can give, as far as it is known; with `all` as if it asked for all levels. */
export function candidatesOf(source: SourceConfig, { connections, sources }: Config, all = false): Candidate[] {
  const { kind, id, connection } = source;
  const { region, projectId } = connections[connection]!;
  const blind = !all && source.levels === "abnormal" && FILTERED.includes(kind);
  const names = labelNames(sources);
  const words = WORDS[kind]
    .filter(({ level }) => !blind || level !== "normal")
    .map((word) => ({
      source: kind,
      sourceId: id,
      connection,
      region,
      ...(projectId === undefined ? {} : { project: projectId }),
      ...word,
      ...(RESOURCE_TYPES[kind] === undefined ? {} : { "resource.type": RESOURCE_TYPES[kind] }),
      ...(WITHOUT_REASON.includes(kind) ? { reason: null } : {}),
      ...(kind === "service-updates" ? { reason: word.type! } : {}),
    }));
  const targets = (source.targets ?? [undefined]).map((target): Candidate => {
    const labels: Record<string, string> = { ...source.labels, ...target?.labels };
    const known = names.map((name) => [`labels.${name}`, labels[name]] as const);
    return { ...(target === undefined ? {} : { "resource.id": target.id }), ...Object.fromEntries(known) };
  });
  return targets.flatMap((target) => words.map((word) => ({ ...word, ...target })));
}

/** Every label that a source or a target gives. */
function labelNames(sources: readonly SourceConfig[]): string[] {
  const givers = sources.flatMap(({ labels, targets = [] }) => [
    labels,
    ...targets.map((target) => target.labels ?? {}),
  ]);
  return [...new Set(givers.flatMap((labels) => Object.keys(labels)))].sort();
}
