// The table of what a source kind is: everything that other rooms know about a kind stands here,
// its adapter is in lib/sources.
// Invariant: outside of the adapters and the simulated cloud no file tells one kind from another by its name.

const MINUTE = 60_000;

export const LEVELS = ["normal", "warning", "error", "critical"] as const;
export type Level = (typeof LEVELS)[number];

/** What is known of a kind before any of its events. */
export interface SourceKindFacts {
  /** How each of the API's own words becomes an event's `type` and `level`; null: any word may come at any level. */
  words: readonly { type: string; level: Level }[] | null;
  /** The word of an event that a rule test makes up, where any may come. */
  anyWord?: string;
  /** An event's `reason`: the API's own, the same as its `type`, or none. */
  reason: "own" | "type" | "none";
  /** `resource.type` of its targets. */
  resourceType: string;
  /** What discovery lists; null: the target is the project itself, and its events name resources of their own. */
  lists: "services" | "pools" | "training-jobs" | null;
  /** How long after its time an event may appear and is still found, by default; ms. */
  lateness: number;
  /** Whether one request can ask for abnormal events alone. */
  filtersLevels: boolean;
  /** Whose endpoint is asked. */
  api: "modelarts" | "ces";
  /** The permissions that its documents name: to read events, and to list targets. */
  permissions: { read: string; list: string };
}

const FACTS = {
  "service-events": {
    words: [
      { type: "normal", level: "normal" },
      { type: "abnormal", level: "error" },
    ],
    reason: "none",
    resourceType: "service",
    lists: "services",
    lateness: 10 * MINUTE,
    filtersLevels: true,
    api: "modelarts",
    permissions: { read: "modelarts:service:getEvents", list: "modelarts:service:list" },
  },
  "pool-events": {
    words: [
      { type: "Normal", level: "normal" },
      { type: "Warning", level: "warning" },
    ],
    reason: "own",
    resourceType: "pool",
    lists: "pools",
    lateness: 10 * MINUTE,
    filtersLevels: true,
    api: "modelarts",
    permissions: { read: "modelarts:pool:get", list: "modelarts:pool:list" },
  },
  "service-updates": {
    words: [
      { type: "SUCCESS", level: "normal" },
      { type: "RUNNING", level: "normal" },
      { type: "FAIL", level: "error" },
    ],
    reason: "type",
    resourceType: "service",
    lists: "services",
    lateness: 10 * MINUTE,
    filtersLevels: false,
    api: "modelarts",
    permissions: { read: "modelarts:service:getLogs", list: "modelarts:service:list" },
  },
  "training-events": {
    words: [
      { type: "Info", level: "normal" },
      { type: "Warning", level: "warning" },
      { type: "Error", level: "error" },
    ],
    reason: "none",
    resourceType: "training-job",
    lists: "training-jobs",
    lateness: 10 * MINUTE,
    filtersLevels: false,
    api: "modelarts",
    permissions: { read: "modelarts:trainJob:listEvents", list: "modelarts:trainJob:list" },
  },
  "cloud-eye-events": {
    words: null,
    anyWord: "EVENT.SYS",
    reason: "own",
    resourceType: "project",
    lists: null,
    // Cloud Eye shows an event up to an hour after it happened.
    lateness: 70 * MINUTE,
    filtersLevels: false,
    api: "ces",
    permissions: { read: "ces:events:list and ces:events:get", list: "" },
  },
} as const satisfies Record<string, SourceKindFacts>;

export type SourceKind = keyof typeof FACTS;
export const sourceKinds: Readonly<Record<SourceKind, SourceKindFacts>> = FACTS;
export const SOURCE_KINDS = Object.keys(FACTS) as [SourceKind, ...SourceKind[]];

/** The facts of a kind as a file names it, which may be none. */
export function factsOf(kind: unknown): SourceKindFacts | undefined {
  return SOURCE_KINDS.includes(kind as SourceKind) ? sourceKinds[kind as SourceKind] : undefined;
}

/** Whether a source of the kind polls the project itself: nothing is named or discovered. */
export function isProjectWide(kind: SourceKind): boolean {
  return sourceKinds[kind].lists === null;
}

/**
 * The level of an API's own word, whatever its case. A word nobody documented is a warning: seen, but waking nobody.
 */
export function levelOfWord(kind: SourceKind, word: string | undefined): Level {
  const same = word?.toLowerCase();
  return sourceKinds[kind].words?.find(({ type }) => type.toLowerCase() === same)?.level ?? "warning";
}
