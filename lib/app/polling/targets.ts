// Which targets a source has: those the configuration names, or those discovery finds, with the
// floor each one starts from.
import type { SourceConfig } from "../../model/config.ts";
import { lookup } from "../../model/lookup.ts";
import { isProjectWide, ownTarget } from "../../model/source-kinds.ts";
import type { Target } from "../../sources/port.ts";
import type { App } from "../deps.ts";
import { readToIn } from "../evaluation/progress.ts";
import type { DiscoveredTarget, FailureKind, SourceRow } from "../persistence/rows.ts";
import { isIn, type Shard } from "../persistence/shard-rows.ts";
import { failureKind } from "./failure.ts";
import type { Listing } from "./listing.ts";

export interface ToPoll {
  target: Target;
  floor: number;
  /** It was not read completely since it came, or came back. */
  unread?: true;
  /** It has ended: read completely up to here it is read no more. ms */
  lastsUntil?: number;
}

export interface Targets {
  list: ToPoll[];
  /** They are not discovered. */
  named?: true;
  /** Up to when (ms) there were no others. */
  asOf: number;
  /** Present where discovery was asked and saw everything. */
  discovered?: { at: number; targets: DiscoveredTarget[] };
  /** Likewise: ids of those that another source reads, from where this one was. */
  elsewhere?: ReadonlySet<string>;
  /** Why discovery failed; `list` is then what was known before. */
  error?: string;
  errorKind?: FailureKind;
}

export async function targetsOf(
  app: App,
  source: SourceConfig,
  project: string,
  row: SourceRow | undefined,
  shard: Shard,
  listing: Listing,
  signal: AbortSignal,
): Promise<Targets> {
  const now = app.clock.now();
  // While nothing was ever read completely, the first try counts: what happened since then is not to be lost.
  const since = row && row.completeTo === null ? row.firstRunAt : now;
  const named = isProjectWide(source.kind) ? [{ id: ownTarget(source, project) }] : source.targets;
  if (named) {
    const own = shard.of === 1 ? named : named.filter(({ id }) => isIn(shard, id));
    return {
      list: own.map((target) => ({
        target,
        floor: lookup(row?.failing, target.id)?.floor ?? since - source.lookback,
      })),
      named: true,
      asOf: Number.POSITIVE_INFINITY,
    };
  }

  const before = row?.discovered;
  const due = (targets: readonly DiscoveredTarget[]) => toBePolled(targets, source, row);
  if (before && listing.serves(before.at)) return { list: due(before.targets), asOf: before.at };
  try {
    const { own: found, elsewhere, at } = await listing.list();
    const known = new Map(before?.targets.map((target) => [target.id, target]));
    // What a later discovery finds may have begun right after the last one that saw everything, or
    // after the last of the named.
    const newFloor = Math.min(now, before?.at ?? row?.completeTo ?? since) - source.lookback;
    const targets = found.map((target): DiscoveredTarget => {
      const earlier = known.get(target.id);
      // It may have failed ever since it came, and the list of those that are known be lost.
      const isBack = !target.ended && earlier?.endedSeen !== undefined;
      // Read to its last events, it is as new where it comes back when its row has expired: the old floor lies behind
      // what was read, and so may that of a new one, where nothing was discovered for long.
      const readTo = isBack ? (readToIn(row)(target.id) ?? 0) : 0;
      const isAsNew = isBack && readTo >= lastsUntil(source, earlier.endedSeen!);
      const ownFloor = isAsNew ? Math.max(newFloor, readTo) : earlier?.floor;
      const floor = ownFloor ?? lookup(row?.failing, target.id)?.floor ?? newFloor;
      const isKnown = earlier && !earlier.unread && !isBack;
      const unread = isKnown ? {} : { unread: true as const };
      return { ...target, floor, ...(target.ended && { endedSeen: earlier?.endedSeen ?? now }), ...unread };
    });
    const ids = new Set(found.map(({ id }) => id));
    // Deleted, or out of what the filter asks for: its last events are still to be read.
    for (const target of before?.targets ?? []) {
      if (ids.has(target.id) || elsewhere.has(target.id)) continue;
      const gone = { ...target, ended: true, endedSeen: target.endedSeen ?? now };
      if (due([gone]).length > 0) targets.push(gone);
    }
    return { list: due(targets), asOf: at, discovered: { at, targets }, elsewhere };
  } catch (error) {
    return {
      list: due(before?.targets ?? []),
      asOf: before?.at ?? Number.NEGATIVE_INFINITY,
      error: (error as Error).message,
      errorKind: failureKind(error, signal),
    };
  }
}

/**
 * Those to be polled: what has ended is read until its last events are surely in, what ended before its floor never.
 */
export function toBePolled(
  targets: readonly DiscoveredTarget[],
  source: SourceConfig,
  row: SourceRow | undefined,
): Targets["list"] {
  const readTo = readToIn(row);
  return targets
    .filter(({ endedAt, floor }) => endedAt === undefined || endedAt >= floor)
    .filter(({ id, endedSeen }) => endedSeen === undefined || (readTo(id) ?? 0) < lastsUntil(source, endedSeen))
    .map(({ floor, endedSeen, unread, ...target }) => ({
      target,
      // Of one that was read, the floor counts where its row has gone: what was read is not read again.
      floor: unread ? floor : Math.max(floor, readTo(target.id) ?? 0),
      ...(unread && { unread }),
      ...(endedSeen !== undefined && { lastsUntil: lastsUntil(source, endedSeen) }),
    }));
}

function lastsUntil({ lateness }: SourceConfig, endedSeen: number): number {
  return endedSeen + lateness;
}
