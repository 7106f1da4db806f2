// What really happened in the simulated cloud, kept apart from everything Lookout does: the judge's only source.
import type { SourceKind } from "../../lib/model/source-kinds.ts";

/** Something that happened. Times in ms, of the cloud's clock. */
export interface Occurrence {
  source: SourceKind;
  target: string;
  /** Equal for what nobody can tell apart; see keyOf. */
  key: string;
  t: number;
  /** When the API began to show it. */
  shownAt: number;
  /** Stands for an update that still runs: shown until its result is known, so it may never be seen. */
  passing?: boolean;
}

export interface Truth {
  readonly occurrences: readonly Occurrence[];
  record(occurrence: Occurrence): void;
  /** How many occurrences a target has had. */
  sizeOf(source: SourceKind, target: string): number;
  /** How often this has happened, by nameOf. */
  countOf(name: string): number;
  /** Targets the API has forgotten, with all that they held. */
  deleted: Set<string>;
  /** When a target came to be; ms. */
  createdAt: Map<string, number>;
  /** Since when a target does not always meet what discovery asks for; ms. */
  left: Map<string, number>;
  /** Until when it last did not meet it, where it ever did not; ms. */
  away: Map<string, number>;
  /** What the API shows in a shape that nobody can read, by nameOf. */
  spoilt: Set<string>;
}

export function createTruth(): Truth {
  const occurrences: Occurrence[] = [];
  const sizes = new Map<string, number>();
  const counts = new Map<string, number>();
  return {
    occurrences,
    record(occurrence) {
      occurrences.push(occurrence);
      const place = join(occurrence.source, occurrence.target);
      sizes.set(place, (sizes.get(place) ?? 0) + 1);
      const name = nameOf(occurrence);
      counts.set(name, (counts.get(name) ?? 0) + 1);
    },
    sizeOf: (source, target) => sizes.get(join(source, target)) ?? 0,
    countOf: (name) => counts.get(name) ?? 0,
    deleted: new Set(),
    createdAt: new Map(),
    left: new Map(),
    away: new Map(),
    spoilt: new Set(),
  };
}

/** What tells an item of an API from others, in the terms of the occurrence it stands for. */
// biome-ignore lint/suspicious/noExplicitAny: the APIs' own items, looked into field by field
export function keyOf(source: SourceKind, raw: any): string {
  switch (source) {
    case "service-events":
      return join(raw.occur_time, raw.event_type, raw.event_info);
    case "training-events":
      return join(raw.time, raw.level, raw.source, raw.message);
    case "pool-events":
      return join(raw.type, raw.reason, raw.message, raw.firstTimestamp);
    case "service-updates":
      return join(raw.update_time, raw.config[0].model_name, raw.result);
    case "cloud-eye-events":
      return raw.event_id ?? raw.event_name;
    default:
      throw new Error(`the simulation has no source of kind ${source}`);
  }
}

export function join(...parts: unknown[]): string {
  return parts.join(" | ");
}

/** Target and key in one text. */
export function nameOf({ source, target, key }: Pick<Occurrence, "source" | "target" | "key">): string {
  return join(source, target, key);
}
