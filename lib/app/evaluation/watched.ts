// `absence` over targets: every target is watched from its first complete read until it has ended,
// whether it ever had an event or not.

import type { SourceConfig } from "../../model/config.ts";
import { hashOf } from "../../model/hash.ts";
import { namedTargets, sourceKinds } from "../../model/source-kinds.ts";
import { type CompiledRule, rulePartition } from "../../rules/compile.ts";
import { emptyState, type KeyState } from "../../rules/state.ts";
import { disarm, isWatched, type Watch, watchesOf, watchFrom } from "../../rules/watch.ts";
import type { Target } from "../../sources/port.ts";
import { rowId } from "../../store/ops.ts";
import { RowDamaged } from "../../store/port.ts";
import { connectionOf } from "../connections/none.ts";
import type { App } from "../deps.ts";
import { putChanges } from "../groups/transitions.ts";
import { inParts } from "../persistence/in-parts.ts";
import type { DiscoveredTarget, RuleRow, TargetRow } from "../persistence/rows.ts";
import { isIn, listSources, type Shard } from "../persistence/shard-rows.ts";
import { isFatal } from "../persistence/superseded.ts";
import { targetKey } from "../persistence/target-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { announce } from "./announce.ts";

/** Targets that are looked at together: as many as one commit has place for, each with a rule or two. */
const AT_ONCE = 80;

/** Begins to watch a target that was read completely up to `at` (ms). */
export async function watchTarget(
  app: App,
  unit: Unit,
  source: SourceConfig,
  target: Target,
  at: number,
): Promise<void> {
  await watch(app, unit, source, target, at, () => false);
}

async function watch(
  app: App,
  unit: Unit,
  source: SourceConfig,
  target: Target,
  at: number,
  passOver: (rule: CompiledRule, state: KeyState) => boolean,
): Promise<void> {
  await arm(app, unit, watchesFor(app, source, target, at), at, passOver);
}

async function arm(
  app: App,
  unit: Unit,
  watches: readonly Watch[],
  at: number,
  passOver: (rule: CompiledRule, state: KeyState) => boolean,
): Promise<void> {
  if (watches.length === 0) return;
  await unit.load(watches);
  const changes = watches.flatMap((watch) => {
    const state = unit.value<RuleRow>(watch)?.state ?? emptyState(watch.key);
    if (passOver(watch.rule, state)) return [];
    const next = watchFrom(watch.rule, state, watch.event, at);
    return next === state ? [] : [{ rule: watch.rule, state: next, transitions: [] }];
  });
  await putChanges(app, unit, changes, app.clock.now());
}

/**
 * Watches a target that was read completely up to `at` (ms) and that nobody watches: its source has it anew. What is
 * watched already goes on as it was.
 */
export async function watchAgain(app: App, source: SourceConfig, target: Target, at: number): Promise<void> {
  if (watchesFor(app, source, target, at).length === 0) return;
  await app.transact((unit) => watch(app, unit, source, target, at, isWatched));
}

/**
 * Which rules over targets there are, under which configuration: where it differs, known targets may be unwatched,
 * since a rule is new or over targets now. Undefined: there are none.
 */
export function watchersOf({ rules, generation }: App): string | undefined {
  const watching = rules.all.filter(({ config }) => config.absence?.over === "targets").map(rulePartition);
  return watching.length === 0 ? undefined : `${generation.own}/${hashOf([watching.sort()], 16)}`;
}

/**
 * Of these targets, those that were read completely before are watched from `at` (ms) on; what is watched already costs
 * reads alone. Returns those that it did not come to: the signal aborted, or a row of theirs could not be read.
 */
export async function watchKnown(
  app: App,
  source: SourceConfig,
  targets: readonly Target[],
  at: number,
  signal?: AbortSignal,
): Promise<Target[]> {
  const left: Target[] = [];
  for (let from = 0; from < targets.length; from += AT_ONCE) {
    if (signal?.aborted) return [...left, ...targets.slice(from)];
    left.push(...(await watchSome(app, source, targets.slice(from, from + AT_ONCE), at)));
  }
  return left;
}

async function watchSome(app: App, source: SourceConfig, targets: readonly Target[], at: number): Promise<Target[]> {
  try {
    const watches = await unwatched(app, source, targets, at);
    // Targets may share a key; it is watched once.
    const distinct = [...new Map(watches.map((watch) => [rowId(watch), watch])).values()];
    await inParts(app, distinct, (unit, some) => arm(app, unit, some, at, isWatched));
    return [];
  } catch (error) {
    if (isFatal(error)) throw error;
    if (targets.length === 1 || !(error instanceof RowDamaged)) {
      const fields = { source: source.id, targets: targets.length, error: app.redact((error as Error).message) };
      app.log.warn("targets are not watched for silence yet", fields);
      return [...targets];
    }
    const half = targets.length >> 1;
    const halves = [targets.slice(0, half), targets.slice(half)];
    const left = [];
    for (const some of halves) left.push(...(await watchSome(app, source, some, at)));
    return left;
  }
}

