// Which rules own rows in the store: a rule that was removed, or whose meaning changed, closes its
// alerts silently and starts anew.

import { hashOf } from "../../model/hash.ts";
import { lookup } from "../../model/lookup.ts";
import { endAlert } from "../../rules/alert.ts";
import { type CompiledRule, rulePartition } from "../../rules/compile.ts";
import type { App } from "../deps.ts";
import { putInbox } from "../groups/inbox.ts";
import { putInhibitors, reconcileInhibition } from "../groups/inhibition.ts";
import { putEnd } from "../persistence/by-time.ts";
import { joinGeneration } from "../persistence/generation.ts";
import { inParts } from "../persistence/in-parts.ts";
import { type EndedRow, endedKey, REGISTRY, type RegistryRow, type RuleRow } from "../persistence/rows.ts";
import { keepProjectNames } from "../persistence/target-rows.ts";
import { announceClosed } from "./announce.ts";
import { forgetKeys } from "./keys.ts";
import { watchKnownTargets } from "./watched.ts";

const BATCH = 20;

/**
 * Makes this configuration the one that decides, and brings the store in line with its rules. Costs a few reads where
 * nothing changed. Throws Superseded where a newer configuration decides.
 */
export async function reconcileRules(app: App): Promise<void> {
  await joinGeneration(app);
  await keepProjectNames(app);
  const before = (await app.store.get<RegistryRow>(REGISTRY))?.data ?? {};
  const rules = [...app.rules.all, app.healthRule];
  const now: RegistryRow = Object.fromEntries(
    rules.map((rule) => [rule.config.id, registered(rule, lookup(before, rule.config.id), app.clock.now())]),
  );
  for (const [id, { since }] of Object.entries(now)) if (since !== undefined) app.observedSince.set(id, since);
  await reconcileInhibition(app);
  if (JSON.stringify(Object.entries(before).sort()) === JSON.stringify(Object.entries(now).sort())) return;
  for (const [id, { pk }] of Object.entries(before)) {
    if (lookup(now, id)?.pk !== pk) announceClosed(app, id, await closePartition(app, pk));
  }
  const isOther = ({ config: { id } }: CompiledRule, field: "pk" | "ends") =>
    lookup(before, id)?.[field] !== now[id]![field];
  for (const rule of rules) if (!isOther(rule, "pk") && isOther(rule, "ends")) await retimePartition(app, rule);
  const watching = rules.filter(({ config }) => config.absence?.over === "targets");
  if (watching.some((rule) => isOther(rule, "pk") || isOther(rule, "ends"))) await watchKnownTargets(app);
  await app.transact(async (unit) => {
    await unit.load([REGISTRY]);
    unit.put(REGISTRY, now);
  });
}

function registered(rule: CompiledRule, before: RegistryRow[string] | undefined, now: number): RegistryRow[string] {
  const { threshold, distinct, absence, expect, resolve } = rule.config;
  const times = [threshold, resolve, distinct, absence, expect].map((key) => key ?? null);
  const pk = rulePartition(rule);
  const since = before?.pk === pk ? before.since : now;
  return { pk, ends: hashOf(times, 8), ...(since === undefined ? {} : { since }) };
}

/** What ends the rule's alerts has changed: those that are open are looked at by the new terms. */
async function retimePartition(app: App, rule: CompiledRule): Promise<void> {
  const rows = await app.store.list<RuleRow>(rulePartition(rule));
  const open = rows.filter((row) => isWaiting(row.data));
  for (let from = 0; from < open.length; from += BATCH) {
    const batch = open.slice(from, from + BATCH);
    await app.transact(async (unit) => {
      await unit.load(batch);
      for (const key of batch) {
        const row = unit.value<RuleRow>(key);
        if (row === undefined || !isWaiting(row)) continue;
        unit.put(key, row, { queue: "timer", due: app.clock.now() });
      }
    });
  }
}

function isWaiting({ state }: RuleRow): boolean {
  return state.alert?.status === "firing" || state.next !== null;
}

/** Returns how many alerts were open. */
async function closePartition(app: App, pk: string): Promise<number> {
  const rows = await app.store.list<RuleRow>(pk);
  let closed = 0;
  for (let from = 0; from < rows.length; from += BATCH) {
    const counts = await inParts(app, rows.slice(from, from + BATCH), async (unit, batch) => {
      const at = app.clock.now();
      await unit.load(batch);
      const closing = batch.flatMap((row) => unit.value<RuleRow>(row) ?? []);
      const open = closing.filter(({ state }) => state.alert?.status === "firing");
      await unit.load(open.map(({ state }) => endedKey(state.alert!.id)));
      await putInhibitors(
        app,
        unit,
        closing.map((before) => ({ before, after: undefined })),
        at,
      );
      for (const { state, groups } of open) {
        const end: EndedRow = { alert: endAlert(state.alert!, at), groups };
        unit.put(endedKey(end.alert.id), end, { expires: at + app.config.history });
        putEnd(app, unit, end, at);
      }
      // Their groups find out that the rule is gone, and let go of them.
      const waking = [...new Set(open.flatMap(({ groups }) => groups))].map((id) => ({ id, due: at }));
      putInbox(app, unit, `closed/${hashOf([pk, batch[0]!.sk], 16)}`, waking, at);
      for (const row of batch) unit.delete(row);
      return open.length;
    });
    closed += counts.reduce((sum, count) => sum + count, 0);
  }
  await forgetKeys(app, pk);
  return closed;
}
