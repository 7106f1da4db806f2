// What an explanation reads of the store: each row at most once, however many events are explained,
// and nothing is written.

import { type Group, groupPartition, type Member } from "../../alerts/group.ts";
import type { Alert } from "../../model/alert.ts";
import { lookup } from "../../model/lookup.ts";
import { type CompiledRule, rulePartition, stateRow } from "../../rules/compile.ts";
import type { Key } from "../../store/port.ts";
import { type Delivery, deliveriesNaming, readDeliveries } from "../delivery/deliver.ts";
import type { App } from "../deps.ts";
import { readKeys } from "../evaluation/keys.ts";
import { foldGroup, type GroupRow } from "../groups/inbox.ts";
import {
  ENDED,
  type EndedRow,
  endedKey,
  REGISTRY,
  type RegistryRow,
  type RuleRow,
  type TargetRow,
} from "../persistence/rows.ts";
import { targetKey } from "../persistence/target-rows.ts";

/** A group that still has something to notify, or may. */
export interface KnownGroup {
  group: Group;
  members: readonly Member[];
}

/** An alert that is open or has ended within `history`, and the ids of the groups it belongs or belonged to. */
export interface KnownAlert {
  alert: Alert;
  groups: readonly string[];
}

export interface Reader {
  /** What the rule keeps for a key; undefined where it keeps nothing (any more). */
  state(key: Key): Promise<RuleRow | undefined>;
  /** Since when a target is read (ms), and whether its first poll goes on. */
  target(sourceId: string, target: string): Promise<{ since: number; learning: number | undefined }>;
  /** Since when each rule evaluates; ms, by rule id. */
  observedSince(): Promise<Map<string, number>>;
  /** How many keys the rule keeps. */
  keys(rule: CompiledRule): Promise<number>;
  /** Every alert of the rule and key that is known, the newest first. */
  alerts(rule: CompiledRule, key: Record<string, unknown>): Promise<KnownAlert[]>;
  /** The ids of the groups that an alert belongs or belonged to. */
  groupsOf(rule: CompiledRule, alert: Alert): Promise<readonly string[]>;
  /** Undefined where the group has ended. */
  group(id: string): Promise<KnownGroup | undefined>;
  /** Those that name the alert, oldest first. */
  deliveries(alert: Pick<Alert, "id" | "startsAt">): Promise<Delivery[]>;
  delivery(id: string): Promise<Delivery | undefined>;
}

export function createReader(app: App): Reader {
  const states = new Map<string, Promise<RuleRow | undefined>>();
  const groups = new Map<string, Promise<KnownGroup | undefined>>();
  const ended = once(async () => {
    const rows = await app.store.list<EndedRow>(ENDED);
    return Map.groupBy(rows, ({ data }) => nameOf(data.alert.rule, data.alert.key));
  });
  const naming = new Map<string, Promise<Delivery[]>>();
  const deliveries = new Map<string, Promise<Delivery | undefined>>();

  async function readState({ pk, sk }: Key): Promise<RuleRow | undefined> {
    return (await app.store.get<RuleRow>({ pk, sk }))?.data;
  }
  async function readGroup(id: string): Promise<KnownGroup | undefined> {
    const known = foldGroup(await app.store.list<GroupRow>(groupPartition(id)));
    return known.group && known;
  }
  const observedSince = once(async () => {
    const registry = (await app.store.get<RegistryRow>(REGISTRY))?.data ?? {};
    return new Map(
      app.rules.all.map((rule): [string, number] => {
        const known = lookup(registry, rule.config.id);
        // A rule that no process has run yet would begin now.
        return [rule.config.id, known?.pk === rulePartition(rule) ? (known.since ?? 0) : app.clock.now()];
      }),
    );
  });
  const state = (key: Key) => remember(states, `${key.pk}/${key.sk}`, () => readState(key));
  return {
    state,
    async target(sourceId, target) {
      const source = app.config.sources.find(({ id }) => id === sourceId);
      const row = source && (await app.store.get<TargetRow>(await targetKey(app, source, target)))?.data;
      return { since: row?.cursor.floor ?? 0, learning: row?.learning };
    },
    observedSince,
    async keys(rule) {
      return (await readKeys(app, rulePartition(rule)))?.count ?? 0;
    },
    async alerts(rule, key) {
      const open = await state(stateRow(rule, key));
      const rows = (await ended()).get(nameOf(rule.config.id, key)) ?? [];
      const current = open?.state.alert ? [{ alert: open.state.alert, groups: open.groups }] : [];
      const past = rows.map(({ data }) => data).filter(({ alert }) => alert.id !== open?.state.alert?.id);
      return [...current, ...past.sort((a, b) => (a.alert.startsAt < b.alert.startsAt ? 1 : -1))];
    },
    async groupsOf(rule, { id, key }) {
      const open = await state(stateRow(rule, key));
      if (open?.state.alert?.id === id) return open.groups;
      return (await app.store.get<EndedRow>(endedKey(id)))?.data.groups ?? [];
    },
    group: (id) => remember(groups, id, () => readGroup(id)),
    deliveries: (alert) => remember(naming, alert.id, () => deliveriesNaming(app, alert)),
    delivery: (id) => remember(deliveries, id, async () => (await readDeliveries(app, [id]))[0]),
  };
}

export function nameOf(rule: string, key: Record<string, unknown>): string {
  return JSON.stringify([rule, Object.entries(key).sort()]);
}

function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined;
  return () => (reading ??= read());
}

function remember<T>(known: Map<string, Promise<T>>, name: string, read: () => Promise<T>): Promise<T> {
  const before = known.get(name);
  if (before !== undefined) return before;
  const reading = read();
  known.set(name, reading);
  return reading;
}
