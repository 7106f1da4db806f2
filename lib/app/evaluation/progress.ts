// How far every target has been read: what a rule's deadlines wait for.

import type { SourceConfig } from "../../model/config.ts";
import type { Event } from "../../model/event.ts";
import { lookup } from "../../model/lookup.ts";
import { isProjectWide, namedTargets } from "../../model/source-kinds.ts";
import type { CompiledRule } from "../../rules/compile.ts";
import type { App } from "../deps.ts";
import type { SourceRow } from "../persistence/rows.ts";
import { listSources } from "../persistence/source-rows.ts";

export interface Progress {
  /**
   * Reads the source rows, once; before that nothing counts as read but what was noted. An idle poll never needs it.
   */
  ready(): Promise<void>;
  /**
   * Up to where every target that may feed the rule's key has been read completely; ms. `own` is what is about to be
   * committed of one target, and counts for this question alone.
   */
  readTo(rule: CompiledRule, key: Record<string, unknown>, own?: OwnProgress): number;
  /** A run of the source begins, over these targets; up to `asOf` (ms) there were no others. */
  begin(sourceId: string, targets: readonly string[], asOf: number): void;
  /** Notes that a target has been read at least this far; ms. */
  note(sourceId: string, target: string, readTo: number): void;
  /** A target's read failed: this far it is read for certain; ms. */
  fail(sourceId: string, target: string, readTo: number | null): void;
}

/** A target and what will have been read of it once its slice is committed. Times in ms. */
export interface OwnProgress {
  sourceId: string;
  target: string;
  readTo: number;
  /** Its floor: nothing before it is ever read. */
  since: number;
  /** When its first poll began, where this is still it. */
  learning: number | undefined;
  /** Whether the event's target has ended; default: none has. */
  isOver?(event: Event): boolean;
}

/** What this run knows of a source beyond its row. */
interface Own {
  known: ReadonlySet<string> | undefined;
  /** Up to when it knows all targets; ms. */
  asOf: number;
  /** ms */
  targets: Map<string, number>;
}

const NEVER = Number.NEGATIVE_INFINITY;
const ALWAYS = Number.POSITIVE_INFINITY;

export function createProgress(
  sources: readonly SourceConfig[],
  loadRows: () => Promise<ReadonlyMap<string, SourceRow>>,
): Progress {
  const own = new Map(
    sources.map((source): [string, Own] => [source.id, { known: undefined, asOf: NEVER, targets: new Map() }]),
  );
  let rows: ReadonlyMap<string, SourceRow> = new Map();
  let readTos: ReadonlyMap<string, (target: string) => number | null> = new Map();
  let loading: Promise<void> | undefined;

  async function load(): Promise<void> {
    rows = await loadRows();
    readTos = new Map([...rows].map(([id, row]) => [id, readToIn(row)]));
  }
  function targetReadTo(source: SourceConfig, id: string, slice: OwnProgress | undefined): number {
    const noted = own.get(source.id)!.targets.get(id);
    const known = noted ?? readTos.get(source.id)?.(id) ?? NEVER;
    return slice?.sourceId === source.id && slice.target === id ? Math.max(slice.readTo, known) : known;
  }
  function feedReadTo(source: SourceConfig, key: Record<string, unknown>, slice: OwnProgress | undefined): number {
    if (!mayFeed(source, key)) return ALWAYS;
    const row = rows.get(source.id);
    const { known, unknown } = knownOf(source, row, own.get(source.id)!);
    // Where the target is the project, resources say nothing about which target they come from.
    const resource = isProjectWide(source.kind) ? undefined : key["resource.id"];
    if (typeof resource === "string") {
      return known && !known.has(resource) ? unknown : targetReadTo(source, resource, slice);
    }
    const ids = known ?? new Set(Object.keys(row?.failing ?? {}));
    return Math.min(unknown, ...[...ids].map((id) => targetReadTo(source, id, slice)));
  }
  return {
    ready: () => (loading ??= load()),
    readTo: (rule, key, slice) => Math.min(...rule.feeds.map((source) => feedReadTo(source, key, slice))),
    begin(sourceId, targets, asOf) {
      Object.assign(own.get(sourceId)!, { known: new Set(targets), asOf });
    },
    note(sourceId, target, readTo) {
      const { targets } = own.get(sourceId)!;
      targets.set(target, Math.max(readTo, targets.get(target) ?? readTo));
    },
    fail: (sourceId, target, readTo) => void own.get(sourceId)!.targets.set(target, readTo ?? NEVER),
  };
}

/** Whether events of the source can have the key. */
function mayFeed({ kind, id, connection }: SourceConfig, key: Record<string, unknown>): boolean {
  const fixed = { source: kind, sourceId: id, connection };
  return Object.entries(fixed).every(([field, value]) => !Object.hasOwn(key, field) || key[field] === value);
}

/** The targets that are known of a source, and up to when there were no others; ms. */
function knownOf(source: SourceConfig, row: SourceRow | undefined, run: Own) {
  const named = namedTargets(source);
  const list = named ?? row?.discovered?.targets;
  const known = run.known ?? (list && new Set(list.map(({ id }) => id)));
  // Since the last discovery a target may have come to be, or come back, and have events that nobody has read.
  const listed = named ? ALWAYS : (row?.discovered?.at ?? NEVER);
  return { known, unknown: run.known ? run.asOf : known ? listed : (row?.completeTo ?? NEVER) };
}

/** From a target's id to when it was last read completely; ms, null where the source never did. */
export function readToIn(row: SourceRow | undefined): (target: string) => number | null {
  const { completeTo = null, knownTo, failing = {} } = row ?? {};
  const known = row && knownIn(row);
  return (target) => {
    const failed = lookup(failing, target);
    if (failed) return failed.readTo;
    if (known === undefined) return completeTo;
    return known.has(target) ? (knownTo ?? completeTo) : null;
  };
}

/**
 * The targets that the last run had and read, unless it says otherwise of one; undefined: rows of
 * older releases do not tell.
 */
function knownIn({ named, discovered }: SourceRow): ReadonlySet<string> | undefined {
  if (named !== undefined) return new Set(named);
  return discovered && new Set(discovered.targets.filter(({ unread }) => !unread).map(({ id }) => id));
}

/** Progress of all sources, as their rows say when it is first needed. */
export function progressOf(app: App): Progress {
  return createProgress(app.config.sources, async () => {
    const rows = await listSources(app);
    return new Map(rows.map((row) => [row.sk, row.data]));
  });
}
