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
  /** What discovery lists; null: nothing, the target is the project itself, or all targets are named. */
  lists: "services" | "pools" | "training-jobs" | null;
  /** A health check: one read looks at all that a source watches, and finds what changed since the one before. */
  checks?: true;
  /** How long after its time an event may appear and is still found, by default; ms. */
  lateness: number;
  /** Whether one request can ask for abnormal events alone. */
  filtersLevels: boolean;
  /** Whose endpoint is asked; null: none of a cloud's, and its sources have no connection. */
  api: "modelarts" | "ces" | null;
  /** The permissions that its documents name: to read events, and to list targets. */
  permissions: { read: string; list: string };
}

/** What a health check says of a target that is not there any more; one that the configuration names is missed. */
const GONE = [
  { type: "gone", level: "normal" },
  { type: "gone", level: "warning" },
] as const;

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
  "service-status": {
    words: [
      { type: "running", level: "normal" },
      { type: "deploying", level: "normal" },
      { type: "concerning", level: "warning" },
      { type: "failed", level: "error" },
      { type: "stopped", level: "normal" },
      { type: "finished", level: "normal" },
      { type: "stopping", level: "normal" },
      { type: "deleting", level: "normal" },
      { type: "pending", level: "normal" },
      { type: "waiting", level: "normal" },
      ...GONE,
    ],
    reason: "own",
    resourceType: "service",
    lists: "services",
    checks: true,
    lateness: 0,
    filtersLevels: false,
    api: "modelarts",
    permissions: { read: "modelarts:service:list", list: "modelarts:service:list" },
  },
  "pool-status": {
    words: [
      { type: "Running", level: "normal" },
      // With abnormal nodes.
      { type: "Running", level: "warning" },
      { type: "Creating", level: "normal" },
      { type: "Waiting", level: "normal" },
      { type: "Deleting", level: "normal" },
      { type: "Abnormal", level: "error" },
      { type: "Error", level: "error" },
      { type: "CreationFailed", level: "error" },
      { type: "ScalingFailed", level: "error" },
      ...GONE,
    ],
    reason: "own",
    resourceType: "pool",
    lists: "pools",
    checks: true,
    lateness: 0,
    filtersLevels: false,
    api: "modelarts",
    permissions: { read: "modelarts:pool:list", list: "modelarts:pool:list" },
  },
  "job-status": {
    words: [
      { type: "Running", level: "normal" },
      { type: "Creating", level: "normal" },
      { type: "Pending", level: "normal" },
      { type: "Completed", level: "normal" },
      { type: "Terminating", level: "normal" },
      { type: "Terminated", level: "normal" },
      { type: "Failed", level: "error" },
      { type: "Abnormal", level: "error" },
      ...GONE,
    ],
    reason: "own",
    resourceType: "training-job",
    lists: "training-jobs",
    checks: true,
    lateness: 0,
    filtersLevels: false,
    api: "modelarts",
    permissions: { read: "modelarts:trainJob:list", list: "modelarts:trainJob:list" },
  },
  http: {
    words: [
      { type: "up", level: "normal" },
      // It is slow, or its certificate is about to expire.
      { type: "up", level: "warning" },
      { type: "down", level: "error" },
      ...GONE,
    ],
    reason: "own",
    resourceType: "endpoint",
    lists: null,
    checks: true,
    lateness: 0,
    filtersLevels: false,
    api: null,
    permissions: { read: "", list: "" },
  },
} as const satisfies Record<string, SourceKindFacts>;

export type SourceKind = keyof typeof FACTS;
export const sourceKinds: Readonly<Record<SourceKind, SourceKindFacts>> = FACTS;
export const SOURCE_KINDS = Object.keys(FACTS) as [SourceKind, ...SourceKind[]];

/** The facts of a kind as a file names it, which may be none. */
export function factsOf(kind: unknown): SourceKindFacts | undefined {
  return SOURCE_KINDS.includes(kind as SourceKind) ? sourceKinds[kind as SourceKind] : undefined;
}

/** Whether a source of the kind is one target by itself, the project or all that it watches: its events name others. */
export function isProjectWide(kind: SourceKind): boolean {
  const { lists, checks } = sourceKinds[kind];
  return lists === null || checks === true;
}

/** Whether a source of the kind watches what the configuration names, or discovery finds, at once. */
export function isCheck(kind: SourceKind): boolean {
  return sourceKinds[kind].checks === true;
}

/** The one target of a source that is a target by itself. */
export function ownTarget({ kind, id }: { kind: SourceKind; id: string }, project: string): string {
  return isCheck(kind) ? id : project;
}

/** The targets that the configuration gives a source; undefined: they are found out. A health check is its own. */
export function namedTargets<T extends { id: string }>(source: {
  kind: SourceKind;
  id: string;
  targets: readonly T[] | undefined;
}): readonly (T | { id: string })[] | undefined {
  return isCheck(source.kind) ? [{ id: source.id }] : source.targets;
}

/**
 * The level of an API's own word, whatever its case. A word nobody documented is a warning: seen, but waking nobody.
 */
export function levelOfWord(kind: SourceKind, word: string | undefined): Level {
  const same = word?.toLowerCase();
  return sourceKinds[kind].words?.find(({ type }) => type.toLowerCase() === same)?.level ?? "warning";
}