async function unwatched(app: App, source: SourceConfig, targets: readonly Target[], at: number): Promise<Watch[]> {
  const watches = new Map(targets.map((target) => [target, watchesFor(app, source, target, at)]));
  const all = [...watches.values()].flat();
  if (all.length === 0) return [];
  const states = new Map((await app.store.getMany<RuleRow>(all)).map((row) => [rowId(row), row.data.state]));
  const isNew = (watch: Watch) => !isWatched(watch.rule, states.get(rowId(watch)) ?? emptyState(watch.key));
  const some = targets.filter((target) => watches.get(target)!.some(isNew));
  const keys = new Map(
    await Promise.all(some.map(async (one) => [one, await targetKey(app, source, one.id)] as const)),
  );
  const rows = new Map((await app.store.getMany<TargetRow>([...keys.values()])).map((row) => [rowId(row), row.data]));
  return some.flatMap((target) => {
    const row = rows.get(rowId(keys.get(target)!));
    // Of one that is still to be read for the first time, that read begins the watch.
    return row === undefined || row.learning !== undefined ? [] : watches.get(target)!.filter(isNew);
  });
}

/** A target and the source that has it. */
export interface Watched {
  source: SourceConfig;
  target: Target;
  /** It was not read completely since it came, or came back. */
  unread?: boolean;
}

/** All targets that are not known to have ended; `own` are those of a shard of `source`, as it knows them by now. */
export async function livingTargets(
  app: App,
  source: SourceConfig,
  shard: Shard,
  own: readonly DiscoveredTarget[],
): Promise<Watched[]> {
  const all = await listSources(app, { whole: true });
  const rows = new Map(all.map(({ sk, data }) => [sk, data]));
  return app.config.sources.flatMap((other) => {
    const known = rows.get(other.id)?.discovered?.targets ?? [];
    const discovered = other.id === source.id ? [...known.filter(({ id }) => !isIn(shard, id)), ...own] : known;
    const found = discovered.filter(({ endedSeen }) => endedSeen === undefined);
    const named = namedTargets(other)?.map((target): Watched => ({ source: other, target }));
    return named ?? found.map((target): Watched => ({ source: other, target, unread: target.unread === true }));
  });
}

/**
 * These targets have ended: nobody waits for their events any more, and what their silence opened is over; but for keys
 * that they share with one of the `living`.
 */
export async function dropTargets(
  app: App,
  source: SourceConfig,
  targets: readonly Target[],
  living: () => Promise<readonly Watched[]>,
): Promise<void> {
  const now = app.clock.now();
  const all = targets.flatMap((target) => watchesFor(app, source, target, now));
  const watches = new Map(all.map((watch) => [rowId(watch), watch]));
  if (watches.size === 0) return;
  const kept = new Set((await sharing(app, watches, living)).flatMap(({ keys }) => keys));
  const over = [...watches.values()].filter((watch) => !kept.has(rowId(watch)));
  for (let from = 0; from < over.length; from += AT_ONCE) {
    const parts = await inParts(app, over.slice(from, from + AT_ONCE), (unit, some) => release(app, unit, some, now));
    for (const { groups, transitions } of parts) {
      announce(app, transitions);
      if (transitions.length > 0) await app.bus.publish(transitions, groups);
    }
  }
  // Another run may have listed a target in between that was watched under such a key: it is watched again. One that is
  // listed later sees for itself (poll-shard.ts).
  for (const { source, targets } of await sharing(app, watches, living)) await watchKnown(app, source, targets, now);
}

async function release(app: App, unit: Unit, watches: readonly Watch[], now: number) {
  await unit.load(watches);
  const changes = watches.flatMap((watch) => {
    const row = unit.value<RuleRow>(watch);
    return row ? [{ rule: watch.rule, ...disarm(watch.rule, row.state, now) }] : [];
  });
  const groups = await putChanges(app, unit, changes, now);
  return { groups, transitions: changes.flatMap(({ transitions }) => transitions) };
}

/** By source, the living targets that share some of these keys, and which. */
async function sharing(
  app: App,
  watches: ReadonlyMap<string, Watch>,
  living: () => Promise<readonly Watched[]>,
): Promise<{ source: SourceConfig; targets: Target[]; keys: string[] }[]> {
  const now = app.clock.now();
  const shared = (await living()).flatMap(({ source, target, unread }) => {
    const keys = watchesFor(app, source, target, now).map(rowId);
    return keys.some((key) => watches.has(key)) ? [{ source, target, unread, keys }] : [];
  });
  return [...Map.groupBy(shared, ({ source }) => source)].map(([source, some]) => ({
    source,
    targets: some.filter(({ unread }) => !unread).map(({ target }) => target),
    keys: some.flatMap(({ keys }) => keys),
  }));
}

function watchesFor(app: App, source: SourceConfig, target: Target, at: number): Watch[] {
  const { config } = connectionOf(app, source);
  const resource = { type: sourceKinds[source.kind].resourceType, id: target.id, name: target.name ?? target.id };
  const { id, kind, connection } = source;
  const subject = {
    source: kind,
    sourceId: id,
    connection,
    region: config.region,
    resource,
    labels: { ...source.labels, ...target.labels },
  };
  return watchesOf(app.rules, subject, at);
}
