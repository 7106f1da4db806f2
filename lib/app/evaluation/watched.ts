// `absence` over targets: every target is watched from its first complete read until it has ended,
// whether it ever had an event or not.

import type { SourceConfig } from "../../model/config.ts";
import { namedTargets, sourceKinds } from "../../model/source-kinds.ts";
import type { CompiledRule } from "../../rules/compile.ts";
import { emptyState, type KeyState } from "../../rules/state.ts";
import { disarm, isWatched, type Watch, watchesOf, watchFrom } from "../../rules/watch.ts";
import type { Target } from "../../sources/port.ts";
import { connectionOf } from "../connections/none.ts";
import type { App } from "../deps.ts";
import { putChanges } from "../groups/transitions.ts";
import type { DiscoveredTarget, RuleRow, TargetRow } from "../persistence/rows.ts";
import { isIn, listSources, type Shard } from "../persistence/shard-rows.ts";
import { targetKey } from "../persistence/target-rows.ts";
import type { Unit } from "../persistence/unit.ts";
import { announce } from "./announce.ts";

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
  const watches = watchesFor(app, source, target, at);
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

/** A rule is new, or is over targets now: those that were read completely before are watched from now on. */
export async function watchKnownTargets(app: App): Promise<void> {
  const rows = new Map((await listSources(app)).map(({ sk, data }) => [sk, data]));
  for (const source of app.config.sources) {
    const discovered = rows.get(source.id)?.discovered?.targets.filter(({ endedSeen }) => endedSeen === undefined);
    for (const target of namedTargets(source) ?? discovered ?? []) {
      const row = await app.store.get<TargetRow>(await targetKey(app, source, target.id));
      if (row === undefined || row.data.learning !== undefined) continue;
      await watchAgain(app, source, target, app.clock.now());
    }
  }
}

/** A target and the source that has it. */
export interface Watched {
  source: SourceConfig;
  target: Target;
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
    const targets = namedTargets(other) ?? discovered.filter(({ endedSeen }) => endedSeen === undefined);
    return targets.map((target) => ({ source: other, target }));
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
  const watched = targets.filter((target) => watchesFor(app, source, target, app.clock.now()).length > 0);
  if (watched.length === 0) return;
  const kept = new Set(
    (await living()).flatMap((one) =>
      watchesFor(app, one.source, one.target, app.clock.now()).map(({ pk, sk }) => `${pk}/${sk}`),
    ),
  );
  for (const target of watched) {
    const now = app.clock.now();
    const watches = watchesFor(app, source, target, now).filter(({ pk, sk }) => !kept.has(`${pk}/${sk}`));
    if (watches.length === 0) continue;
    const { groups, transitions } = await app.transact(async (unit) => {
      await unit.load(watches);
      const changes = watches.flatMap((watch) => {
        const row = unit.value<RuleRow>(watch);
        return row ? [{ rule: watch.rule, ...disarm(watch.rule, row.state, now) }] : [];
      });
      const groups = await putChanges(app, unit, changes, now);
      return { groups, transitions: changes.flatMap(({ transitions }) => transitions) };
    });
    announce(app, transitions);
    if (transitions.length > 0) await app.bus.publish(transitions, groups);
  }
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
