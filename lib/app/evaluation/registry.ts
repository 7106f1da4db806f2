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

const BATCH = 20;
/** Rows of a rule that are told at once that what ends it has changed: as many as one commit has place for. */
const RETIMED = 80;

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
  for (const rule of rules) {
    const { id } = rule.config;
    if (lookup(before, id)?.pk === now[id]!.pk && !isTimed(lookup(before, id), now[id]!)) {
      await retimePartition(app, rule, now[id]!);
    }
  }
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

/** Whether all that is open goes by these terms. */
function isTimed(before: RegistryRow[string] | undefined, { ends }: RegistryRow[string]): boolean {
  return before?.ends === ends && before.retimed === undefined;
}

/**
 * What ends the rule's alerts has changed: those that are open are looked at by the new terms. How far that has come is
 * part of each commit: whoever is killed on the way, or comes second, leaves no row to be done again.
 */
async function retimePartition(app: App, rule: CompiledRule, now: RegistryRow[string]): Promise<void> {
  const { id } = rule.config;
  const before = lookup((await app.store.get<RegistryRow>(REGISTRY))?.data, id);
  const after = before?.retimed?.ends === now.ends ? { after: before.retimed.upTo } : {};
  const rows = await app.store.list<RuleRow>(rulePartition(rule), after);
  const open = rows.filter((row) => isWaiting(row.data));
  for (let from = 0; from < open.length; from += RETIMED) {
    await inParts(app, open.slice(from, from + RETIMED), async (unit, batch) => {
      await unit.load([REGISTRY]);
      const registry = unit.value<RegistryRow>(REGISTRY) ?? {};
      const own = lookup(registry, id);
      const upTo = batch.at(-1)!.sk;
      // Another process has come as far already.
      if (own === undefined || isTimed(own, now) || isBehind(upTo, own, now)) return;
      await unit.load(batch);
      for (const key of batch) {
        const row = unit.value<RuleRow>(key);
        if (row === undefined || !isWaiting(row)) continue;
        unit.put(key, row, { queue: "timer", due: app.clock.now() });
      }
      unit.put(REGISTRY, { ...registry, [id]: { ...own, retimed: { ends: now.ends, upTo } } });
    });
  }
}

function isBehind(sk: string, { retimed }: RegistryRow[string], { ends }: RegistryRow[string]): boolean {
  return retimed?.ends === ends && Buffer.compare(Buffer.from(sk), Buffer.from(retimed.upTo)) <= 0;
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
